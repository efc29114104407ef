/** `unset`: from flags to the operation. */
import { SopsError } from '../../errors.js';
import { parseValuePath } from '../../operations/read/value-path.js';
import { unsetInFile } from '../../operations/write/unset.js';
import { changeFlags, changeRequest, toldOutcome } from './change-flags.js';
import { command } from './command.js';

export const unset = command({
  name: 'unset',
  task: 'files',
  summary: 'remove one value or branch from a file',
  operands: 'file place',
  operandKinds: ['file', 'place'],
  examples: ['sops-ts unset secrets.yaml \'["db"]["password"]\'', 'sops-ts unset secrets.yaml db.password'],
  file: 'operand',
  writesInPlace: 'always',
  flags: changeFlags,
  async run(given, context) {
    const [file, place, ...others] = context.operands;
    if (file === undefined || place === undefined || others.length > 0) {
      throw new SopsError('no-file', 'Error: no file specified, or index is missing', {
        hint: 'Write: sops-ts unset FILE PLACE',
      });
    }
    const request = { ...changeRequest(given, context, file), path: parseValuePath(place, 'unset') };
    return toldOutcome(await unsetInFile(request, context.host), context);
  },
});
