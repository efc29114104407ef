/** What the user is told when a run fails: at most five lines, without control characters and without plaintext. */

import { type ErrorCode, SopsError } from '../../errors.js';
import { isSystemError, systemAdvice, systemCode } from '../../util/files/files.js';
import { wordedFailure } from '../../util/host/system-failure.js';
import { append } from '../../util/lists.js';
import { isError } from '../../util/realms.js';

/** Exit status of a defect of sops-ts (EX_SOFTWARE of sysexits.h; SOPS does not use it). */
export const INTERNAL_STATUS = 70;
/** What a shell reports for a process that SIGPIPE ended: the reader of standard output is gone. */
const BROKEN_PIPE_STATUS = 141;
const MOST_LINES = 5;
/** A line may quote a key of the file, which can be of any length. */
const MOST_COLUMNS = 1000;

/** Words a hint for whoever gets it. */
export type HintFor = (hint: string) => string;
export const asItIs: HintFor = (hint) => hint;

export interface Report {
  /** With its line ends; empty when nothing is to be said. */
  readonly text: string;
  readonly status: number;
}

/**
 * Words an error: what failed, on which file and key, what to do next. `verbose` lifts the limit of five lines and adds
 * the detail and the causes. `hintFor` words hints for the command that is running. What the system refused is worded here where nobody has done it; any other error that is not a SopsError is a defect: its message, which may quote
 * data, is never shown.
 */
export function reportOf(thrown: unknown, verbose: boolean, hintFor = asItIs): Report {
  const error = wordedFailure(thrown);
  if (!(error instanceof SopsError)) return { text: lines(internal(error, verbose)), status: INTERNAL_STATUS };
  if (error.code === 'write-failed' && systemCode(error.cause) === 'EPIPE') {
    return { text: '', status: BROKEN_PIPE_STATUS };
  }
  const message = split(headline(error) + error.message);
  const { where, hints } = following(error, hintFor);
  const after = [...where, ...hints];
  if (verbose) return { text: lines([...message, ...after, ...detail(error)]), status: error.exitStatus };
  const few = fewer(where, hints, MOST_LINES - message.length);
  const short = shorten(message, few, error.detail !== undefined).map(cut);
  return { text: lines(short), status: error.exitStatus };
}

/** An age identity, which somebody gave where it does not belong. */
const IDENTITY = /(AGE-SECRET-KEY-(?:PQ-)?1)[0-9A-Z]+/gi;

/**
 * Text for a terminal: control characters, direction marks and lone surrogates are escaped, line breaks too. No identity of
 * age is shown, whoever quotes what the user gave.
 */
export function printable(text: string): string {
  return text
    .replace(IDENTITY, '$1…')
    .replace(/[\0-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/gu, (character) => {
      const unit = character.charCodeAt(0);
      // A byte that is not UTF-8, as of the name of a file.
      const code = unit >= 0xdc80 && unit <= 0xdcff ? unit - 0xdc00 : unit;
      return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
    });
}

/**
 * The place and the hints of an error, indented. A report of groups and keys has lines enough, so the file stands before
 * its first hint there.
 */
function following(
  error: SopsError,
  hintFor: HintFor,
): { readonly where: readonly string[]; readonly hints: readonly string[] } {
  const where = place(error);
  const hint = error.hint ?? systemAdvice(error) ?? '';
  const hints = split(hintFor(hint)).map((line) => `  ${line}`);
  const [first, ...others] = hints;
  if (error.code !== 'data-key-not-recovered' || where.length === 0 || first === undefined) return { where, hints };
  return { where: [], hints: [`${where.join('')}. ${first.trim()}`, ...others] };
}

/** Place and hints: on fewer lines if the message then stays whole, else each on its own. */
function fewer(where: readonly string[], hints: readonly string[], room: number): readonly string[] {
  const after = [...where, ...hints];
  const advice = hints.map((line) => line.trim()).join(' ');
  const shorter = [after, [...where, `  ${advice}`], [[...where, advice].join('. ')]];
  return (advice === '' ? undefined : shorter.find((lines) => lines.length <= room)) ?? after;
}

function shorten(message: readonly string[], after: readonly string[], more: boolean): string[] {
  const room = MOST_LINES - Math.min(after.length, MOST_LINES - 1);
  if (message.length <= room) return [...message, ...after].slice(0, MOST_LINES);
  const kept = message.slice(0, Math.max(1, room - 1));
  return [...kept, `  … ${more ? '' : `${message.length - kept.length} more lines `}with --verbose`, ...after].slice(
    0,
    MOST_LINES,
  );
}

function cut(line: string): string {
  return line.length > MOST_COLUMNS ? `${line.slice(0, MOST_COLUMNS)}…` : line;
}

/** Words of SOPS that scripts look for (docs/command-line.md#messages-that-scripts-match), where the sentence does not begin with them. */
const HEADLINES: { readonly [code in ErrorCode]?: string } = {
  'leaf-not-encryptable': 'Error encrypting tree: ',
  'output-format': 'Error dumping file: ',
};

function headline({ code, message }: SopsError): string {
  return /^(?:Error|Could not)/.test(message) ? '' : (HEADLINES[code] ?? '');
}

/** The file and key, unless the sentence names them already. */
function place({ file, path, message }: SopsError): string[] {
  const parts: string[] = [];
  if (file && !names(message, file)) parts.push(`file ${file}`);
  const key = path?.join('.');
  if (key && !names(message, key)) parts.push(`key ${key}`);
  return parts.length === 0 ? [] : [`  in ${parts.join(', ')}`];
}

/** Whether a sentence holds a name, as words of its own. */
function names(sentence: string, name: string): boolean {
  const isInWord = (sign: string | undefined): boolean => sign !== undefined && /[\w.-]/.test(sign);
  for (let at = sentence.indexOf(name); at >= 0; at = sentence.indexOf(name, at + 1)) {
    if (!isInWord(sentence[at - 1]) && !isInWord(sentence[at + name.length])) return true;
  }
  return false;
}

function detail(error: SopsError): string[] {
  const found = error.detail === undefined ? [] : split(error.detail);
  for (let cause = error.cause; isError(cause); cause = cause.cause)
    append(found, split(`  caused by ${known(cause)}`));
  return found;
}

/** An error in a line: with its message only if that is known to hold no data. */
function known(error: Error): string {
  return error instanceof SopsError || isSystemError(error) ? error.message : error.name;
}

function internal(error: unknown, verbose: boolean): string[] {
  const what = isError(error) ? known(error) : typeof error;
  const first = `sops-ts: internal error: ${what}. This is a defect of sops-ts, please report it.`;
  if (!verbose) return [first, '  With --verbose it says where it happened.'];
  const stack = isError(error) ? (error.stack ?? '') : '';
  return [first, ...stack.split('\n').filter((line) => /^\s+at /.test(line))];
}

function split(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${printable(line)}\n`).join('');
}
