/** What help and completion say of the commands: derived from them, and when the package is built, as table.ts is. */
import { type CommandTexts, commandTexts } from './derive.js';
import { REGISTRY } from './registry.js';

export const TEXTS: CommandTexts = commandTexts(await Promise.all(REGISTRY.map((row) => row.load())));
