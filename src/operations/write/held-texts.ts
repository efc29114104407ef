/** Texts that a format of nothing but texts has no way to write: dotenv takes a backslash with an n behind it for a line break. */
import { SopsError } from '../../errors.js';
import { holdsTextsAlone } from '../../formats/registry.js';
import type { FormatStore } from '../../formats/store.js';
import { sameButComments } from '../../tree/equality.js';
import { leaves } from '../../tree/leaves.js';
import type { TreePath } from '../../tree/path.js';
import type { Branch } from '../../tree/tree.js';
import { encodeText } from '../../util/text/text.js';
import { valuePathText } from '../read/value-path.js';

/** Throws `output-format` where a plaintext that was printed from documents does not have their texts. Only formats of texts are looked at. */
export function checkHoldsTexts(store: FormatStore, printed: string, documents: readonly Branch[]): void {
  const { others } = readAgain(store, printed, documents);
  if (others[0]) throw notHeld(store, others[0]);
}

/**
 * The same where the ciphertext is to have the texts, whatever the plaintext is read as, which is SOPS's way: what is to be told of that.
 * Throws only where the plaintext has other keys, so that the texts would have no place.
 */
export function noteHeldTexts(store: FormatStore, printed: string, documents: readonly Branch[]): string[] {
  const { found, others } = readAgain(store, printed, documents);
  if (others[0] && !sameKeys(found, documents)) throw notHeld(store, others[0]);
  return others.map(
    (path) =>
      `${valuePathText(path)} is kept as it is, but ${store.name} reads it differently in the text that decrypt prints: get, --extract and exec-env give the value itself`,
  );
}

function notHeld({ name }: FormatStore, path: TreePath): SopsError {
  return new SopsError('output-format', `${valuePathText(path)} is a text that ${name} would read differently`, {
    path: path.map(String),
    hint: String.raw`In dotenv a backslash with an n behind it (\n) is a line break. Choose another format, or another text such as base64.`,
  });
}

/** What a plaintext of a format of texts is read as, and where texts of the documents are others in it; nothing for other formats. */
function readAgain(
  store: FormatStore,
  printed: string,
  documents: readonly Branch[],
): { readonly found: readonly Branch[]; readonly others: readonly TreePath[] } {
  if (!holdsTextsAlone(store.name)) return { found: [], others: [] };
  const found = (store.parsePlain ?? store.parse)(encodeText(printed)).documents;
  // The same as nearly always, and a table of a large file is larger than the file.
  return { found, others: sameButComments(found, documents) ? [] : textsReadOtherwise(found, documents) };
}

/** Where texts of the documents are others in what was read. */
function textsReadOtherwise(found: readonly Branch[], documents: readonly Branch[]): TreePath[] {
  const read = textsIn(found);
  const others: TreePath[] = [];
  for (const [place, { text, path }] of textsIn(documents)) if (read.get(place)?.text !== text) others.push(path);
  return others;
}

/** Whether two trees have the same leaves but for their values. */
export function sameKeys(one: readonly Branch[], other: readonly Branch[]): boolean {
  const others = leaves(other);
  for (const { pathText } of leaves(one)) if (others.next().value?.pathText !== pathText) return false;
  return others.next().done === true;
}

interface Text {
  readonly text: string;
  readonly path: TreePath;
}

function textsIn(documents: readonly Branch[]): ReadonlyMap<string, Text> {
  const texts = new Map<string, Text>();
  for (const { node, treePath } of leaves(documents))
    if (typeof node.value === 'string') texts.set(JSON.stringify(treePath), { text: node.value, path: [...treePath] });
  return texts;
}
