/** `list`: from flags to the operation. */
import { SopsError } from '../../errors.js';
import { listFile } from '../../operations/read/list.js';
import { jsonText } from '../output/json-text.js';
import { listingText } from '../output/list-text.js';
import { print } from '../terminal/streams.js';
import { PROGRAM } from '../words/program-flags.js';
import { UsageError } from '../words/usage-error.js';
import { command } from './command.js';
import { formatOf } from './document-flags.js';
import { configFlag, generalFlags, jsonFlag } from './shared-flags.js';

export const listCommand = command({
  name: 'list',
  task: 'files',
  summary: 'list the keys of an encrypted file with types and comments; no key is needed',
  operands: 'file',
  examples: [
    'sops-ts list secrets.yaml',
    `sops-ts list --json secrets.yaml | jq -r '.entries[] | select(.encrypted) | .place'`,
  ],
  file: 'operand',
  flags: { inputType: PROGRAM.inputType, ...jsonFlag, ...configFlag, ...generalFlags },
  async run(given, { operands, host, streams }) {
    const [path, ...others] = operands;
    if (path === undefined) throw new SopsError('no-file', 'Error: no file specified');
    if (others.length > 0) throw new UsageError('list takes one file', 'list');
    const inputType = formatOf(given.inputType, 'input-type', host);
    const listing = await listFile({ input: { kind: 'file', path }, inputType }, host);
    await print(streams, given.json ? jsonText({ file: path, ...listing }) : listingText(listing));
    return 0;
  },
});
