/** A YAML text: read with places, and spliced. */

import { SopsError } from '../../errors.js';
import { sameTree } from '../../tree/equality.js';
import { type Branch, branch, item, type List, type Value } from '../../tree/tree.js';
import { append } from '../../util/lists.js';
import { decodeText, hasInvalidBytes } from '../../util/text/text.js';
import type { Span } from '../span.js';
import type { Edit, EmitOptions, SourceFile, Surprise } from '../store.js';
import { utf16Of } from '../utf16.js';
import { type DocumentPlace, readDocuments, type YamlDocument } from './documents.js';
import { emitYaml, metadataAt } from './emit.js';
import { commaBehind, emitFlow } from './emit-flow.js';
import type { NodeWatcher } from './node.js';
import { Splicer } from './splice.js';
import { yamlSurprises } from './surprises.js';

const METADATA_KEY = 'sops';

/** A YAML text as read, with the places of its documents. */
export interface YamlText {
  readonly text: string;
  readonly documents: Branch[];
  readonly places: readonly DocumentPlace[];
}

/** What lets entries come, go and be replaced (editable.ts). */
export interface EntryEditor {
  /** Told of everything that is read. */
  readonly watcher: NodeWatcher;
  /** The edits for such entries, and the values that leave the text with them. */
  edits(file: YamlText, options: EmitOptions): { readonly edits: Edit[]; readonly gone: Set<Value> };
}

interface EditedYaml extends YamlText {
  /** Absent where all entries stay. */
  readonly editor: EntryEditor | undefined;
}

/**
 * Reads a text. `lists` is given the documents that are lists, by the maps that stand for them. Throws as `FormatStore.parse`.
 */
export function parseYaml(bytes: Uint8Array, editor?: EntryEditor, lists?: Map<Branch, List>): SourceFile {
  const utf16 = utf16Of(bytes);
  const text = utf16 ? utf16.decode(bytes) : decodeText(bytes);
  if (hasInvalidBytes(text)) throw new SopsError('document-invalid', 'the file is not valid UTF-8');
  const documents = readDocuments(text, editor?.watcher);
  for (const { root, list } of documents) if (list) lists?.set(root, list);
  const metadata = documents[0]?.metadata ?? null;
  if (!metadata) keepLaterEntries(documents);
  if (metadata && metadata.kind !== 'branch') {
    throw new SopsError('metadata-invalid', 'the sops entry of this file is not a map');
  }
  const read: EditedYaml = {
    text,
    documents: documents.map((one) => one.root),
    places: documents.map((one) => one.place),
    editor,
  };
  const file: SourceFile = {
    text,
    documents: read.documents,
    metadata,
    ...(metadata && documents.length > 1 && { strayDocument: strayDocument(text, documents) }),
    edits: (wanted, options) => editsOf(read, wanted, options),
    metadataEdit: (wanted, options) => metadataEditOf(read, wanted, options),
    surprises: () => surprisesOf(read),
  };
  return utf16 ? { ...file, encode: utf16.encode } : file;
}

function surprisesOf({ documents, text }: YamlText): Surprise[] {
  return yamlSurprises(documents, ({ source }) =>
    source?.style === 'plain' ? text.slice(source.start, source.end) : undefined,
  );
}

/** See `SourceFile.edits`. */
function editsOf(file: EditedYaml, metadata: Branch | null, options: EmitOptions = {}): Edit[] {
  const { places, editor } = file;
  if (metadata) checkReserved(file.documents);
  if (metadata && !options.textStays && !places.every(takesBlock)) return [printedAnew(file, metadata, options)];
  const changes = editor?.edits(file, options);
  const splicer = new Splicer(file.text, {
    ...(changes ? { gone: changes.gone } : {}),
    ...options,
    continues: (metadata !== null || goesOn(file.text, changes?.edits)) && continues(file.text, places),
    commentsDecide:
      metadata?.items.some((entry) => entry.kind === 'item' && entry.key.endsWith('_comment_regex')) ?? false,
  });
  for (const [index, root] of file.documents.entries()) {
    splicer.addValue(root, false);
    const place = places[index];
    const own = metadata && metadataAt(metadata, index);
    if (place) append(splicer.edits, metadataEdits(file.text, root, place, own, options));
  }
  if (changes) append(splicer.edits, changes.edits);
  return splicer.edits.sort((one, other) => one.start - other.start || one.end - other.end);
}

/** Whether something is put after the end of a text. */
function goesOn({ length }: string, edits: readonly Edit[] = []): boolean {
  return edits.some(({ start, text }) => start === length && text !== '');
}

/** See `SourceFile.metadataEdit`. */
function metadataEditOf(file: YamlText, metadata: Branch, options: EmitOptions = {}): Edit | undefined {
  const [place, root] = [file.places[0], file.documents[0]];
  if (!root || !place?.metadata || !takesBlock(place) || !hasLines(file.text, place.metadata)) return undefined;
  return metadataEdits(file.text, root, place, metadata, options)[0];
}

/** Whether the metadata has whole lines, all but the first indented, and nothing but plain entries in them: no comment, no anchor. */
function hasLines(text: string, { start, end }: Span): boolean {
  const before = text.slice(Math.max(0, start - 1), start);
  const lines = text.slice(start, end);
  const areWhole = /^[\n\r\ufeff]?$/.test(before) && lines.endsWith('\n') && text[end] !== ' ';
  return areWhole && /^sops:\r?\n/.test(lines) && !/[&#]|[\n\r][^ \n\r]/.test(lines);
}

/** SOPS puts the same metadata into every document; here the first has the layout alone. */
function strayDocument(text: string, [first, ...others]: readonly YamlDocument[]): number | undefined {
  const textOf = (one: YamlDocument | undefined): string => {
    const place = one?.place.metadata;
    return place ? text.slice(place.start, place.end) : '';
  };
  const known = new Set([textOf(first)]);
  const at = others.findIndex((other) => {
    const written = textOf(other);
    if (known.has(written)) return false;
    known.add(written);
    return !sameMetadata(first?.metadata, other.metadata);
  });
  return at < 0 ? undefined : at + 2;
}

/** In braces the same metadata has other words. */
function sameMetadata(one: Value | undefined, other: Value | undefined): boolean {
  return one?.kind === 'branch' && other?.kind === 'branch' && sameTree([metadataAt(one, 1)], [metadataAt(other, 1)]);
}

/** Where the first document has no metadata, an entry `sops` of a later one is data like any other. */
function keepLaterEntries(documents: readonly YamlDocument[]): void {
  for (const { root, metadata } of documents) if (metadata) root.items.push(item(METADATA_KEY, metadata));
}

/** See `FormatStore.emit`. */
export function printYaml(documents: readonly Branch[], metadata: Branch | null, options?: EmitOptions): string {
  if (metadata) checkReserved(documents);
  // Comments in lists as lines: as the string items that SOPS writes, 3.13.2 counts them in the MAC (docs/format.md#d1-comments-in-lists).
  return emitYaml(documents, metadata, { ...options, listComments: 'lines' });
}

/** Refuses documents with an entry where the metadata is to stand: it would be lost. */
function checkReserved(documents: readonly Branch[]): void {
  for (const { items } of documents) {
    if (!items.some((entry) => entry.kind === 'item' && entry.key === METADATA_KEY)) continue;
    throw new SopsError(
      'output-format',
      'a document has an entry called "sops" at its top, the place of the metadata',
      {
        hint: 'Rename the entry.',
      },
    );
  }
}

/**
 * Whether metadata can stand in a document as SOPS prints it, which is how other programs know the file: in lines of its own that
 * begin in the first column. In braces it could not (what is not quoted there ends at a comma), nor below indented keys.
 */
function takesBlock({ flow, column }: DocumentPlace): boolean {
  return !flow && column === 0;
}

/** The whole text as SOPS prints it, where the author's cannot hold the metadata; the layout brings that back. */
function printedAnew({ text, documents }: YamlText, metadata: Branch, options: EmitOptions): Edit {
  const mark = text.startsWith('\ufeff') ? '\ufeff' : '';
  const printed = printYaml(documents, metadata, options).replaceAll('\n', lineBreakOf(text));
  return { start: 0, end: text.length, text: mark + printed };
}

function lineBreakOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? '\n';
}

/** Whether metadata is put after a last line that has no end. */
function continues(text: string, places: readonly DocumentPlace[]): boolean {
  const last = places.at(-1);
  return !last?.flow && !last?.metadata && !/[\n\r]$/.test(text.slice(-1));
}

/** The edits that put, replace or remove a document's `sops` branch. */
function metadataEdits(
  text: string,
  root: Branch,
  place: DocumentPlace,
  metadata: Branch | null,
  options: EmitOptions,
): Edit[] {
  if (place.flow) return flowMetadataEdits(text, root, place, metadata);
  const hasItems = root.items.some((entry) => entry.kind === 'item');
  const lineBreak = lineBreakOf(text);
  const block = metadata ? blockText(metadata, place.column, lineBreak, options) : hasItems ? '' : `{}${lineBreak}`;
  if (place.metadata) return [{ start: place.metadata.start, end: place.metadata.end, text: block }];
  if (!metadata) return [];
  const onNewLine = place.end === 0 || /[\n\r]$/.test(text.slice(Math.max(0, place.end - 1), place.end));
  const edits: Edit[] = [{ start: place.end, end: place.end, text: onNewLine ? block : lineBreak + block }];
  if (place.nullRoot) {
    // Blanks after it go too: a tab could not stand alone where the metadata's key is to begin.
    const blanks = /^[ \t]*/.exec(text.slice(place.nullRoot.end, place.nullRoot.end + 1024))?.[0].length ?? 0;
    edits.unshift({ start: place.nullRoot.start, end: place.nullRoot.end + blanks, text: '' });
  }
  return edits;
}

function blockText(metadata: Branch, column: number, lineBreak: string, options: EmitOptions): string {
  const lines = emitYaml([branch([item('sops', metadata)])], null, options).split('\n');
  const indent = ' '.repeat(column);
  return lines.map((line) => (line === '' ? '' : indent + line)).join(lineBreak);
}

function flowMetadataEdits(text: string, root: Branch, place: DocumentPlace, metadata: Branch | null): Edit[] {
  const { flow } = place;
  if (!flow || (!metadata && !place.metadata)) return [];
  const entry = metadata ? `sops: ${emitFlow(metadata)}` : '';
  if (place.metadata) {
    const { start, end, prefix, suffix } = place.metadata;
    return [{ start, end, text: metadata ? prefix + entry + suffix : '' }];
  }
  const last = root.items.findLast((one) => one.kind === 'item');
  const comma = flow.comma ? commaBehind(text, flow.at, last) : '';
  return [{ start: flow.at, end: flow.at, text: `${comma}${entry}` }];
}
