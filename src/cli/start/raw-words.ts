/** The words of the command line and the variables as the system has them: Node decodes them, and loses what is not UTF-8. */
import { readFileSync } from '../../util/files/fs.js';
import { isInexact } from '../../util/files/native-path.js';
import { decodeText } from '../../util/text/text.js';

/** Linux's list of the words that the process was started with, each with a NUL after it. */
const COMMAND_LINE = '/proc/self/cmdline';
/** The same of its variables, each as `NAME=VALUE`. */
const VARIABLES = '/proc/self/environ';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The same words, with their bytes as `decodeText` has them where they are the last words that this process was started with; Node's own
 * options and the script stand before them. Where the system does not tell: as they are.
 */
export function rawWords(words: readonly string[], list = COMMAND_LINE): readonly string[] {
  const found = partsIn(list).slice(-words.length);
  const isSame = found.length === words.length && found.every((bytes, at) => bytes.toString('utf8') === words[at]);
  return isSame ? found.map(decodeText) : words;
}

/** The same variables, those that Node could not decode with their bytes; where the system does not tell, or has another: as they are. */
export function rawEnvironment(env: Environment, list = VARIABLES): Environment {
  const exact: Record<string, string | undefined> = Object.assign(Object.create(null), env);
  for (const bytes of partsIn(list)) {
    const at = bytes.indexOf('=');
    const name = bytes.toString('utf8', 0, at);
    const value = bytes.subarray(at + 1);
    const told = env[name];
    if (told !== undefined && isInexact(told) && told === value.toString('utf8')) exact[name] = decodeText(value);
  }
  return exact;
}

function partsIn(list: string): Buffer[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(list);
  } catch {
    return [];
  }
  const parts: Buffer[] = [];
  for (let at = 0, end = bytes.indexOf(0); end >= 0; at = end + 1, end = bytes.indexOf(0, at)) {
    parts.push(bytes.subarray(at, end));
  }
  return parts;
}
