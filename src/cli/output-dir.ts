/** Where results go below `--output-dir`: as their files lie below the working directory. */
import { join, relative } from 'node:path';
import { SopsError } from '../errors.js';
import { isWithin } from '../util/files/files.js';

/** The place of a result that would stand at `beside`, next to its file, without the flag. Throws `conflict` for a file that is elsewhere. */
export function placeBelow(
  outputDir: string,
  file: { readonly path: string; readonly absolute: string },
  beside: string,
  cwd: string,
): string {
  if (isWithin(file.absolute, cwd)) return join(outputDir, relative(cwd, beside));
  const message = `${file.path} is not below the working directory, so it has no place in --output-dir`;
  const hint = 'Run the command in a folder above all of the files.';
  throw new SopsError('conflict', message, { file: file.path, hint });
}
