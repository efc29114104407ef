/** `node:fs` as it is on Windows. */
// biome-ignore lint/style/useNodejsImportProtocol: by the longer name the program has this module.
import * as node from 'fs';
import { onDrives, pathOf, placeOf } from './drives.js';
import * as promises from './fs-promises.js';

// biome-ignore lint/style/useNodejsImportProtocol: by the longer name the program has this module.
export * from 'fs';
export { promises };

export const accessSync = onDrives(node.accessSync);
export const chmodSync = onDrives(node.chmodSync);
export const copyFileSync = onDrives(node.copyFileSync, 2);
export const existsSync = onDrives(node.existsSync);
export const linkSync = onDrives(node.linkSync, 2);
export const lstatSync = onDrives(node.lstatSync);
export const mkdirSync = onDrives(node.mkdirSync);
export const open = onDrives(node.open);
export const openSync = onDrives(node.openSync);
export const readdirSync = onDrives(node.readdirSync);
export const readFileSync = onDrives(node.readFileSync);
export const renameSync = onDrives(node.renameSync, 2);
export const rmSync = onDrives(node.rmSync);
export const statfsSync = onDrives(node.statfsSync);
export const statSync = onDrives(node.statSync);
export const symlinkSync = onDrives(node.symlinkSync, 2);
export const unlinkSync = onDrives(node.unlinkSync);
export const writeFile = onDrives(node.writeFile);
export const writeFileSync = onDrives(node.writeFileSync);

export const mkdtempSync = (beginning: string): string => pathOf(node.mkdtempSync(placeOf(beginning) as string));
export const readlinkSync = (path: string): string => pathOf(node.readlinkSync(placeOf(path) as string));
export const realpathSync = (path: string): string => pathOf(node.realpathSync(placeOf(path) as string));
realpathSync.native = (path: string): Buffer => Buffer.from(realpathSync(path));
