/** Checks what callers give: JavaScript has no compiler, and a misspelt option must not be passed over. */

import { fileURLToPath } from 'node:url';
import { distance, suggestionFor } from '../config/misspelt.js';
import { SopsError } from '../errors.js';
import { FORMATS, type FormatName } from '../formats/registry.js';
import { append } from '../util/lists.js';
import { isOf } from '../util/realms.js';
import { isContent } from '../util/text/content-as-path.js';
import { ownSignal } from '../util/waiting/deadline.js';
import type { AnyFormat, Options } from './types.js';
import { keepingAnswers } from './warning-listener.js';

/** What an option may be: a word for messages, and the check. */
export interface OptionKind {
  readonly wanted: string;
  fits(value: unknown): boolean;
  /** What is taken of a value, before it is checked: the caller may change it later. Lists are copied in any case. */
  own?(value: unknown): unknown;
}

export type OptionKinds = Readonly<Record<string, OptionKind>>;

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const oneOf = (...words: readonly string[]): OptionKind => ({
  wanted: words.map((word) => `'${word}'`).join(' or '),
  fits: (value) => words.includes(value as string),
});

const YES_NO: OptionKind = { wanted: 'true or false', fits: (value) => typeof value === 'boolean' };
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
/** No path holds a zero byte. */
const isPath = (value: unknown): value is string => isText(value) && !value.includes('\0') && !isContent(value);
const isPaths = (value: unknown): boolean => Array.isArray(value) && value.every(isPath);
const TEXT: OptionKind = { wanted: 'a text', fits: isText };
const TEXTS: OptionKind = { wanted: 'a list of texts', fits: isTexts };
const PATH: OptionKind = { wanted: 'a path', fits: isPath };
const OBJECT: OptionKind = { wanted: 'an object', fits: (value) => isObject(value) && hasMembers(value) };
const LIST: OptionKind = { wanted: 'a list', fits: Array.isArray };
const isFunction = (value: unknown): value is () => undefined => typeof value === 'function';
const FUNCTION: OptionKind = { wanted: 'a function', fits: isFunction };
const isSignal = (value: unknown): value is AbortSignal =>
  hasMethods(value, 'addEventListener') && typeof (value as Partial<AbortSignal>).aborted === 'boolean';
const TEXT_OR_TEXTS: OptionKind = {
  wanted: 'a text or a list of texts',
  fits: (value) => isText(value) || isTexts(value),
};
/** At least one: whoever names none has not left the option out. */
const PATH_OR_PATHS: OptionKind = {
  wanted: 'a path or a list of paths',
  fits: (value) => isPath(value) || (isPaths(value) && (value as unknown[]).length > 0),
};

/** Goes along when options are spread. */
const TAKEN = Symbol('names of the options that the call takes');

/** Names are compared letter by letter with all others. */
const LONGEST_NAME = 64;

export const COMMON: OptionKinds = {
  env: {
    wanted: 'an object of texts',
    own: (value) => (OBJECT.fits(value) ? { ...(value as object) } : value),
    fits: (value) =>
      OBJECT.fits(value) && Object.values(value as object).every((one) => one === undefined || typeof one === 'string'),
  },
  cwd: PATH,
  identities: OBJECT,
  keyServices: {
    wanted: 'a list of addresses and objects with encrypt and decrypt',
    fits: (value) =>
      Array.isArray(value) && value.every((one) => typeof one === 'string' || hasMethods(one, 'encrypt', 'decrypt')),
  },
  config: {
    wanted: 'a path, what defineConfig made, or false',
    fits: (value) => value === false || isPath(value) || (isObject(value) && 'text' in value),
  },
  signal: {
    wanted: 'an AbortSignal',
    own: (value) => (isSignal(value) ? ownSignal(value) : value),
    fits: isSignal,
  },
  onWarning: { ...FUNCTION, own: (value) => (isFunction(value) ? keepingAnswers(value) : value) },
  askSecret: FUNCTION,
  audit: { wanted: 'an object with record', fits: (value) => hasMethods(value, 'record') },
  providers: {
    wanted: 'a list of objects with type, wrap and unwrap',
    fits: (value) => Array.isArray(value) && value.every((one) => hasMethods(one, 'wrap', 'unwrap')),
  },
  formats: {
    wanted: 'a list of objects with name, extensions, parse and print',
    fits: (value) => Array.isArray(value) && value.every((one) => hasMethods(one, 'parse', 'print')),
  },
};

export const READING: OptionKinds = {
  ...COMMON,
  format: TEXT,
  ignoreMac: YES_NO,
  decryptionOrder: TEXTS,
};

export const VALUES: OptionKinds = {
  ...READING,
  integers: oneOf('safe', 'bigint', 'mixed'),
  dates: oneOf('text', 'date'),
  documents: oneOf('one', 'list'),
};

export const SCHEMA: OptionKinds = {
  ...VALUES,
  schema: { wanted: 'a Standard Schema', fits: hasStandard },
  showSchemaMessages: YES_NO,
};

export const ENCRYPTING: OptionKinds = { ...COMMON, recipients: TEXTS, allowUnencrypted: YES_NO };

export const VARIABLES: OptionKinds = {
  ...READING,
  flatten: YES_NO,
  prefix: { wanted: 'a text', fits: (value) => typeof value === 'string' },
  only: TEXTS,
  rawValues: YES_NO,
};

export const LOADING: OptionKinds = {
  ...READING,
  files: PATH_OR_PATHS,
  into: OBJECT,
  override: YES_NO,
  flatten: YES_NO,
  optional: YES_NO,
  allow: TEXTS,
};

export const KINDS = { YES_NO, TEXT, TEXTS, LIST, OBJECT } as const;

const IDENTITIES: OptionKinds = {
  age: TEXT_OR_TEXTS,
  ageFiles: { wanted: 'a list of paths', fits: isPaths },
  pgp: TEXTS,
  only: YES_NO,
};

/**
 * The options, checked, and the caller's no more: what is changed in them later does not bear on the call. Also those that an object
 * inherits. Throws `usage`.
 */
export function checkedOptions<O extends object>(call: string, given: O | undefined, kinds: OptionKinds): O {
  return lookingAt(`${call}: the options`, () => takenOptions(call, given, kinds));
}

function takenOptions<O extends object>(call: string, given: O | undefined, kinds: OptionKinds): O {
  if (given === undefined) return { [TAKEN]: Object.keys(kinds) } as unknown as O;
  if (!OBJECT.fits(given)) throw usage(`${call}: the options must be an object`);
  const options = checkedMembers(`${call}: option`, given, kinds) as O & { identities?: object };
  const { identities } = options;
  if (identities) options.identities = checkedMembers(`${call}: option identities.`, identities, IDENTITIES);
  return options;
}

function checkedMembers(place: string, given: object, kinds: OptionKinds): object {
  const calledBy = (name: string): string => (place.endsWith('.') ? `${place}${name}` : `${place} ${name}`);
  const members: Record<string | symbol, unknown> = { [TAKEN]: Object.keys(kinds) };
  for (const name of namesIn(given))
    if (!Object.hasOwn(kinds, name)) throw unknownOption(calledBy(name), name, Object.keys(kinds));
  for (const [name, kind] of Object.entries(kinds)) {
    const value = memberOf(given, name, kind);
    if (value === UNFIT) throw usage(`${calledBy(name)} must be ${kind.wanted}`);
    if (value === EMPTY) throw usage(`${calledBy(name)} is empty: it must be ${kind.wanted}`);
    if (value !== undefined) members[name] = value;
  }
  return members;
}

/** Not what keeps its members elsewhere, as lists, maps, promises and dates do: it would count as empty. */
function hasMembers(value: object): boolean {
  if (Symbol.iterator in value) return false;
  return /^\[object (?:Object|Module)\]$/.test(Object.prototype.toString.call(value)) || Object.keys(value).length > 0;
}

/** The names of all members, those that are inherited among them. */
function namesIn(given: object): string[] {
  const names: string[] = [];
  for (let at = given; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at))
    append(names, Object.keys(at));
  return names;
}

/** The names of the options that a call takes, by what was checked for it. */
export function optionNames(options: object): readonly string[] {
  return (options as { [TAKEN]?: readonly string[] })[TAKEN] ?? [];
}

const UNFIT = Symbol('what an option cannot be');
/** The same where a variable that is not set may have been meant. */
const EMPTY = Symbol('an empty text that an option cannot be');

function memberOf(given: object, name: string, kind: OptionKind): unknown {
  try {
    const value = ownValue((given as Record<string, unknown>)[name], kind);
    if (value === undefined || kind.fits(value)) return value;
    return value === '' ? EMPTY : UNFIT;
  } catch {
    // It has a getter that throws.
    return UNFIT;
  }
}

function ownValue(value: unknown, { own }: OptionKind): unknown {
  if (own) return own(value);
  return Array.isArray(value) ? [...value] : value;
}

function unknownOption(called: string, name: string, known: readonly string[]): SopsError {
  const hint = `Did you mean ${nearestOf(name, known)}? There are: ${known.join(', ')}.`;
  return new SopsError('usage', `${called} is not known`, { hint });
}

/** The known name that is most like one; any is better than none, since all are told. */
function nearestOf(name: string, known: readonly string[]): string {
  const word = name.slice(0, LONGEST_NAME).toLowerCase();
  const apart = (one: string): number => distance(word, one.toLowerCase());
  const [beginning] = known.filter((one) => word.startsWith(one.toLowerCase()) || one.toLowerCase().startsWith(word));
  return suggestionFor(name, known) ?? beginning ?? known.toSorted((one, other) => apart(one) - apart(other))[0] ?? '';
}

/** What is made of something that the caller gives, whose getters and traps may throw anything. Throws `usage` in their place. */
export function lookingAt<T>(called: string, look: () => T): T {
  try {
    return look();
  } catch (cause) {
    if (cause instanceof SopsError) throw cause;
    throw new SopsError('usage', `${called} cannot be looked at without an error`, { cause });
  }
}

/** Whether the content that a call is given is bytes. Throws `usage`. */
export function isBytes(call: string, content: unknown): content is Uint8Array {
  return lookingAt(`${call}: the content`, () => ArrayBuffer.isView(content) && isOf(Uint8Array, content));
}

/** A copy of bytes that a call is given, with which the caller may go on. Throws `usage` for memory that is gone. */
export function ownBytes(call: string, content: Uint8Array): Uint8Array<ArrayBuffer> {
  return lookingAt(`${call}: the content`, () => new Uint8Array(content));
}

/** The path of a file, given as text or `file:` URL. Throws `usage`. */
export function checkedPath(call: string, path: unknown): string {
  if (isPath(path)) return path;
  const isUrl = lookingAt(`${call}: the file`, () => isOf(URL, path) && path.protocol === 'file:');
  const found = isUrl ? pathOfUrl(path as URL) : undefined;
  if (found !== undefined && !found.includes('\0')) return found;
  const isNone = isText(path) && isContent(path);
  throw usage(
    `${call}: the file must be a path or a file: URL${isNone ? ', and not what is in it' : ''}`,
    isNone ? 'decrypt, decryptData and encrypt take content, and inspect takes it as a Uint8Array.' : undefined,
  );
}

function pathOfUrl(url: URL): string | undefined {
  try {
    return fileURLToPath(url.href);
  } catch {
    // It names another machine, or a slash within a name.
    return undefined;
  }
}

/** The name of a format that there is. Throws `usage`. */
export function checkFormat(call: string, name: unknown, { formats = [] }: Options): void {
  const known = [...FORMATS, ...formats].map((row): string => row.name);
  if (typeof name === 'string' && known.includes(name)) return;
  const what =
    name === undefined ? 'option format is missing' : `there is no format ${JSON.stringify(name) ?? 'like that'}`;
  throw usage(`${call}: ${what}`, `The formats are ${known.join(', ')}.`);
}

/** A name as operations take it, which ask for its row: of their closed union are the formats that they themselves name. */
export function chosenFormat<Name extends AnyFormat | undefined>(name: Name): FormatName | Extract<Name, undefined> {
  return name as FormatName | Extract<Name, undefined>;
}

/** Something that the caller got wrong. */
export function usage(message: string, hint?: string): SopsError {
  return new SopsError('usage', message, hint === undefined ? {} : { hint });
}

function hasMethods(value: unknown, ...names: readonly string[]): boolean {
  return isObject(value) && names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}

/** Schemas of some libraries are functions. */
function hasStandard(value: unknown): boolean {
  const standard =
    ((typeof value === 'function' || isObject(value)) && (value as Record<string, unknown>)['~standard']) || {};
  return hasMethods(standard, 'validate');
}
