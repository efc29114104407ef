/** `node:fs/promises` as it is on Windows. */
// biome-ignore lint/style/useNodejsImportProtocol: by the longer name the program has this module.
import * as node from 'fs/promises';
import { onDrives, pathOf, placeOf } from './drives.js';

// biome-ignore lint/style/useNodejsImportProtocol: by the longer name the program has this module.
export * from 'fs/promises';

export const access = onDrives(node.access);
export const mkdir = onDrives(node.mkdir);
export const open = onDrives(node.open);
export const readdir = onDrives(node.readdir);
export const readFile = onDrives(node.readFile);
export const readlink = async (path: string): Promise<string> => pathOf(await node.readlink(placeOf(path) as string));
export const stat = onDrives(node.stat);
