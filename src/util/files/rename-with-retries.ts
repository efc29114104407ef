/** Renaming where a scanner for viruses or an indexer may hold a file for a moment, as on Windows. */
import { platform as ownPlatform } from 'node:process';
import { systemCode } from './files.js';
import { renameSync } from './fs.js';

/** What Windows says while somebody else has the file open. */
const HELD: ReadonlySet<string | undefined> = new Set(['EPERM', 'EACCES', 'EBUSY']);
const PAUSES_MS = [10, 20, 40, 80, 150, 300, 400, 500, 500];

export interface Renaming {
  readonly platform: NodeJS.Platform;
  rename(from: string, to: string): void;
  pause(milliseconds: number): void;
}

const OWN: Renaming = {
  platform: ownPlatform,
  rename: renameSync,
  pause: (milliseconds) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds),
};

/** Renames a file; on Windows again for two seconds while somebody holds it. Throws the system's error. */
export function renameWithRetries(from: string, to: string, { platform, rename, pause }: Renaming = OWN): void {
  for (const milliseconds of platform === 'win32' ? PAUSES_MS : []) {
    try {
      rename(from, to);
      return;
    } catch (error) {
      if (!HELD.has(systemCode(error))) throw error;
      pause(milliseconds);
    }
  }
  rename(from, to);
}
