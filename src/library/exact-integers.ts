/** Integers of more than 64 bits: files hold them as floats, as SOPS seals them, and nothing but the author's text has all of their digits. */
import { encodedBytes } from '../formats/store.js';
import { type OpenedFile, plainText } from '../operations/read/open-file.js';
import { leaves } from '../tree/leaves.js';
import { rebuilt } from '../tree/rebuild.js';
import { type Branch, type Leaf, leaf, type Value } from '../tree/tree.js';

/** The same values; of floats that stand in a text as other integers than they are, those. `read` is what was read from the text, leaf by leaf. */
export function exactIn<V extends Value>(values: readonly V[], read: readonly Value[], text: string): readonly V[] {
  if (!hasWideFloat(values)) return values;
  const exact = Array.from(leaves(read), ({ node }) => digitsOf(node, text));
  if (exact.every((digits) => digits === undefined)) return values;
  let at = 0;
  const inTurn = (node: Leaf): Leaf => {
    const digits = exact[at++];
    return digits === undefined ? node : leaf(digits);
  };
  return values.map((value) => rebuilt(value, { leaf: inTurn }) as V);
}

/** The documents of a file that was opened to be read. */
export function exactDocuments(opened: OpenedFile): readonly Branch[] {
  const { file, store } = opened;
  if (!hasWideFloat(file.documents)) return file.documents;
  const text = plainText(opened);
  const read = (store.parsePlain ?? store.parse)(encodedBytes(file, text));
  return exactIn(file.documents, read.documents, text);
}

function hasWideFloat(values: readonly Value[]): boolean {
  for (const { node } of leaves(values)) if (isWideFloat(node.value)) return true;
  return false;
}

function isWideFloat(value: unknown): value is number {
  return Number.isInteger(value) && !Number.isSafeInteger(value);
}

function digitsOf({ value, source }: Leaf, text: string): bigint | undefined {
  if (!isWideFloat(value) || source?.value !== value) return undefined;
  const written = text.slice(source.start, source.end);
  if (!/^[-+]?\d+$/.test(written) || written === String(value)) return undefined;
  const digits = BigInt(written.replace(/^\+/, ''));
  return digits === BigInt(value) ? undefined : digits;
}
