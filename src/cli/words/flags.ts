/** The flags of commands and of the program (docs/command-line.md#flags-by-command), as the table that start-up has tells (commands/table.ts). */
import { TABLE } from '../commands/table.js';
import { type FlagRow, HELP_FLAG } from './flag.js';

/** The flags that start-up itself goes by. */
export const { start: START_FLAGS } = TABLE;

function rowsAt(places: readonly number[]): FlagRow[] {
  return [...places.map((at) => TABLE.flags[at] as FlagRow), HELP_FLAG];
}

/** The flags that may stand before a command, and in the old forms. */
export function globalFlags(): FlagRow[] {
  return rowsAt(TABLE.before);
}

/** The flags that may stand after a command's name; of a command that there is not, none but `--help`. */
export function flagsOf(command: string): FlagRow[] {
  return rowsAt(TABLE.commands.find(({ name }) => name === command)?.flags ?? []);
}

/** The commands that have a flag of this name. */
export function commandsWith(flag: string): string[] {
  const places = new Set(TABLE.flags.flatMap(({ name }, at) => (name === flag ? [at] : [])));
  return TABLE.commands.filter(({ flags }) => flags.some((at) => places.has(at))).map(({ name }) => name);
}
