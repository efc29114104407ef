/** Answers to the completion scripts of shells: ours, and those that SOPS makes (docs/command-line.md#completion). */
import type { CommandRow } from '../commands.js';
import { awaitsValue, offerFor } from './candidates.js';
import { OWN_WORD, SOPS_WORD } from './script-mark.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What is printed for a command line that a completion script made. */
export function completionReply(words: readonly string[], env: Environment, commands: readonly CommandRow[]): string {
  const [first = '', ...others] = words;
  if (words.at(-1) === SOPS_WORD) return sopsReply(words.slice(0, -1), env, commands);
  return ownReply(others, first.slice(OWN_WORD.length), commands);
}

/** First line `files` or `words`, telling whether files may stand there, too; then a candidate a line, with its text behind a tab. */
function ownReply(before: readonly string[], current: string, commands: readonly CommandRow[]): string {
  const { candidates, files } = offerFor(before, current, commands);
  const lines = candidates.map(({ word, text }) => `${word}\t${text}`);
  return [files ? 'files' : 'words', ...lines, ''].join('\n');
}

/**
 * SOPS's protocol passes the word at the cursor only if it begins with `-`. A last word that is a flag with its name
 * complete may also be the word before the cursor; then the flag's values are offered.
 */
function sopsReply(words: readonly string[], env: Environment, commands: readonly CommandRow[]): string {
  const last = words.at(-1) ?? '';
  const isPartial = last.startsWith('-') && !awaitsValue(words, commands);
  const { candidates } = isPartial ? offerFor(words.slice(0, -1), last, commands) : offerFor(words, '', commands);
  const described = env._CLI_ZSH_AUTOCOMPLETE_HACK === '1';
  return candidates
    .map(({ word, text }) => (described && text !== '' && !word.startsWith('-') ? `${word}:${text}\n` : `${word}\n`))
    .join('');
}
