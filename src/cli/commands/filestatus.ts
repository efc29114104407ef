/** `filestatus`: prints whether a file is encrypted, as JSON. */
import { SopsError } from '../../errors.js';
import { fileStatus } from '../../operations/filestatus.js';
import { print } from '../streams.js';
import type { Command } from './command.js';
import { formatFlag } from './document-flags.js';

export const filestatus: Command = {
  async run({ values, operands, host, streams }) {
    const [path] = operands;
    if (path === undefined) throw new SopsError('no-file', 'Error: no file specified');
    const request = { input: { kind: 'file', path }, inputType: formatFlag(values, 'input-type') } as const;
    await print(streams, `${JSON.stringify(await fileStatus(request, host))}\n`);
    return 0;
  },
};
