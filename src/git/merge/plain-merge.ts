/** The text of a merged tree: that of the sides where it says so, else one of them with the rest spliced in. */

import { SopsError } from '../../errors.js';
import {
  applyEdits,
  type EmitOptions,
  type FormatStore,
  type PlainParser,
  type SourceFile,
} from '../../formats/store.js';
import type { Branch } from '../../tree/tree.js';
import { encodeText } from '../../util/text/text.js';
import { agrees } from './agreement.js';
import type { Side } from './merge-contract.js';
import { reshape } from './reshape.js';
import { type MergeableText, mergeText } from './text-merge.js';
import type { PlainSide } from './text-pieces.js';

/** How a text came about: merged from the texts of the sides, spliced into one of them, or printed anew. */
export type TextOrigin = 'merged' | 'spliced' | 'printed';

export interface TextMerge {
  readonly text: string;
  readonly origin: TextOrigin;
}

export interface WantedText {
  readonly store: FormatStore;
  /** The texts of the sides; null when there is no base. */
  readonly texts: MergeableText | null;
  /** The text that the rest is spliced into where the texts of the sides cannot be merged. */
  readonly host: PlainSide;
  /** Reads it so that entries may come and go ({@link hostParser}). */
  readonly parseHost: PlainParser;
  /** What the text is to say. */
  readonly documents: readonly Branch[];
  /** Whose text stands where both changed the same. */
  readonly favoured: Side;
  readonly options?: EmitOptions;
}

/** A text that reads as the wanted documents. Throws `output-format` for what the format cannot say. */
export function textFor(wanted: WantedText): TextMerge {
  const { store, texts, documents, favoured, options } = wanted;
  const merged = texts && mergeText(texts, favoured);
  if (merged !== null && readsAs(store, merged, documents)) return { text: merged, origin: 'merged' };
  const spliced = splicedText(wanted);
  if (spliced !== undefined && readsAs(store, spliced, documents)) return { text: spliced, origin: 'spliced' };
  // An order of keys that the host's text cannot have is worth less than the text.
  if (spliced !== undefined && readsAs(store, spliced, documents, 'loose')) return { text: spliced, origin: 'spliced' };
  const printed = store.emit(documents, null, options);
  if (readsAs(store, printed, documents)) return { text: printed, origin: 'printed' };
  throw new SopsError('output-format', `the merged ${store.name} document cannot be read back from its text`);
}

/** The host's text with the difference to the wanted documents spliced in; undefined when that cannot be done. */
function splicedText({ parseHost, host, documents, options }: WantedText): string | undefined {
  try {
    const file = parseHost(encodeText(host.text));
    if (file.documents.length !== documents.length) return undefined;
    reshape(file.documents, documents);
    return applyEdits(file.text, file.edits(null, options));
  } catch (error) {
    if (error instanceof SopsError) return undefined;
    throw error;
  }
}

/** Whether a text is one of a format, and says what documents hold. */
export function readsAs(
  store: FormatStore,
  text: string,
  documents: readonly Branch[],
  order: 'exact' | 'loose' = 'exact',
): boolean {
  const read = readMerged(store, text);
  return read !== undefined && agrees(read.documents, documents, order);
}

/** A plaintext as its store reads it; undefined for none. */
export function readMerged(store: FormatStore, text: string): SourceFile | undefined {
  try {
    const file = readerOf(store)(encodeText(text));
    return file.metadata ? undefined : file;
  } catch (error) {
    if (error instanceof SopsError) return undefined;
    throw error;
  }
}

/** What reads the text that others are spliced into. */
export async function hostParser(store: FormatStore): Promise<PlainParser> {
  return (await store.loadEditor?.()) ?? readerOf(store);
}

function readerOf(store: FormatStore): PlainParser {
  return store.parsePlain ?? store.parse;
}
