/** Telling by git's own hooks which program has installed them. */
import { join } from 'node:path';
import { readSettingsFile } from '../settings-file.js';

/** Whether a program has left its mark in a folder of hooks. */
export function isInstalledBy(mark: string, folder: string): boolean {
  return readSettingsFile(join(folder, 'pre-commit'))?.includes(mark) ?? false;
}
