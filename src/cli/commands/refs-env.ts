/** `refs env`: a file of references as lines for a shell. */
import { environmentLines, referencedEnvironment } from '../../references/environment.js';
import { print } from '../terminal/streams.js';
import { flag } from '../words/flag.js';
import { command } from './command.js';
import {
  allowRefFlag,
  hostOf,
  referenceFileFlag,
  referencesInput,
  referencesRequest,
  silentFlag,
} from './reference-flags.js';
import { generalFlags } from './shared-flags.js';

export const refsEnv = command({
  name: 'refs env',
  task: 'references',
  summary: 'print a YAML or JSON file of references as variables for a shell',
  operands: '[file]',
  examples: ['eval "$(sops-ts refs env --export env.yaml)"'],
  flags: {
    ...referenceFileFlag,
    export: flag.yesNo('export', 'put export before each line'),
    ...allowRefFlag,
    ...silentFlag,
    ...generalFlags,
  },
  async run(given, context) {
    const request = { ...referencesRequest(given), input: referencesInput(given, context) };
    const variables = await referencedEnvironment(request, hostOf(given, context));
    await print(context.streams, await environmentLines(variables, given.export));
    return 0;
  },
});
