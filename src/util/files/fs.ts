/** Node's calls for files, with paths of any bytes: those that are not UTF-8 are strings as `decodeText` makes them. */
import * as node from 'node:fs';
import { decodeText } from '../text/text.js';
import { areInexact, exactEntry, isInexact, nativePath, takingPaths } from './native-path.js';

export {
  closeSync,
  constants,
  type Dirent,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  readSync,
  type Stats,
  writeSync,
} from 'node:fs';

export const accessSync = takingPaths(node.accessSync);
export const chmodSync = takingPaths(node.chmodSync);
export const copyFileSync = takingPaths(node.copyFileSync, 2);
export const existsSync = takingPaths(node.existsSync);
export const linkSync = takingPaths(node.linkSync, 2);
export const lstatSync = takingPaths(node.lstatSync);
export const mkdirSync = takingPaths(node.mkdirSync);
export const openByCallback = takingPaths(node.open);
export const openSync = takingPaths(node.openSync);
export const readFileSync = takingPaths(node.readFileSync);
export const renameSync = takingPaths(node.renameSync, 2);
export const rmSync = takingPaths(node.rmSync);
export const statSync = takingPaths(node.statSync);
export const symlinkSync = takingPaths(node.symlinkSync, 2);
export const unlinkSync = takingPaths(node.unlinkSync);
export const writeFile = takingPaths(node.writeFile);
export const writeFileSync = takingPaths(node.writeFileSync);

/** Makes a folder of a name that nothing else has. */
export function mkdtempSync(beginning: string): string {
  return decodeText(node.mkdtempSync(nativePath(beginning) as string, { encoding: 'buffer' }));
}

/** The names in a folder, or its entries. */
export function readdirSync(folder: string): string[];
export function readdirSync(folder: string, options: { withFileTypes: true }): node.Dirent[];
export function readdirSync(folder: string, options?: { withFileTypes: true }): (string | node.Dirent)[] {
  const path = nativePath(folder);
  const entries = options ? node.readdirSync(path, options) : node.readdirSync(path);
  if (!areInexact(entries)) return entries;
  if (!options) return node.readdirSync(path, { encoding: 'buffer' }).map(exactEntry);
  return node.readdirSync(path, { ...options, encoding: 'buffer' }).flatMap((entry) => typedEntry(folder, entry));
}

/** An entry that was asked for with its type. Bun gives none with names as bytes, so it is looked up; what is gone by then is left out. */
export function typedEntry(folder: string, entry: node.Dirent<Buffer> | Buffer): node.Dirent[] {
  if (!Buffer.isBuffer(entry)) return [exactEntry(entry) as node.Dirent];
  const name = decodeText(entry);
  const found = lstatSync(`${folder}/${name}`, { throwIfNoEntry: false });
  return found ? [Object.assign(found, { name, parentPath: folder, path: folder })] : [];
}

/** Where a symbolic link leads. */
export function readlinkSync(path: string): string {
  const target = node.readlinkSync(nativePath(path));
  return isInexact(target) ? decodeText(node.readlinkSync(nativePath(path), { encoding: 'buffer' })) : target;
}

/** The path behind all symbolic links. Node's own walks along strings, so that only the system's finds other bytes. */
export function realpathSync(path: string): string {
  const native = nativePath(path);
  try {
    const real = node.realpathSync(path);
    if (native === path && !isInexact(real)) return real;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return nativeRealpath(path);
}

/** The path behind all symbolic links, as the system has it: where case does not count, in that of the folders. */
export function nativeRealpath(path: string): string {
  return decodeText(node.realpathSync.native(nativePath(path), { encoding: 'buffer' }));
}
