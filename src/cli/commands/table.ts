/**
 * What start-up knows of the commands. From source it is derived from all of them, as here; in the package stands what that gave
 * when it was built (.ci/build.mjs), so that a run loads its own command only. No command may import this module statically.
 */
import { type CommandTable, tableOf } from './derive.js';
import { REGISTRY } from './registry.js';

export const TABLE: CommandTable = tableOf(await Promise.all(REGISTRY.map((row) => row.load())));
