/** The value that `set` is given: as JSON or text, on the command line, in a file, on standard input, made up or typed unseen. */

import { SopsError } from '../../errors.js';
import { generateSecret } from '../../operations/write/generate-secret.js';
import { parseJsonValue } from '../../operations/write/json-value.js';
import { leaf, type Value } from '../../tree/tree.js';
import { systemReason } from '../../util/files/files.js';
import { readFileSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { decodeText, encodeText } from '../../util/text/text.js';
import { readStandardInput } from '../terminal/streams.js';
import { flag, type Values } from '../words/flag.js';
import type { Context } from './command.js';

/** Where the value comes from, if not from the command line, and whether it is text. */
export const valueFlags = {
  valueFile: flag.yesNo('value-file', 'read the JSON value from the file that is named instead'),
  valueStdin: flag.yesNo('value-stdin', 'read the value from standard input: JSON, else text'),
  generate: flag.text('generate', {
    value: 'KIND',
    help: 'set a new random secret: a length, or password, hex, base64 (:LENGTH), uuid',
    offers: ['password', 'hex', 'base64', 'uuid'],
  }),
  text: flag.yesNo(
    'text',
    'take the value as text, as it is (without a last line break, from a file or standard input)',
  ),
};
export type ValueFlags = Values<typeof valueFlags>;

/** Refuses two sources of one value, and a value made up that is to be read in some way. Throws `failed` and `conflict`. */
export function checkSources(given: ValueFlags): void {
  const [first, second] = [
    ...(given.generate === undefined ? [] : ['generate']),
    ...(given.valueFile ? ['value-file'] : []),
    ...(given.valueStdin ? ['value-stdin'] : []),
  ];
  if (first === 'value-file' && second !== undefined) {
    throw new SopsError('failed', 'Error: cannot use both --value-file and --value-stdin');
  }
  const other = second ?? (first === 'generate' && given.text ? 'text' : undefined);
  if (other !== undefined) throw new SopsError('conflict', `Error: cannot use both --${first} and --${other}`);
}

export function wrongCount(withoutValue: boolean): SopsError {
  const need = withoutValue ? 2 : 3;
  const message = `Error: no file specified, or index and value are missing. Need precisely ${need} positional arguments.`;
  const write = withoutValue ? '' : ' JSON, or sops-ts set FILE PLACE TEXT --text';
  return new SopsError('no-file', message, { hint: `Write: sops-ts set FILE PLACE${write}` });
}

/** What the value is for, and what stands for it on the command line. */
export interface ValueWords {
  readonly file: string;
  readonly place: string;
  readonly word: string | undefined;
}

/** Throws `set-syntax` for what is not JSON and not to be text, `failed` for a file that cannot be read, `no-file` without any. */
export async function readGivenValue(
  given: ValueFlags,
  context: Context,
  { file, place, word }: ValueWords,
): Promise<Value> {
  const { host } = context;
  if (given.generate !== undefined) return leaf(generateSecret(given.generate));
  if (word === undefined && !given.valueStdin) return leaf(await askValue(host, place));
  const text = await textGiven(given, context, word);
  if (given.text) return leaf(text.bare);
  try {
    const value = parseJsonValue(text.whole);
    if (given.valueStdin && !host.calledAsSops) warnOfNumber(value, text.bare, host);
    return value;
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    if (given.valueStdin && !host.calledAsSops && !looksLikeJson(text.whole)) return leaf(text.bare);
    throw error.with(error.code, { file });
  }
}

/** A text as it was read, and without the line break that programs put after what they print. */
interface GivenText {
  readonly whole: string;
  readonly bare: string;
}

async function textGiven(given: ValueFlags, { host, streams }: Context, word = ''): Promise<GivenText> {
  if (given.valueStdin) return withoutLineEnd(decoded(await readStandardInput(streams, 'the value'), 'standard input'));
  if (given.valueFile) return withoutLineEnd(decoded(readValueFile(resolve(host.cwd, word), word), word));
  // SOPS's reader of JSON puts U+FFFD in the place of such bytes.
  const text = host.calledAsSops ? word.toWellFormed() : decoded(encodeText(word), 'it');
  return { whole: text, bare: text };
}

function withoutLineEnd(whole: string): GivenText {
  return { whole, bare: whole.replace(/\r?\n$/, '') };
}

function decoded(bytes: Uint8Array, source: string): string {
  const text = decodeText(bytes);
  if (Buffer.from(text).equals(bytes)) return text;
  throw new SopsError('set-syntax', `Value for --set is not valid JSON: ${source} holds bytes that are not UTF-8`, {
    hint: 'Bytes are set as text, e.g. in base64.',
  });
}

/** What begins as an object, a list or a quoted text was meant as JSON: a mistake in it must not become a secret. */
function looksLikeJson(text: string): boolean {
  return /^\s*(?:["[{]|$)/.test(text);
}

/** Digits of a random secret may happen to be a number in JSON, and would be written as another text. */
function warnOfNumber(value: Value, text: string, host: Host): void {
  const isNumber = value.kind === 'leaf' && (typeof value.value === 'number' || typeof value.value === 'bigint');
  if (isNumber && String(value.value) !== text.trim()) {
    host.warn(
      'the value is taken as a number, so its digits may be written in another way; with --text it stays as it is',
    );
  }
}

/** The value typed unseen, taken as text as it is. Without a terminal the command line simply lacks a word. */
async function askValue(host: Host, place: string): Promise<string> {
  try {
    return await host.askSecret(`Value of ${place}:`);
  } catch (cause) {
    throw wrongCount(false).with('no-file', { cause });
  }
}

function readValueFile(path: string, shown: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new SopsError('failed', `Error reading the value: open ${shown}: ${systemReason(cause)}`, { cause });
  }
}
