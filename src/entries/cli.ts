/** Where the program `sops-ts` is, for programs that start it: `spawn(process.execPath, [startFile, 'decrypt', …])`. */
import { fileURLToPath } from 'node:url';

/** The absolute path of the start file. */
export const startFile: string = fileURLToPath(new URL('../bin/sops-ts.js', import.meta.url));
