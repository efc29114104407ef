/** `why`: from flags to the operation. */
import { SopsError } from '../../errors.js';
import { explainFile } from '../../operations/explain/why.js';
import { jsonText } from '../output/json-text.js';
import { explanationText } from '../output/why-text.js';
import { painterFor } from '../terminal/colours.js';
import { writeAll } from '../terminal/streams.js';
import type { Values } from '../words/flag.js';
import { PROGRAM } from '../words/program-flags.js';
import { UsageError } from '../words/usage-error.js';
import { type Context, command } from './command.js';
import { encryptRequest } from './encryption-flags.js';
import { configFlag, generalFlags, jsonFlag, newFileFlags } from './shared-flags.js';

/** What `why` and `config explain` take. */
export const whyFlags = {
  inputType: PROGRAM.inputType,
  ...newFileFlags,
  allowUnencrypted: PROGRAM.allowUnencrypted,
  shamirThreshold: PROGRAM.shamirThreshold,
  ...configFlag,
  ...jsonFlag,
  ...generalFlags,
};

export const why = command({
  name: 'why',
  task: 'readers',
  rank: -2,
  summary: 'tell which rule is for a file and why, who can read it, and what is encrypted',
  operands: 'file',
  examples: [
    'sops-ts why secrets/app.yaml              # exit status 1 when it could not be encrypted so',
    "sops-ts why --json secrets/app.yaml | jq '.current.groups[][].recipient'",
  ],
  file: 'operand',
  flags: whyFlags,
  run: (flags, context) => explain(flags, context, 'why'),
});

/** Explains one file, under the name of a command. Returns the exit status. */
export async function explain(flags: Values<typeof whyFlags>, context: Context, name: string): Promise<number> {
  const { operands, host, streams } = context;
  const [path, ...others] = operands;
  if (path === undefined) throw new SopsError('no-file', 'Error: no file specified');
  if (others.length > 0) throw new UsageError(`${name} takes one file`, name);
  const request = { ...encryptRequest(flags, context), input: { kind: 'file', path } as const };
  const found = await explainFile(request, host);
  await writeAll(streams.stdout, flags.json ? jsonText(found) : explanationText(found, painterFor(streams)));
  return found.problems.length > 0 ? 1 : 0;
}
