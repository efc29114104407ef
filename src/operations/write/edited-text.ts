/** The plaintext of an open file as a tree that entries can be put into and taken out of, and the text with those changes alone. */

import { formatNamed } from '../../formats/registry.js';
import { applyEdits, type EmitOptions, encodedBytes, type FormatStore, type SourceFile } from '../../formats/store.js';
import { sameButComments } from '../../tree/equality.js';
import { type Branch, branch } from '../../tree/tree.js';
import { append } from '../../util/lists.js';
import type { OpenedFile } from '../read/open-file.js';
import { checkHoldsTexts, noteHeldTexts } from './held-texts.js';
import { reservedKey } from './seal-text.js';

/** A plaintext that is being changed. */
export interface EditedText {
  /** Its first document, live. */
  readonly document: Branch;
  /** All documents. */
  readonly documents: readonly Branch[];
  /**
   * The text with what was changed in it, and nothing else. What cannot be put into it is printed anew. Throws `already-encrypted`, and
   * what `check` throws, by default for texts that the format would read differently.
   */
  text(check?: TextCheck): string;
}

/** Looks at the text of some documents. */
export type TextCheck = (store: FormatStore, printed: string, documents: readonly Branch[]) => void;

export interface ChangedText {
  readonly text: string;
  readonly changed: boolean;
}

/** Reads a plaintext of an open file to change it. */
export async function editText(opened: OpenedFile, before: string, indent: number | undefined): Promise<EditedText> {
  const { store } = opened;
  const parse = (await store.loadEditor?.()) ?? store.parsePlain ?? store.parse;
  const file = parse(encodedBytes(opened.file, before));
  if (file.documents.length === 0) file.documents.push(branch());
  const document = file.documents[0] ?? branch();
  return {
    document,
    documents: file.documents,
    text(check = checkHoldsTexts) {
      checkReserved(document, store.name);
      const options = { indent, keepsFloats: true };
      for (const quotesLines of [false, true]) {
        const spliced = applyEdits(before, file.edits(null, { ...options, quotesLines }));
        for (const text of withEnd(spliced)) {
          const fit = fitOf(opened, text, file, options);
          if (fit !== undefined) return fit === 'same' ? text : holding(check, store, text, file.documents);
        }
      }
      opened.warnings.push('the change does not fit into the layout of this file, so the file is printed anew');
      return holding(check, store, store.emit(file.documents, null, options), file.documents);
    },
  };
}

/** A text that was printed, once it was looked at. Throws as `check` does. */
function holding(check: TextCheck, store: FormatStore, printed: string, documents: readonly Branch[]): string {
  check(store, printed, documents);
  return printed;
}

/**
 * The plaintext with a change in it; `change` returns whether the first document is another one now. A text that the format would read
 * differently is told of, in the file's warnings: whoever seals it must do so with the value itself.
 */
export async function changedText(
  opened: OpenedFile,
  before: string,
  change: (document: Branch) => boolean,
  indent: number | undefined,
): Promise<ChangedText> {
  const edited = await editText(opened, before, indent);
  const changed = change(edited.document);
  checkReserved(edited.document, opened.store.name);
  if (!changed) return { text: before, changed };
  const text = edited.text((store, printed, documents) => {
    append(opened.warnings, noteHeldTexts(store, printed, documents));
  });
  return { text, changed };
}

/** A text, and the same with the line break at its end that a new block scalar there needs, if it has none. */
function withEnd(text: string): string[] {
  return /[\r\n]$/.test(text) ? [text] : [text, text + (/\r?\n/.exec(text)?.[0] ?? '\n')];
}

/**
 * How a text reads as a tree, comments aside: as the `same`, or for formats where all values are texts, as that tree does when it is
 * `printed` anew; undefined when as another one. Empty maps and lists count, and which entries one map or list holds: neither adds anything to
 * the MAC, so nobody would see later that they are others.
 */
function fitOf(
  { store, file }: OpenedFile,
  text: string,
  wanted: SourceFile,
  options: EmitOptions,
): 'same' | 'printed' | undefined {
  const read = (given: string): readonly Branch[] => {
    const { documents } = (store.parsePlain ?? store.parse)(encodedBytes(file, given));
    return documents.length === 0 ? [branch()] : documents;
  };
  try {
    const found = read(text);
    if (sameButComments(found, wanted.documents)) return 'same';
    if (store.loadEditor) return undefined;
    // An order of keys that the text cannot have (TOML) is worth less than the text.
    if (sameButComments(found, wanted.documents, 'loose')) return 'same';
    const printed = read(store.emit(wanted.documents, null, options));
    return sameButComments(found, printed, 'loose') ? 'printed' : undefined;
  } catch {
    return undefined;
  }
}

function checkReserved(document: Branch, format: string): void {
  const { reservedKeys } = formatNamed(format);
  for (const entry of document.items) {
    if (entry.kind !== 'item') continue;
    if (reservedKeys.test(entry.key)) throw reservedKey();
  }
}
