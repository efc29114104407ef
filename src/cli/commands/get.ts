/** `get`: from flags to the operation. */
import { SopsError } from '../../errors.js';
import { getValue } from '../../operations/read/get.js';
import { parseValuePath } from '../../operations/read/value-path.js';
import { print, type Streams } from '../terminal/streams.js';
import { PROGRAM } from '../words/program-flags.js';
import { UsageError } from '../words/usage-error.js';
import { command } from './command.js';
import { secretFlags, secretsRequest } from './exec-flags.js';
import { jsonFlag } from './shared-flags.js';

const LINE_FEED = 10;

export const get = command({
  name: 'get',
  task: 'files',
  summary: 'print one value of a file as it is, or a part of it',
  operands: 'file place',
  operandKinds: ['file', 'place'],
  examples: [
    'sops-ts get secrets.yaml db.password      # no line break after it, unless on a terminal',
    `PGPASSWORD=$(sops-ts get secrets.yaml '["db"]["password"]') psql`,
    "sops-ts get --json secrets.yaml db | jq -r '.hosts[]'",
  ],
  file: 'operand',
  flags: { inputType: PROGRAM.inputType, ...jsonFlag, ...secretFlags },
  async run(given, context) {
    const [file, place, ...others] = context.operands;
    if (file === undefined) throw new SopsError('no-file', 'Error: no file specified');
    if (place === undefined) {
      const hint = `The places of a file are listed by: sops-ts list ${file}`;
      throw new UsageError('get takes a file and the place of a value', 'get').with('usage', { hint });
    }
    if (others.length > 0) throw new UsageError('get takes one file and one place', 'get');
    const request = {
      ...secretsRequest(given, context),
      file,
      path: parseValuePath(place, 'extract'),
      json: given.json,
    };
    const { bytes, warnings } = await getValue(request, context.host);
    for (const warning of warnings) context.host.warn(warning);
    await print(context.streams, bytes);
    if (isOpenLine(bytes, context.streams)) await print(context.streams, '\n');
    return 0;
  },
});

/** Whether the prompt of a shell would stand after the value. */
function isOpenLine(bytes: Uint8Array, { stdout }: Streams): boolean {
  return (stdout as { isTTY?: boolean }).isTTY === true && bytes.at(-1) !== LINE_FEED;
}
