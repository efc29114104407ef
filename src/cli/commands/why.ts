/** `why`: from flags to the operation. */
import { SopsError } from '../../errors.js';
import { explainFile } from '../../operations/explain/why.js';
import { painterFor } from '../colours.js';
import { jsonText } from '../json-text.js';
import { PROGRAM } from '../program-flags.js';
import { writeAll } from '../streams.js';
import { UsageError } from '../usage-error.js';
import { explanationText } from '../why-text.js';
import { command } from './command.js';
import { encryptRequest } from './encryption-flags.js';
import { configFlag, generalFlags, jsonFlag, newFileFlags } from './shared-flags.js';

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
  flags: {
    inputType: PROGRAM.inputType,
    ...newFileFlags,
    allowUnencrypted: PROGRAM.allowUnencrypted,
    shamirThreshold: PROGRAM.shamirThreshold,
    ...configFlag,
    ...jsonFlag,
    ...generalFlags,
  },
  async run(flags, context) {
    const { operands, host, streams } = context;
    const [path, ...others] = operands;
    if (path === undefined) throw new SopsError('no-file', 'Error: no file specified');
    if (others.length > 0) throw new UsageError('why takes one file', 'why');
    const request = { ...encryptRequest(flags, context), input: { kind: 'file', path } as const };
    const found = await explainFile(request, host);
    await writeAll(streams.stdout, flags.json ? jsonText(found) : explanationText(found, painterFor(streams)));
    return found.problems.length > 0 ? 1 : 0;
  },
});
