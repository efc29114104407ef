/** A command line of vals in words of our own, for a link of that name (docs/references.md#vals). */
import { UsageError } from './usage-error.js';

/** The commands of vals, and their flags that a word follows. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  eval: ['f', 'o', 'allow-ref'],
  get: [],
  exec: ['f', 'stream-yaml', 'allow-ref'],
  env: ['f', 'allow-ref'],
  flatten: ['f', 'allow-ref'],
  ksdecode: ['f', 'o'],
};

/** Throws `usage` for what is not a command of vals. */
export function valsWords(words: readonly string[]): readonly string[] {
  const [name, ...rest] = words;
  if (name === 'version') return ['--version'];
  if (name === undefined || /^--?h(?:elp)?$/.test(name) || name === 'help') return ['help', 'refs'];
  const valued = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!valued) throw new UsageError(`${JSON.stringify(name)} is not a command of vals`, undefined, undefined, HINT);
  return ['refs', name, ...withDashes(rest, valued)];
}

const HINT = `Called as vals, the commands are ${Object.keys(COMMANDS).join(', ')} and version.`;

/** Flags end at the first word that is not one, in vals; what follows may look like flags of ours. */
function withDashes(words: readonly string[], valued: readonly string[]): readonly string[] {
  let at = 0;
  while (at < words.length) {
    const word = words[at] ?? '';
    if (word === '--') return words;
    if (word === '-' || !word.startsWith('-')) return [...words.slice(0, at), '--', ...words.slice(at)];
    at += valued.includes(word.replace(/^--?/, '')) ? 2 : 1;
  }
  return words;
}
