/** The seam of the formats: what a store must do, and what it hands out. */
import type { Branch, Comment, KeyPath, Leaf, Value } from '../tree/tree.js';
import { encodeText } from '../util/text/text.js';

/** One replacement in a text: [start, end) in UTF-16 units gives way to `text`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A file as a store read it. The branches are live: changing `leaf.value` or `comment.text` is how a caller edits. */
export interface SourceFile {
  /** The whole text, byte order mark included (`util/text/text.ts` gives the bytes back). */
  readonly text: string;
  /** One branch per document, without the `sops` branch; every format but YAML has exactly one. */
  readonly documents: Branch[];
  /** The `sops` branch of the first document, nested (flat formats are unflattened), or null when there is none. */
  readonly metadata: Branch | null;
  /**
   * The number of the first document, from 2, whose `sops` branch is another than the first one's, or absent: it was encrypted by
   * itself, or not at all, and was put there by hand. Absent when there is none.
   */
  readonly strayDocument?: number | undefined;
  /** Where text begins that is not part of any document, e.g. after the object of a JSON file: no reader tells of it. Absent when there is none. */
  readonly strayText?: number | undefined;
  /** The bytes of a text in the file's own encoding; absent for UTF-8. */
  encode?(text: string): Uint8Array;
  /**
   * The line ends that a checkout gave the file, in a format where they would belong to its values: `text` has line feeds, and
   * what is written gets these again. Absent where the line ends stand in `text` as they are.
   */
  readonly lineEnd?: '\r\n' | undefined;

  /**
   * The replacements that bring the text up to date with the branches: one for every leaf
   * and comment whose value differs from its source, and those for the metadata: `metadata` replaces, adds
   * or (null) removes the `sops` branch in the format's own place, where it stands as SOPS prints it, in the file's line ends:
   * other programs know encrypted files by that. Sorted, not overlapping. Leaves keep their style
   * where the new value allows it (docs/format.md#keeping-the-text), otherwise they are written as SOPS writes them.
   * `options` hold for what is written anew, not for the text that stays.
   * Throws `output-format` when a value cannot be expressed.
   */
  edits(metadata: Branch | null, options?: EmitOptions): Edit[];

  /**
   * The replacement that gives an encrypted text other metadata and leaves the tree alone: lines that are, read by themselves, a
   * document of that metadata with nothing in it, so that they alone need be read again. Other documents keep theirs.
   * Undefined where the metadata of this text has no lines for itself, or something else may refer to it; absent where it never has, or
   * that is not worth the knowing.
   */
  metadataEdit?(metadata: Branch, options?: EmitOptions): Edit | undefined;

  /** The values of a plaintext that are not what people mean. Absent where the format has no such traps. */
  surprises?(): Surprise[];
}

/** A file that holds nothing: for what is not there yet, or has no bytes. */
export function emptyFile(documents: Branch[] = []): SourceFile {
  return { text: '', documents, metadata: null, edits: () => [] };
}

/**
 * Frees the text and the tree of a file that others may still hold, such as functions waiting for what comes of it: those of a large file
 * fill much memory. Whoever asks for them afterwards gets an error.
 */
export function letGo(file: SourceFile): void {
  for (const name of ['text', 'documents', 'edits', 'metadataEdit', 'surprises']) {
    Object.defineProperty(file, name, {
      configurable: true,
      get() {
        throw new TypeError(`the ${name} of a file that was let go of`);
      },
    });
  }
}

export interface EmitOptions {
  /** Indentation as `--indent` gives it; undefined for SOPS's default of the format. */
  readonly indent?: number | undefined;
  /** Of `edits`: whether the text around the metadata stays where that would be printed otherwise; for people to look at only. */
  readonly textStays?: boolean | undefined;
  /** Whether the text is to be read again, so that what is a float must not be printed as an integer, as SOPS does; not for ciphertext. */
  readonly keepsFloats?: boolean | undefined;
  /** Whether new texts of several lines stand in quotes, which fits in where blocks of lines do not. */
  readonly quotesLines?: boolean | undefined;
}

/** A value that SOPS, and so this store, reads differently from what people mean or other programs read it. */
export interface Surprise {
  /** Keys only, as the format writes them. */
  readonly path: KeyPath;
  readonly leaf: Leaf;
  /** What is made of it, in a few words without anything of the value. */
  readonly reading: string;
  /** Where the rest of the value went: into a comment, or into names of keys, which are never encrypted. */
  readonly rest?: Comment | 'keys';
}

/** Reads the bytes of a plaintext; throws as `FormatStore.parse`. */
export type PlainParser = (bytes: Uint8Array) => SourceFile;

/**
 * A format. Stateless; one instance serves all files of a run. Every method is synchronous, in linear time,
 * and throws only SopsError; no message of it contains a value of the document.
 */
export interface FormatStore {
  /** The name of its row. */
  readonly name: string;

  /** What a new file holds before it is edited for the first time: SOPS's own examples where SOPS has one (docs/command-line.md#edit). */
  readonly example: string;

  /** What begins a comment for people on top of a file that is edited; it is taken out again, so the format need not have comments. */
  readonly noticeMark: string;

  /** The styles of scalars on lines of their own that ciphertext keeps when its value changes. Absent where there is one way to write it. */
  readonly lineStyles?: ReadonlySet<string>;

  /** The key under which the tree has the content, in a format of one text without keys (binary). Absent where files have keys of their own. */
  readonly contentKey?: string;

  /** The key of a map that every document has, even where nothing was written in it. Absent where there is none. */
  readonly ownMap?: string;

  /** Whether empty strings are encrypted, too. Absent for no: SOPS leaves them, and does not read their ciphertext. */
  readonly sealsEmpty?: boolean;

  /**
   * Reads a file. Throws `document-invalid` for text that is not of the format (with line and column),
   * `empty-file` (YAML of zero bytes), `leaf-not-encryptable` for keys and integers outside the model
   * (`leaf-not-decryptable` where there is metadata),
   * `metadata-invalid` for a `sops` entry that is not a map.
   */
  parse(bytes: Uint8Array): SourceFile;

  /**
   * Reads plaintext. Only for formats whose ciphertext is of another shape (binary: JSON around any bytes); where it is
   * absent, `parse` reads both. `encrypt` calls it first when it is there, so that any bytes can be encrypted.
   */
  parsePlain?(bytes: Uint8Array): SourceFile;

  /**
   * Loads what reads plaintext as `parse` does, in such a way that its `edits` follow when entries come, go or are replaced by values of
   * another kind, too. Absent where all that the format reads is so.
   */
  loadEditor?(): Promise<PlainParser>;

  /**
   * The canonical text, as SOPS prints the tree. `metadata` null prints plaintext.
   * Throws `output-format` when the tree cannot be expressed.
   */
  emit(documents: readonly Branch[], metadata: Branch | null, options?: EmitOptions): string;

  /**
   * The variables of a plaintext, as programs read them that load files of this format into their environment. Absent for formats
   * that nobody loads so.
   */
  environment?(text: string): ReadonlyMap<string, string>;

  /**
   * The text of a list or of a scalar that is not a string, as `--extract` prints it with its line end, if it has one
   * (docs/format.md#parts-and-conversions). Absent where the format has no such text. Throws as `emit` does.
   */
  emitValue?(value: Value): string;
}

/**
 * The text after some edits. They must be sorted and must not overlap: else throws RangeError, since what came out
 * would be neither text.
 */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  return [...pagesOf(text, edits)].join('');
}

/** The bytes of a file's text after some edits, in its own encoding. Throws as {@link applyEdits} does. */
export function editedBytes(file: SourceFile, edits: readonly Edit[]): Uint8Array {
  // One buffer, of the right size for ASCII: joining pages in the end would take the memory twice.
  let bytes = Buffer.allocUnsafe(
    edits.reduce((size, { start, end, text }) => size + text.length - end + start, file.text.length),
  );
  let size = 0;
  for (const page of pagesOf(file.text, edits)) {
    // What is not UTF-8 may have been cut into pages at a place where it must not be.
    if (file.encode || file.lineEnd || !page.isWellFormed()) return bytesOf(file, applyEdits(file.text, edits));
    const needed = size + Buffer.byteLength(page);
    if (needed > bytes.length) bytes = Buffer.concat([bytes.subarray(0, size)], Math.max(needed, bytes.length * 2));
    size += bytes.write(page, size);
  }
  return bytes.subarray(0, size);
}

/** Parts of a page: few enough to be joined and freed before the garbage collector takes them for old. */
const PAGE_PARTS = 4096;

/** The text after some edits, page by page. */
function* pagesOf(text: string, edits: readonly Edit[]): Generator<string> {
  let parts: string[] = [];
  let at = 0;
  for (let index = 0; index < edits.length; index++) {
    const edit = edits[index] as Edit;
    if (edit.start < at) throw new RangeError('edits overlap');
    parts.push(text.slice(at, edit.start), edit.text);
    at = edit.end;
    if (parts.length < PAGE_PARTS) continue;
    yield parts.join('');
    parts = [];
  }
  parts.push(text.slice(at));
  yield parts.join('');
}

/**
 * The bytes of a text made from a file: in the file's own line ends, and in its own encoding if the text kept its byte order
 * mark, else UTF-8.
 */
export function bytesOf(file: SourceFile, text: string): Uint8Array {
  return encodedBytes(file, file.lineEnd ? text.replaceAll(/\r?\n/g, file.lineEnd) : text);
}

/** The same in the text's line ends, as it is to be read again. */
export function encodedBytes(file: SourceFile, text: string): Uint8Array {
  return file.encode && text.startsWith('\ufeff') ? file.encode(text) : encodeText(text);
}
