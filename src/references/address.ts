/** What the address of a reference says: scheme, path, parameters and the keys that lead into what is found (docs/references.md#grammar). */
import { SopsError } from '../errors.js';
import type { Expression } from './expression.js';

export interface Address {
  /** In lower case. */
  readonly scheme: string;
  /** Host and path, decoded; an absolute path begins with a slash. */
  readonly path: string;
  /** The first value of each name. */
  readonly parameters: ReadonlyMap<string, string>;
  /** The keys of the fragment; empty when there is none, and the whole secret is meant. */
  readonly keys: readonly string[];
  /** The address without its parameters, for messages: they may hold secrets of their own. */
  readonly shown: string;
}

/** Stands for the value of a reference within an address, so that the value can never be read as part of the address's form. */
const HOLE = /\0(\d+)\0/g;

/**
 * Reads an address whose references have been resolved: `values` in their order. A value is taken as it is, whatever characters it has: it
 * can neither add parameters nor lead into another server. Throws `reference-malformed` for what is not an address.
 */
export function addressOf({ address }: Expression, values: readonly string[]): Address {
  let hole = 0;
  const text = address.map((part) => (typeof part === 'string' ? part : `\0${hole++}\0`)).join('');
  const fill = (piece: string): string => piece.replace(HOLE, (_, number) => values[Number(number)] ?? '');
  const { scheme, host, path, query, fragment } = split(text);
  const shown = shownAddress(text);
  const first = decode(checkedHost(host, shown), shown);
  const rest = decode(path, shown);
  return {
    scheme: scheme.toLowerCase(),
    path: fill(first === '' ? rest : [first, rest.slice(1)].filter((part) => part !== '').join('/')),
    parameters: parametersOf(query, fill, shown),
    keys: keysOf(decode(fragment, shown)).map(fill),
    shown,
  };
}

/** What stands in messages for the address of a reference, without its parameters; references in it are shown as `…`. */
export function shownExpression({ address }: Expression): string {
  return shownAddress(address.map((part) => (typeof part === 'string' ? part : '…')).join(''));
}

function shownAddress(text: string): string {
  const { scheme, host, path, fragment } = split(text);
  const plain = `${scheme}://${host.slice(host.lastIndexOf('@') + 1)}${path}${fragment === '' ? '' : `#${fragment}`}`;
  return plain.replace(HOLE, '…');
}

interface Pieces {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
  readonly fragment: string;
}

function split(text: string): Pieces {
  const colon = text.indexOf('://');
  const scheme = text.slice(0, colon);
  const rest = text.slice(colon + '://'.length);
  const [beforeFragment, fragment] = cut(rest, '#');
  const [beforeQuery, query] = cut(beforeFragment, '?');
  // The name of a resource of AWS has colons, and slashes as part of it.
  if (/^arn:aws[-:]/.test(beforeQuery)) return { scheme, host: beforeQuery, path: '', query, fragment };
  const slash = beforeQuery.indexOf('/');
  const [host, path] = slash < 0 ? [beforeQuery, ''] : [beforeQuery.slice(0, slash), beforeQuery.slice(slash)];
  return { scheme, host, path, query, fragment };
}

/** A text before and after the first of a character. */
function cut(text: string, at: string): [before: string, behind: string] {
  const index = text.indexOf(at);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}

/** The host without a user's name; throws when a colon stands in it that no port follows. */
function checkedHost(host: string, shown: string): string {
  const own = host.slice(host.lastIndexOf('@') + 1);
  const isArn = /^arn:aws[-:]/.test(own);
  const colon = own.indexOf(':');
  if (!isArn && colon >= 0 && !/^:\d*$/.test(own.slice(colon))) {
    throw malformed(
      shown,
      'a colon in its first part must be followed by a port',
      'Write further parts after a slash.',
    );
  }
  return own;
}

function decode(text: string, shown: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw malformed(
      shown,
      '% is not followed by two hexadecimal digits that make sense',
      'Write a percent sign as %25.',
    );
  }
}

function parametersOf(query: string, fill: (piece: string) => string, shown: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const [name, value] = cut(pair, '=').map((piece) => decode(piece.replaceAll('+', ' '), shown)) as [string, string];
    if (!parameters.has(name)) parameters.set(fill(name), fill(value));
  }
  return parameters;
}

/** `#/a/b` and `#a/b` are the same. */
function keysOf(fragment: string): string[] {
  const path = fragment.replace(/^#/, '').replace(/^\//, '');
  return path === '' ? [] : path.split('/');
}

function malformed(shown: string, reason: string, hint: string): SopsError {
  return new SopsError('reference-malformed', `the reference ${shown} is malformed: ${reason}`, { hint });
}
