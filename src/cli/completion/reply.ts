/** Answers to the completion scripts of shells: ours, and those that SOPS makes (docs/command-line.md#completion). */
import type { CommandRow } from '../commands.js';
import type { Streams } from '../terminal/streams.js';
import { awaitsValue, type CompletionOffer, offerFor } from './candidates.js';
import { OWN_WORD, SOPS_WORD } from './script-mark.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What is printed for a command line that a completion script made. */
export async function completionReply(
  words: readonly string[],
  streams: Streams,
  commands: readonly CommandRow[],
): Promise<string> {
  const [first = '', ...others] = words;
  if (words.at(-1) === SOPS_WORD) return sopsReply(words.slice(0, -1), streams.env, commands);
  const current = first.slice(OWN_WORD.length);
  return ownReply(await withLookup(offerFor(others, current, commands), current, streams));
}

/** With the words that stand in files; only where such are wanted is one opened. */
async function withLookup(offer: CompletionOffer, current: string, streams: Streams): Promise<CompletionOffer> {
  if (!offer.wants) return offer;
  const { lookUp } = await import('./lookup.js');
  return { ...offer, candidates: [...offer.candidates, ...(await lookUp(offer.wants, current, streams))] };
}

/** First line `files` or `words`, telling whether files may stand there, too; then a candidate a line, with its text after a tab. */
function ownReply({ candidates, files }: CompletionOffer): string {
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
