/** What was probably meant by a word that there is not; loaded only when somebody needs it. */
import { commandsWith } from './flags.js';
import { adviceForWord, nearestFlag } from './nearest-word.js';
import type { UnknownWord } from './usage-error.js';

/** A sentence of advice, or undefined when nothing comes near. */
export async function adviceFor(unknown: UnknownWord): Promise<string | undefined> {
  if (unknown.kind === 'command') return adviceForWord(unknown.word, unknown.names);
  const nearest = await nearestFlag(unknown.word, unknown.table);
  if (nearest !== undefined) return `Did you mean ${nearest}?`;
  const commands = commandsWith(unknown.word);
  return commands.length === 0 ? undefined : `--${unknown.word} is a flag of ${listed(commands)}.`;
}

const MOST = 5;

function listed(names: readonly string[]): string {
  return names.length > MOST ? `${names.slice(0, MOST).join(', ')} and others` : names.join(', ');
}
