/** Writing what an operation made, once everything else has succeeded. */
import { resolve } from 'node:path';
import { SopsError } from '../errors.js';
import type { Host } from '../util/host.js';
import type { Input, Output } from './requests.js';

/** Mode of new files: plaintext is for the user alone, ciphertext for all whom the umask admits. */
const MODES = { plaintext: 0o600, ciphertext: 0o666 } as const;

/** Writes the bytes where they belong. Throws `output-unwritable` or `write-failed`; the old file is intact then. */
export async function writeOutput(
  bytes: Uint8Array,
  content: keyof typeof MODES,
  output: Output,
  input: Input,
  host: Host,
): Promise<void> {
  if (output.kind === 'stdout') return output.write(bytes);
  const path = output.kind === 'file' ? output.path : input.kind === 'file' ? input.path : undefined;
  if (path === undefined) throw new SopsError('conflict', 'cannot use --in-place when reading from stdin');
  const { writeFileSafely } = await import('../util/atomic-write.js');
  try {
    await writeFileSafely(resolve(host.cwd, path), bytes, { mode: MODES[content] });
  } catch (error) {
    if (!(error instanceof SopsError) || error.code !== 'output-unwritable') throw error;
    const place = output.kind === 'file' ? 'output' : 'in-place';
    const message = `Could not open ${place} file for writing: ${error.message}`;
    throw new SopsError('output-unwritable', message, { ...(error.hint ? { hint: error.hint } : {}), cause: error });
  }
}
