/** `refs get`: a text with the values that its references lead to. */
import { evaluateText } from '../../references/evaluate.js';
import { print } from '../terminal/streams.js';
import { UsageError } from '../words/usage-error.js';
import { command } from './command.js';
import { hostOf, silentFlag } from './reference-flags.js';
import { generalFlags } from './shared-flags.js';

export const refsGet = command({
  name: 'refs get',
  task: 'references',
  summary: 'print a text with values in place of its references (ref+vault://…)',
  operands: 'text',
  examples: [
    "sops-ts refs get 'ref+vault://secret/app#/password'",
    "sops-ts refs get 'ref+sops://secrets.yaml#/db/password'",
  ],
  flags: { ...silentFlag, ...generalFlags },
  async run(given, context) {
    const { operands, streams } = context;
    const [text, ...others] = operands;
    if (text === undefined || others.length > 0) throw new UsageError('refs get takes one text', 'refs get');
    await print(streams, await evaluateText(text, { allowed: [], onlyPlain: false }, hostOf(given, context)));
    return 0;
  },
});
