/** The folder that a program is started in, of any bytes: Node takes text alone for it. */
import { statOf } from '../util/files/files.js';
import { closeSync, constants, openSync } from '../util/files/fs.js';
import { nativePath } from '../util/files/native-path.js';

/**
 * Has a program started in a folder by a call that takes the folder as Node does, and returns what the call returns. A name that is no text
 * stands for its descriptor meanwhile. Throws the system's error if that cannot be had: in another folder the program would do its work there.
 */
export function startIn<T>(folder: string, start: (cwd: string | undefined) => T): T {
  if (typeof nativePath(folder) === 'string') return start(folder);
  if (isOwn(folder)) return start(undefined);
  const descriptor = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return start(`/proc/self/fd/${descriptor}`);
  } finally {
    closeSync(descriptor);
  }
}

/** Whether it is this process's own folder, which programs that it starts have anyway. */
function isOwn(folder: string): boolean {
  const [there, own] = [statOf(folder), statOf('.')];
  return there !== undefined && there.ino === own?.ino && there.dev === own.dev;
}
