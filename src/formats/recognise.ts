/** Telling what a file is that may be encrypted: by its name and by what it holds, in one way for every command. */
import { SopsError } from '../errors.js';
import { decodeText } from '../util/text/text.js';
import { FORMATS, type FormatRow, formatNamed } from './registry.js';
import { shapeOfSealed } from './sealed-shape.js';
import type { FormatStore, SourceFile } from './store.js';
import { utf16Of } from './utf16.js';

/** A file as it was read; without metadata it is plaintext. */
export interface RecognisedFile {
  readonly store: FormatStore;
  readonly file: SourceFile;
}

/** Every encrypted file holds both, whatever its format. */
const MARKS = ['sops', 'ENC[AES256_GCM,'];
/** The same as UTF-16 holds them, in either order of its bytes: what stands first in one order stands last in the other. */
const WIDE_MARKS = MARKS.map((mark) => [...mark].join('\0'));

/** Whether bytes hold what every encrypted file holds, and what texts about such files hold as well. */
export function holdsMarks(bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return [MARKS, WIDE_MARKS].some((marks) => marks.every((mark) => buffer.includes(mark)));
}

/** From the narrowest: the container of any bytes is JSON as well, and JSON is YAML as well. */
const TRIED: readonly FormatRow[] = FORMATS.toSorted((one, other) => one.turn - other.turn);

/**
 * Reads a file in the format of its name if it has metadata there, else in the one where it has. Throws, where it has them
 * nowhere, what parsing in the format of the name throws; and what another format says of a file that was surely
 * encrypted but is broken: whether it is encrypted cannot be told then.
 */
export function recognise(bytes: Uint8Array, byName: FormatRow): Promise<RecognisedFile> {
  return firstWithMetadata(bytes, byName, TRIED);
}

/** Reads a file in one format and no other. To SOPS any JSON tree is a binary file as well, and so it is here. */
export function readAs(bytes: Uint8Array, row: FormatRow): Promise<RecognisedFile> {
  return firstWithMetadata(bytes, row, row.container ? [formatNamed(row.container)] : []);
}

async function firstWithMetadata(
  bytes: Uint8Array,
  row: FormatRow,
  tried: readonly FormatRow[],
): Promise<RecognisedFile> {
  const marked = tried.length > 0 ? await readMarked(bytes, row) : undefined;
  if (marked) return marked;
  const first = await attempt(bytes, row);
  if (!(first instanceof SopsError) && first.file.metadata) return first;
  const failures = new Map<string, SopsError>();
  if (tried.length > 0 && holdsMarks(bytes)) {
    for (const other of tried) {
      if (other === row || (other.contains && opensMap(bytes))) continue;
      const found = await attempt(bytes, other);
      if (found instanceof SopsError) failures.set(other.name, found);
      else if (found.file.metadata) return found;
    }
  }
  if (first instanceof SopsError) throw first;
  const broken = failures.size > 0 ? failures.get(shapeOfSealed(textOf(bytes)) ?? '') : undefined;
  if (broken) throw broken;
  return first;
}

/** Reads a file in the format whose marker it holds, if it has metadata there, though it can be read in that of its name. */
async function readMarked(bytes: Uint8Array, row: FormatRow): Promise<RecognisedFile | undefined> {
  const rows = FORMATS.filter(({ alsoReadBy }) => alsoReadBy?.includes(row.name));
  if (rows.length === 0 || !holdsMarks(bytes)) return undefined;
  const text = textOf(bytes);
  for (const one of rows) {
    if (!one.marker?.test(text)) continue;
    const found = await attempt(bytes, one);
    if (!(found instanceof SopsError) && found.file.metadata) return found;
  }
  return undefined;
}

async function attempt(bytes: Uint8Array, row: FormatRow): Promise<RecognisedFile | SopsError> {
  const store = await row.load();
  try {
    return { store, file: store.parse(bytes) };
  } catch (error) {
    if (error instanceof SopsError) return error;
    throw error;
  }
}

/** Broken JSON is not YAML, even where a reader of YAML would take it: what it printed would be neither. */
export function opensMap(bytes: Uint8Array): boolean {
  return /^\ufeff?\s*\{/.test(textOf(bytes.subarray(0, 1024)));
}

function textOf(bytes: Uint8Array): string {
  return utf16Of(bytes)?.decode(bytes) ?? decodeText(bytes);
}
