/** Prints a tree as INI, as SOPS does (docs/format.md#ini). */

import { SopsError } from '../../errors.js';
import { flatten } from '../../metadata/flatten.js';
import { type Branch, branch, type Comment, type Item, item, leaf } from '../../tree/tree.js';
import { append } from '../../util/lists.js';
import { encodeText } from '../../util/text/text.js';
import { flatText } from '../scalar.js';
import { writeComment } from './comment.js';
import { writeKey } from './key.js';
import { type ValueStyle, writeValue } from './value.js';

/** A key with its value and the comments above it, as texts. */
interface Entry {
  readonly key: string;
  value: string;
  readonly comments: string[];
}

/** The text of a whole file. Throws `output-format`. */
export function printIni(documents: readonly Branch[], metadata: Branch | null): string {
  const sections = documents.flatMap((document) => document.items.filter((entry) => entry.kind === 'item'));
  const sealed = metadata !== null;
  const printed = sections.map((section, index) =>
    printSection(section, { first: index === 0, sealed, lineEnd: '\n' }),
  );
  if (metadata) printed.push(iniMetadataText(metadata));
  return printed.filter((section) => section !== '').join('\n');
}

/**
 * The section of the metadata: flat, texts of several lines in `"""`. SOPS 3.13.2 writes `\n` for line feeds (docs/format.md#flat-metadata),
 * which 3.13.0 and 3.13.1 do not read; every release from 3.9 to 3.13.2 reads this form.
 */
export function iniMetadataText(metadata: Branch, lineEnd = '\n'): string {
  const items = flatten(metadata).map(([key, text]) => item(key, leaf(text.replaceAll('\n', lineEnd))));
  return printSection(item('sops', branch(items)), { first: false, sealed: true, lineEnd });
}

/** How a section is printed: whether it is the first, goes into an encrypted file, and its line end. */
interface SectionOptions {
  readonly first: boolean;
  readonly sealed: boolean;
  readonly lineEnd: string;
}

/**
 * A section with its header. A `first` one called DEFAULT goes without, in plaintext in any letter case as in SOPS;
 * it reads back as `DEFAULT`, so that in an encrypted file, where the name is authenticated, only that counts.
 */
export function printSection({ key: name, value }: Item, { first, sealed, lineEnd }: SectionOptions): string {
  if (value.kind !== 'branch') {
    throw new SopsError('output-format', 'INI needs a map at the top level for every section', { path: [name] });
  }
  const { comments, entries } = entriesOf(name, value, sealed);
  const isDefault = (sealed ? name : name.toUpperCase()) === 'DEFAULT';
  const header = first && isDefault ? [] : [headerText(name)];
  const width = entries.reduce((longest, { key }) => Math.max(longest, byteLength(key)), 0);
  const lines = entries.flatMap(({ key, value: text, comments: above }) => [
    ...above,
    `${key}${' '.repeat(width - byteLength(key))} = ${text}`,
  ]);
  return [...comments, ...header, ...lines].map((line) => line + lineEnd).join('');
}

/**
 * The entries of a section: a comment that comes first is the section's, any other the one of the key before
 * it. SOPS keeps the last of several such comments; here they all stay, as nothing else would hold them.
 */
function entriesOf(section: string, { items }: Branch, sealed: boolean): { comments: string[]; entries: Entry[] } {
  const comments: string[] = [];
  const entries = new Map<string, Entry>();
  let above: string[] = comments;
  for (const [index, entry] of items.entries()) {
    if (entry.kind === 'comment') {
      append(above, writeComment(entry.text, '; ', index === 0));
      continue;
    }
    const value = valueText(section, entry, 'bare', sealed);
    const known = entries.get(entry.key) ?? { key: iniKeyText(section, entry.key), value, comments: [] };
    known.value = value;
    entries.set(entry.key, known);
    above = known.comments;
  }
  return { comments, entries: [...entries.values()] };
}

/** The text of a key. Throws `output-format` for one that INI would read differently. */
export function iniKeyText(section: string, key: string): string {
  const text = writeKey(key);
  if (text !== null) return text;
  throw new SopsError('output-format', 'a key that INI would read differently', { path: [section, key] });
}

/** The text of an item's value in a style, if possible. Throws `output-format` for one that INI would read differently. */
export function valueText(section: string, { key, value }: Item, style: ValueStyle, sealed: boolean): string {
  const text = writeValue(flatText(value, sealed, 'INI', [section, key]), style);
  if (text !== null) return text;
  throw new SopsError('output-format', 'a value that INI would read differently', { path: [section, key] });
}

function headerText(name: string): string {
  if (name === '' || name.includes('\n')) {
    throw new SopsError('output-format', 'a section name that INI would read differently', { path: [name] });
  }
  return `[${name}]`;
}

/** SOPS pads by bytes. */
function byteLength(text: string): number {
  return encodeText(text).length;
}

/** The lines of the comments that follow an item in its branch: those that are written above it. */
export function commentsBehind(items: readonly (Item | Comment)[], node: Item): string[] {
  const lines: string[] = [];
  for (let at = items.indexOf(node) + 1; at < items.length; at++) {
    const entry = items[at];
    if (entry?.kind !== 'comment') break;
    append(lines, writeComment(entry.text, '; ', false));
  }
  return lines;
}
