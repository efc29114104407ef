/** `refs flatten`: any text with the values of its references. */
import { flattenFile } from '../../references/evaluate.js';
import { print } from '../terminal/streams.js';
import { command } from './command.js';
import {
  allowRefFlag,
  excludeSecretFlag,
  hostOf,
  referenceFileFlag,
  referencesInput,
  referencesRequest,
  silentFlag,
} from './reference-flags.js';
import { generalFlags } from './shared-flags.js';

export const refsFlatten = command({
  name: 'refs flatten',
  task: 'references',
  summary: 'print a text file of any kind with values in place of its references',
  operands: '[file]',
  examples: ['sops-ts refs flatten nginx.conf.tpl'],
  flags: { ...referenceFileFlag, ...excludeSecretFlag, ...allowRefFlag, ...silentFlag, ...generalFlags },
  async run(given, context) {
    const request = { ...referencesRequest(given), input: referencesInput(given, context) };
    await print(context.streams, await flattenFile(request, hostOf(given, context)));
    return 0;
  },
});
