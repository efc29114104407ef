/** Writing what an operation made, once everything else has succeeded. */
import { SopsError } from '../errors.js';
import { statOf } from '../util/files/files.js';
import { resolve } from '../util/files/paths.js';
import type { Fingerprint } from '../util/files/replace-file.js';
import type { Host } from '../util/host/host.js';
import type { Input, Output } from './requests.js';

/** Mode of new files: plaintext is for the user alone, ciphertext for all whom the umask admits. */
const MODES = { plaintext: 0o600, ciphertext: 0o666 } as const;

/** Where bytes belong. */
export interface OutputTarget {
  readonly output: Output;
  readonly input: Input;
  /** What was read of the input, or its fingerprint; null when there was nothing. The input is only replaced if it still holds that. */
  readonly read: Uint8Array | Fingerprint | null;
}

/**
 * Writes the bytes where they belong. Throws `output-unwritable`, `write-failed`, and `changed-meanwhile` when the input was to
 * be replaced and is not any more what was read (see `retry-on-change.ts`); the old file is intact then.
 */
export async function writeOutput(
  bytes: Uint8Array,
  content: keyof typeof MODES,
  { output, input, read }: OutputTarget,
  host: Host,
): Promise<void> {
  if (output.kind === 'stdout') return output.write(bytes);
  const path = output.kind === 'file' ? output.path : input.kind === 'file' ? input.path : undefined;
  if (path === undefined) throw new SopsError('conflict', 'cannot use --in-place when reading from stdin');
  checkWanted(host);
  await host.beforeWriting?.();
  const mode = MODES[content];
  const target = resolve(host.cwd, path);
  try {
    if (output.kind === 'in-place' || isSame(output.path, input, host)) {
      const { replaceFile } = await import('../util/files/replace-file.js');
      await replaceFile(target, bytes, { read, mode, signal: host.signal, warn: (message) => host.warn(message) });
    } else {
      const { writeFileSafely } = await import('../util/files/atomic-write.js');
      await writeFileSafely(target, bytes, { mode, signal: host.signal });
    }
    if (output.kind === 'in-place')
      host.log?.({ component: 'CMD', level: 'info', message: 'File written successfully' });
  } catch (error) {
    if (!(error instanceof SopsError) || error.code !== 'output-unwritable') throw error;
    const place = output.kind === 'file' ? 'output' : 'in-place';
    const message = `Could not open ${place} file for writing: ${error.message}`;
    throw new SopsError('output-unwritable', message, { ...(error.hint ? { hint: error.hint } : {}), cause: error });
  }
}

function checkWanted({ signal }: Host): void {
  if (signal?.aborted) throw new SopsError('aborted', 'the call was taken back', { hint: 'Nothing was written.' });
}

/** Whether an output is the input under whatever name. */
function isSame(output: string, input: Input, { cwd }: Host): boolean {
  if (input.kind !== 'file') return false;
  const [to, from] = [statOf(resolve(cwd, output)), statOf(resolve(cwd, input.path))];
  return to !== undefined && from !== undefined && to.ino === from.ino && to.dev === from.dev;
}
