/** A command line of vals in words of our own, for a link of that name (docs/references.md#vals). */
import { findFlag } from './flag.js';
import { flagsOf } from './flags.js';
import { UsageError } from './usage-error.js';

const COMMANDS: readonly string[] = ['eval', 'get', 'exec', 'env', 'flatten', 'ksdecode'];

/** Throws `usage` for what is not a command of vals. */
export function valsWords(words: readonly string[]): readonly string[] {
  const [name, ...rest] = words;
  if (name !== undefined && /^(?:version|--?v(?:ersion)?)$/.test(name)) return ['--version'];
  if (name === undefined || /^--?h(?:elp)?$/.test(name)) return ['help', 'refs'];
  if (name === 'help') return ['help', 'refs', ...rest];
  if (!COMMANDS.includes(name))
    throw new UsageError(`${JSON.stringify(name)} is not a command of vals`, undefined, undefined, HINT);
  return ['refs', name, ...withDashes(rest, `refs ${name}`)];
}

const HINT = `Called as vals, the commands are ${COMMANDS.join(', ')} and version.`;

/** Flags end at the first word that is not one, in vals; what follows may look like flags of ours. */
function withDashes(words: readonly string[], command: string): readonly string[] {
  const table = flagsOf(command);
  let at = 0;
  while (at < words.length) {
    const word = words[at] ?? '';
    if (word === '--') return words;
    if (word === '-' || !word.startsWith('-')) return [...words.slice(0, at), '--', ...words.slice(at)];
    // What a word follows is not a yes/no flag; one that is not there is told of where it is read.
    const flag = findFlag(word.replace(/^--?/, ''), table);
    at += flag && flag.kind !== 'boolean' ? 2 : 1;
  }
  return words;
}
