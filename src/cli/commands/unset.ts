/** `unset`: from flags to the operation. */
import { SopsError } from '../../errors.js';
import { parseValuePath } from '../../operations/read/value-path.js';
import { unsetInFile } from '../../operations/write/unset.js';
import { changeRequest, toldOutcome } from './change-flags.js';
import type { Command } from './command.js';

export const unset: Command = {
  async run(invocation) {
    const [file, place, ...others] = invocation.operands;
    if (file === undefined || place === undefined || others.length > 0) {
      throw new SopsError('no-file', 'Error: no file specified, or index is missing', {
        hint: 'Write: sops-ts unset FILE PLACE',
      });
    }
    const request = { ...changeRequest(invocation, file), path: parseValuePath(place, 'unset') };
    return toldOutcome(await unsetInFile(request, invocation.host), invocation);
  },
};
