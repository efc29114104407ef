/** The words of the command line as the system has them: Node decodes them, and loses what is not UTF-8. */
import { readFileSync } from '../util/fs.js';
import { decodeText } from '../util/text.js';

/** Linux's list of the words that the process was started with, each with a NUL behind it. */
const COMMAND_LINE = '/proc/self/cmdline';

/**
 * The same words, with their bytes as `decodeText` has them where they are the last words that this process was started with; Node's own
 * options and the script stand before them. Where the system does not tell: as they are.
 */
export function rawWords(words: readonly string[], list = COMMAND_LINE): readonly string[] {
  const found = wordsIn(list).slice(-words.length);
  const isSame = found.length === words.length && found.every((bytes, at) => bytes.toString('utf8') === words[at]);
  return isSame ? found.map(decodeText) : words;
}

function wordsIn(list: string): Buffer[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(list);
  } catch {
    return [];
  }
  const words: Buffer[] = [];
  for (let at = 0, end = bytes.indexOf(0); end >= 0; at = end + 1, end = bytes.indexOf(0, at)) {
    words.push(bytes.subarray(at, end));
  }
  return words;
}
