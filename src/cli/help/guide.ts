/** What help pages and completion say of commands and their flags. */
import type { CommandGuide, Task } from '../commands/derive.js';
import { TABLE } from '../commands/table.js';
import { TEXTS } from '../commands/texts.js';
import { type FlagText, HELP_FLAG } from '../words/flag.js';

/** By what they are for, in the order of the page about the program. */
export const TASKS: readonly Task[] = TEXTS.tasks;

const GUIDES = new Map(TASKS.flatMap(({ commands }) => commands).map((guide) => [guide.name, guide]));

/** What help says of a command. */
export function guideOf(name: string): CommandGuide {
  return GUIDES.get(name) ?? { name, operands: '', summary: '', examples: [], flags: [] };
}

/** What is said of a flag behind a command, or before any. */
export function flagTextOf(flag: string, command?: string): FlagText {
  if (flag === HELP_FLAG.name) return HELP_FLAG.text;
  const facts = TABLE.commands.find(({ name }) => name === command);
  const [rows, texts] = facts ? [facts.flags, guideOf(facts.name).flags] : [TABLE.before, TEXTS.before];
  const at = rows.findIndex((place) => TABLE.flags[place]?.name === flag);
  return TEXTS.flags[texts[at] ?? -1] ?? {};
}
