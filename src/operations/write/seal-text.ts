/** Sealing a new plaintext into an open file: what did not change keeps its ciphertext, its IV and its type. */

import { looksEncrypted } from '../../cipher/encrypted-value.js';
import { SopsError } from '../../errors.js';
import { encodedBytes, type FormatStore, letGo, type SourceFile } from '../../formats/store.js';
import type { Metadata } from '../../metadata/metadata.js';
import { type AuditTrail, UNNOTED } from '../../run/audit-trail.js';
import type { Indent } from '../../run/indent.js';
import { sameLeafValue } from '../../tree/equality.js';
import { leaves } from '../../tree/leaves.js';
import { type Branch, isTimestamp, type LeafValue, type Source } from '../../tree/tree.js';
import { type OpenedFile, type PlainText, plainText } from '../read/open-file.js';
import { sameKeys } from './held-texts.js';
import { readBack, type SealedFile, sealFile } from './seal-file.js';
import { strayTextNote } from './surprises.js';

export interface TextSealing {
  /** As `openFile` gives it with `rewrites`. */
  readonly opened: OpenedFile;
  /** Its plaintext as `renderPlain` gives it. */
  readonly before: PlainText;
  /** The plaintext that it is to hold. */
  readonly after: string;
  readonly printer: FormatStore;
  readonly indent: Indent;
  /** Metadata in place of the file's own. */
  readonly metadata?: Metadata | undefined;
  /** RFC 3339; now without it. */
  readonly lastModified?: string | undefined;
  /** Other files whose values are in the plaintext, too: those keep the type and style that they have there. */
  readonly others?: readonly Pick<TextSealing, 'opened' | 'before'>[] | undefined;
  /** What the values of the plaintext are, where it does not show that, in place of what those of the file were. */
  readonly exactly?: readonly Branch[] | undefined;
  /** Whether nobody needs what the open file was read into any more. */
  readonly letsGo?: boolean | undefined;
}

/**
 * Encrypts a new plaintext under the data key of an open file. It is sealed as the author's text, as `encrypt` does; values
 * that stand unchanged at their place get the ciphertext they had, in the style it was written in.
 * Throws what {@link parsePlainText} and `sealFile` throw.
 */
export async function sealText(sealing: TextSealing): Promise<SealedFile> {
  const { opened, before, after, printer, indent, exactly } = sealing;
  const { store } = opened;
  const exact = exactly && exactTypes(exactly, parsePlainText(opened, after));
  const known = exact ?? knownTypes([{ opened, before }, ...(sealing.others ?? [])]);
  const isSure = known.size === 0 || store !== printer || indent.reprints;
  const letsGo = isSure && sealing.letsGo === true;
  const sealed = await seal({ ...sealing, letsGo }, known, opened.trail);
  if (isSure) return sealed;
  // A type that the text does not show may keep the layout from being trusted; then the text goes before the type.
  const again = readBack(opened, store, sealed.bytes);
  return plainText(again) === after ? sealed : seal(sealing, new Map(), UNNOTED);
}

/** Reads a plaintext in the format, encoding and line ends of an open file. Throws as the store does, and `already-encrypted`. */
export function parsePlainText({ store, file }: OpenedFile, text: string): SourceFile {
  const { lineEnd } = file;
  const plain = (store.parsePlain ?? store.parse)(encodedBytes(file, text));
  if (plain.metadata) throw reservedKey();
  return lineEnd ? { ...plain, lineEnd } : plain;
}

/** The refusal of a top-level entry where SOPS keeps its metadata. */
export function reservedKey(): SopsError {
  const message =
    "The file you have provided contains a top-level entry called 'sops', which SOPS uses for its metadata";
  return new SopsError('already-encrypted', message, { hint: 'Give the entry another name.' });
}

async function seal(sealing: TextSealing, known: KnownTypes, trail: AuditTrail): Promise<SealedFile> {
  const { opened, before, after, printer, indent, metadata, letsGo = false } = sealing;
  const { store, scope, dataKey, cipher } = opened;
  const file = parsePlainText(opened, after);
  const stray = strayTextNote(file);
  if (stray !== undefined && !opened.warnings.includes(stray)) opened.warnings.push(stray);
  giveTypes(file.documents, known);
  const { mac, lastModified: _, layout, ...kept } = metadata ?? opened.metadata;
  const { lastModified, others = [] } = sealing;
  const lineStyles = store.lineStyles ?? NONE;
  const sources = (): Branch[] => [...others, sealing].flatMap((one) => one.opened.file.documents);
  const restyle = (documents: readonly Branch[]): void => {
    if (lineStyles.size > 0) giveStyles(documents, file.text, stylesOf(sources(), documents, lineStyles), lineStyles);
    if (letsGo) letGo(opened.file);
  };
  const { spareLayout } = before;
  const parts = { file, reader: store, printer, indent, scope, dataKey, cipher, trail, metadata: kept };
  const sealed = await sealFile({ ...parts, lastModified, spareLayout, restyle });
  const { note } = sealed;
  if (note !== undefined && !opened.warnings.includes(note)) opened.warnings.push(note);
  return sealed;
}

/** By place and value as its text reads: the value that the file holds, of which only the type is another. */
type KnownTypes = ReadonlyMap<string, LeafValue>;

/** What a plaintext is to hold, by how it reads; undefined where its leaves are not those. */
function exactTypes(exactly: readonly Branch[], plain: SourceFile): KnownTypes | undefined {
  return sameKeys(exactly, plain.documents) ? typesOf(exactly, plain) : undefined;
}

/** The types of several files; of the first that has a value at a place. */
function knownTypes(files: readonly Pick<TextSealing, 'opened' | 'before'>[]): KnownTypes {
  const each = files.map(({ opened, before }) => typesOf(opened.file.documents, parsePlainText(opened, before.text)));
  return new Map(each.reverse().flatMap((types) => [...types]));
}

/**
 * Values whose type the plaintext does not show: an int in dotenv, a float `5` in JSON. Each would become another value,
 * although nobody touched it.
 */
function typesOf(exact: readonly Branch[], plain: SourceFile): KnownTypes {
  const read = leaves(plain.documents);
  const known = new Map<string, LeafValue>();
  for (const { node, pathText } of leaves(exact)) {
    const { value: same } = read.next();
    if (!same || same.pathText !== pathText) return new Map();
    if (!sameLeafValue(node.value, same.node.value)) known.set(typeKey(pathText, same.node.value), node.value);
  }
  return read.next().done ? known : new Map();
}

function giveTypes(documents: readonly Branch[], known: KnownTypes): void {
  if (known.size === 0) return;
  for (const { node, pathText } of leaves(documents)) {
    const value = known.get(typeKey(pathText, node.value));
    if (value !== undefined) node.value = value;
  }
}

function typeKey(place: string, value: LeafValue): string {
  const text = value !== null && isTimestamp(value) ? `${value.nanoseconds}` : String(value);
  return `${place}\0${typeof value}\0${text}`;
}

const NONE: ReadonlySet<string> = new Set();

/**
 * By ciphertext: the style it stands in. SOPS writes it plain, whatever quotes the plaintext needs. What stands so in nearly all of
 * `documents`, which are to be given the styles, is left out where it would change nothing: a large file has it hundreds of thousands of times.
 */
function stylesOf(
  sources: readonly Branch[],
  documents: readonly Branch[],
  lineStyles: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const styles = new Map<string, string>();
  const usual = usualStyle(documents);
  const unusual = new Set<LeafValue>();
  for (const { node } of leaves(documents)) if (node.source?.style !== usual) unusual.add(node.value);
  for (const { node } of leaves(sources)) {
    const { source } = node;
    if (typeof source?.value !== 'string' || !lineStyles.has(source.style)) continue;
    if (source.style === usual && !unusual.has(source.value)) continue;
    if (looksEncrypted(source.value)) styles.set(source.value, source.style);
  }
  return styles;
}

/** The style that most leaves stand in. */
function usualStyle(documents: readonly Branch[]): string | undefined {
  const counts = new Map<string | undefined, number>();
  for (const { node } of leaves(documents)) {
    const style = node.source?.style;
    counts.set(style, (counts.get(style) ?? 0) + 1);
  }
  const [first] = [...counts].sort(([, one], [, other]) => other - one);
  return first?.[0];
}

function giveStyles(
  documents: readonly Branch[],
  text: string,
  styles: ReadonlyMap<string, string>,
  lineStyles: ReadonlySet<string>,
): void {
  if (styles.size === 0) return;
  for (const { node } of leaves(documents)) {
    const { source, value } = node;
    const style = typeof value === 'string' ? styles.get(value) : undefined;
    if (!source || style === undefined || style === source.style) continue;
    const end = lineStyles.has(source.style) ? source.end : endOfBlock(source, text);
    if (end !== undefined) node.source = { ...source, style, end };
  }
}

/**
 * Where a block scalar ends that gives way as a whole, with the empty lines that `+` makes its own; undefined for one with a
 * comment on its header, which must stay.
 */
function endOfBlock({ start, end }: Source, text: string): number | undefined {
  const [header, indicators = ''] = /^[|>]([-+0-9]*)[ \t]*\r?\n/.exec(text.slice(start, end)) ?? [];
  if (header === undefined) return undefined;
  if (!indicators.includes('+')) return end;
  let at = end;
  for (let next = lineBreakAt(text, at); next > at && lineBreakAt(text, next) > next; next = lineBreakAt(text, at))
    at = next;
  return at;
}

/** After the line break here, or the place itself when there is none. */
function lineBreakAt(text: string, at: number): number {
  if (text.startsWith('\r\n', at)) return at + 2;
  return text[at] === '\n' ? at + 1 : at;
}
