/** A tree in another format, or printed anew, held against the tree it was made from: nothing of it is to be lost unseen. */
import { SopsError } from '../../errors.js';
import { holdsTextsAlone } from '../../formats/registry.js';
import type { FormatStore } from '../../formats/store.js';
import { sameButComments, sameLeafValue } from '../../tree/equality.js';
import { leaves, nodes } from '../../tree/leaves.js';
import { rebuilt } from '../../tree/rebuild.js';
import { type Branch, branch, comment, type KeyPath, type LeafValue, leaf } from '../../tree/tree.js';
import { textOf } from '../../tree/value.js';
import { encodeText } from '../../util/text/text.js';
import { valuePathText } from './value-path.js';

/** Who read a tree, and who printed it. */
interface Conversion {
  readonly reader: FormatStore;
  readonly printer: FormatStore;
}

/** A copy to compare with later, since values are encrypted in place. */
export function documentsAsTheyAre(documents: readonly Branch[]): Branch[] {
  const how = {
    leaf: ({ value }: { readonly value: LeafValue }) => leaf(value),
    comment: ({ text }: { readonly text: string }) => comment(text),
  };
  return documents.map((document) => rebuilt(document, how) as Branch);
}

/**
 * Throws `output-format` where documents that were read from a text of the printer are not `wanted`: with other keys or values, empty ones,
 * too. Only the type of a value in clear may be another, as that of a number in dotenv.
 */
export function checkConverted(found: readonly Branch[], wanted: readonly Branch[], conversion: Conversion): void {
  const { printer } = conversion;
  const path = differenceBetween(found, wanted, { printer, same: sameText });
  if (path) throw notReadBack(conversion, path);
}

/** Throws `output-format` where fewer documents were read than there are with something in them. */
export function checkPlaces(
  found: readonly Branch[],
  wanted: readonly Branch[],
  { reader, printer }: Conversion,
): void {
  const number = leftOut(found, wanted);
  if (number === undefined) return;
  const message = `${printer.name} has no place for document ${number} of this ${reader.name} file`;
  const hint = `Encrypt it as ${reader.name}, or each document as a file of its own.`;
  throw new SopsError('output-format', message, { hint });
}

/** The refusal of a tree that a format cannot say; `path` is where, if that is known. */
export function notReadBack({ reader, printer }: Conversion, path: KeyPath = [], cause?: unknown): SopsError {
  return new SopsError('output-format', `this ${reader.name} document cannot be read back from ${printer.name}`, {
    ...(path.length > 0 ? { path } : {}),
    hint: `It holds something that ${printer.name} has no way to say; encrypt it as ${reader.name}.`,
    cause,
  });
}

/** What is to be told of a plaintext that was printed in another format: what it does not have, or others read differently. SOPS says nothing. */
export function lossesOf(printed: string, documents: readonly Branch[], printer: FormatStore): string[] {
  const { name } = printer;
  let found: readonly Branch[];
  try {
    found = (printer.parsePlain ?? printer.parse)(encodeText(printed)).documents;
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return [`the text cannot be read back as ${name}: ${error.message}`];
  }
  const losses: string[] = [];
  if (leftOut(found, documents) !== undefined) losses.push(`${name} has no place for more than the first document`);
  const same = holdsTextsAlone(name) ? sameTextOfText : sameText;
  const path = differenceBetween(found, documents, { printer, same });
  if (path)
    losses.push(`${name} has no way to say ${path.length > 0 ? valuePathText([...path]) : 'all of it'} as it is`);
  return losses;
}

/** What is to be told of comments that are not in what was read; undefined when all are. */
export function lostCommentsNote(
  found: readonly Branch[],
  wanted: readonly Branch[],
  { name }: FormatStore,
): string | undefined {
  const kept = new Map<string, number>();
  for (const line of commentLines(found)) kept.set(line, (kept.get(line) ?? 0) + 1);
  let lost = 0;
  for (const line of commentLines(wanted)) {
    const count = kept.get(line) ?? 0;
    if (count > 0) kept.set(line, count - 1);
    else lost += 1;
  }
  return lost === 0 ? undefined : `${name} has no place for ${lost} line(s) of comments, which are left out`;
}

/** Without the marks and blanks that formats put around them. */
function* commentLines(documents: readonly Branch[]): Generator<string> {
  for (const { node } of nodes(documents)) {
    if (node.kind !== 'comment') continue;
    for (const line of node.text.split('\n')) {
      const text = line.replace(/^[;#\s]+/, '').trimEnd();
      if (text !== '') yield text;
    }
  }
}

/** The number of the first document that was not read and has something in it, from 1. */
function leftOut(found: readonly Branch[], wanted: readonly Branch[]): number | undefined {
  const at = wanted.findIndex((document, index) => index >= found.length && holdsSomething(document));
  return at < 0 ? undefined : at + 1;
}

function holdsSomething({ items }: Branch): boolean {
  return items.some(({ kind }) => kind === 'item');
}

interface Comparison {
  readonly printer: FormatStore;
  readonly same: (found: LeafValue, wanted: LeafValue) => boolean;
}

/** The keys of the first value that is another one, none where only an empty map or list is; undefined where nothing is. */
function differenceBetween(
  found: readonly Branch[],
  wanted: readonly Branch[],
  { printer, same }: Comparison,
): KeyPath | undefined {
  const expected = wanted.length > 0 ? wanted.slice(0, found.length) : [branch()];
  const read = found.map((document, at) => withoutOwnMap(document, expected[at], printer));
  if (sameButComments(read, expected, 'loose', same)) return undefined;
  const others = leaves(read);
  for (const place of leaves(expected)) {
    const { value: other } = others.next();
    if (other?.pathText !== place.pathText || !same(other.node.value, place.node.value)) return place.path;
  }
  return [];
}

/** Without the map that every document of the format has, where nothing asked for it. */
function withoutOwnMap(document: Branch, wanted: Branch | undefined, { ownMap }: FormatStore): Branch {
  const isOwn = (entry: Branch['items'][number]): boolean => entry.kind === 'item' && entry.key === ownMap;
  if (ownMap === undefined || wanted?.items.some(isOwn)) return document;
  const isEmpty = (entry: Branch['items'][number]): boolean =>
    entry.kind === 'item' && entry.value.kind === 'branch' && !holdsSomething(entry.value);
  return branch(document.items.filter((entry) => !(isOwn(entry) && isEmpty(entry))));
}

/** Whether two values are one, or of one text, which is what the MAC covers and programs read. */
function sameText(one: LeafValue, other: LeafValue): boolean {
  if (sameLeafValue(one, other)) return true;
  return one !== null && other !== null && textOf(one) === textOf(other);
}

/** The same in plaintext where all values are texts, and what is none is printed in the words of the format. */
function sameTextOfText(found: LeafValue, wanted: LeafValue): boolean {
  return typeof wanted === 'string' ? found === wanted : typeof found === 'string';
}
