/** What the tests of the format stores share: a stand-in for the cipher, and the vectors made by SOPS. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { restoreLayout } from '../../../src/formats/layout.js';
import { layoutOf, placesOf } from '../../../src/formats/layout-diff.js';
import { applyEdits, type FormatStore, type SourceFile } from '../../../src/formats/store.js';
import { sameTree } from '../../../src/tree/equality.js';
import { type Branch, branch, type Comment, item, type Leaf, leaf, list } from '../../../src/tree/tree.js';
import { encodeText } from '../../../src/util/text/text.js';

const VECTORS = new URL('../../../fixtures/vectors/', import.meta.url);

/** Metadata with all shapes that occur: list, map, text of several lines, integer, boolean. */
export const METADATA: Branch = branch([
  item('age', list([branch([item('enc', leaf('-----BEGIN\nabc=\n-----END\n')), item('recipient', leaf('age1x'))])])),
  item('lastmodified', leaf('2026-01-02T03:04:05Z')),
  item('mac', leaf('ENC[AES256_GCM,data:bWFj,iv:aXY=,tag:dGFn,type:str]')),
  item('mac_only_encrypted', leaf(true)),
  item('shamir_threshold', leaf(2n)),
  item('version', leaf('3.13.2')),
]);

/** Leaves and comments of a tree, in order. */
export function nodesOf(documents: readonly Branch[]): (Leaf | Comment)[] {
  const nodes: (Leaf | Comment)[] = [];
  const pending: unknown[] = [...documents].reverse();
  for (let node = pending.pop() as Branch | Leaf | Comment | undefined; node; node = pending.pop() as typeof node) {
    if (node.kind === 'leaf' || node.kind === 'comment') nodes.push(node);
    else for (const entry of [...node.items].reverse()) pending.push('value' in entry ? wrap(entry) : entry);
  }
  return nodes;
}

function wrap(entry: { kind: string; value: unknown }): unknown {
  return entry.kind === 'item' ? entry.value : entry;
}

/** Puts texts that look like ciphertext in the place of everything that is not empty; returns what stood there. */
export function seal(documents: readonly Branch[]): unknown[] {
  return nodesOf(documents).map((node, index) => {
    const text = `ENC[AES256_GCM,data:${Buffer.from(String(index)).toString('base64')},iv:aXY=,tag:dGFn,type:str]`;
    if (node.kind === 'comment') {
      const before = node.text;
      if (before !== '') node.text = text;
      return before;
    }
    const before = node.value;
    if (before !== '' && before !== null) node.value = text;
    return before;
  });
}

/** The way back from {@link seal}. */
export function unseal(documents: readonly Branch[], values: readonly unknown[]): void {
  for (const [index, node] of nodesOf(documents).entries()) {
    if (node.kind === 'comment') node.text = values[index] as string;
    else node.value = values[index] as Leaf['value'];
  }
}

/** What became of a text that was encrypted and decrypted. */
export interface RoundTrip {
  readonly cipher: string;
  /** What decrypting prints by itself. */
  readonly plain: string;
  /** The same after the layout was applied. */
  readonly restored: string | undefined;
  /** Whether the ciphertext read back as the tree that was encrypted. */
  readonly isSameTree: boolean;
}

/** Encrypts and decrypts a text with the stand-in for the cipher. */
export function roundTrip(store: FormatStore, text: string | Uint8Array, metadata = METADATA): RoundTrip {
  const file = read(store, text);
  const values = seal(file.documents);
  const toCipher = file.edits(metadata);
  const cipher = applyEdits(file.text, toCipher);
  const again = store.parse(encodeText(cipher));
  const isSameTree = sameTree(again.documents, file.documents) && again.metadata !== null;
  unseal(again.documents, values);
  const toPlain = again.edits(null);
  const plain = applyEdits(cipher, toPlain);
  const layout = layoutOf(file.text, placesOf(toCipher), cipher, toPlain, plain);
  return { cipher, plain, restored: layout ? restoreLayout(plain, layout) : plain, isSameTree };
}

/** Reads plaintext as `encrypt` does. */
export function read(store: FormatStore, text: string | Uint8Array): SourceFile {
  const bytes = typeof text === 'string' ? encodeText(text) : text;
  return store.parsePlain ? store.parsePlain(bytes) : store.parse(bytes);
}

/** The text of a file after its edits. */
export function rendered(file: SourceFile, metadata: Branch | null = file.metadata): string {
  return applyEdits(file.text, file.edits(metadata));
}

/** A vector of the reference: texts by name, e.g. `input`, as far as they are of the format. */
export interface Vector {
  readonly name: string;
  readonly input: Uint8Array;
  readonly encrypted: Uint8Array;
  readonly decrypted: Uint8Array;
}

/** The vectors whose three files end in `ending` and which the reference could decrypt. */
export function vectorsOf(ending: string): Vector[] {
  return readdirSync(VECTORS)
    .filter((name) => ['input', 'encrypted', 'decrypted'].every((file) => existsSync(pathOf(name, file, ending))))
    .filter((name) => !existsSync(new URL(`${name}/expect.json`, VECTORS)))
    .map((name) => {
      const bytesOf = (file: string) => readFileSync(pathOf(name, file, ending));
      return { name, input: bytesOf('input'), encrypted: bytesOf('encrypted'), decrypted: bytesOf('decrypted') };
    });
}

function pathOf(name: string, file: string, ending: string): URL {
  return new URL(`${name}/${file}${ending}`, VECTORS);
}
