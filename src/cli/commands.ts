/** All commands: what start-up knows of each (commands/table.ts), and how it is loaded (commands/registry.ts). */
import type { Command } from './commands/command.js';
import type { CommandFacts } from './commands/derive.js';
import { REGISTRY } from './commands/registry.js';
import { TABLE } from './commands/table.js';

export interface CommandRow extends CommandFacts {
  load(): Promise<Pick<Command, 'run'>>;
}

/** In the order of the registry. */
export const COMMANDS: readonly CommandRow[] = REGISTRY.map(({ load }, at) => ({
  ...(TABLE.commands[at] as CommandFacts),
  load,
}));

/** Whether a word begins the names of commands that have two. */
export function isFamily(word: string, commands: readonly CommandRow[]): boolean {
  return commands.some((row) => row.name.startsWith(`${word} `));
}
