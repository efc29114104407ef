/** Splits a command the way a shell splits words, without expanding or running anything. */

/**
 * The words of a command: quotes of both kinds, backslash escapes, and comments from `#` at the start of a word to
 * the end of the line. Null when a quote is not closed or a backslash ends the text.
 */
export function splitWords(command: string): string[] | null {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < command.length; at++) {
    const character = command[at] ?? '';
    if (character === '\\' && quote !== "'") {
      at += 1;
      if (at === command.length) return null;
      word = (word ?? '') + command[at];
    } else if (quote !== '') {
      if (character === quote) quote = '';
      else word += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === '#' && word === undefined) {
      const end = command.indexOf('\n', at);
      at = end < 0 ? command.length : end;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (quote !== '') return null;
  return word === undefined ? words : [...words, word];
}
