/** `refs eval`: a YAML or JSON file with the values of its references. */
import { evaluateFile } from '../../references/evaluate.js';
import { flag } from '../flag.js';
import { print } from '../streams.js';
import { UsageError } from '../usage-error.js';
import { command } from './command.js';
import {
  allowRefFlag,
  excludeSecretFlag,
  referenceFileFlag,
  referencesInput,
  referencesRequest,
} from './reference-flags.js';
import { generalFlags } from './shared-flags.js';

const TYPES = ['yaml', 'json'] as const;

export const refsEval = command({
  name: 'refs eval',
  task: 'references',
  summary: 'print a YAML or JSON file with values in place of its references; comments and order stay',
  operands: '[file]',
  examples: ['sops-ts refs eval values.yaml | helm install app . -f -'],
  flags: {
    ...referenceFileFlag,
    outputType: flag.text(
      'output',
      { value: 'TYPE', help: 'print it anew as yaml or json', offers: TYPES },
      { short: 'o' },
    ),
    ...excludeSecretFlag,
    ...allowRefFlag,
    ...generalFlags,
  },
  async run(given, context) {
    const outputType = typeOf(given.outputType);
    const request = { ...referencesRequest(given), input: referencesInput(given, context), outputType };
    await print(context.streams, await evaluateFile(request, context.host));
    return 0;
  },
});

function typeOf(word: string | undefined): (typeof TYPES)[number] | undefined {
  const found = TYPES.find((type) => type === word);
  if (found || word === undefined) return found;
  throw new UsageError('--output is yaml or json', 'refs eval');
}
