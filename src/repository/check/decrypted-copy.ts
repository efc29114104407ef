/** A new plain file that is an encrypted one decrypted: known without a key, by the names of its values and how long each of them is. */
import { posix } from 'node:path';
import { HEAD, parseEncryptedValue } from '../../cipher/encrypted-value.js';
import { formatMeantUnder } from '../../config/name-formats.js';
import { SopsError } from '../../errors.js';
import { readBlobs } from '../../exec/git/blobs.js';
import { fieldsOf } from '../../exec/git/places.js';
import { tryGit } from '../../exec/git/run-git.js';
import { leaves } from '../../tree/leaves.js';
import type { Branch, LeafValue } from '../../tree/tree.js';
import { textOf } from '../../tree/value.js';
import { oneLine } from '../../util/text/one-line.js';
import { parsedIfEncrypted } from './before-commit.js';
import type { Discovery } from './check-finding.js';
import { mayHoldCiphertext } from './examine-file.js';
import { type ExaminedFile, shellWord } from './examined-file.js';
import type { GitPlace, HeldFile } from './git-source.js';

/** The encrypted files in the folder of a file, and those that its commit takes away, wherever they were: their paths by their shapes. */
export type SealedBeside = (path: string) => Promise<ReadonlyMap<string, string>>;

/** With less that is encrypted, other values of the same names may be as long by chance. */
const LEAST_BYTES = 8;

/** Finds encrypted files in some trees of git, each folder once: commits, and the index for undefined; and among what was `changed`, once. */
export function sealedBeside(
  trees: readonly (string | undefined)[],
  changed: readonly HeldFile[],
  place: GitPlace,
): SealedBeside {
  const folders = new Map<string, Promise<ReadonlyMap<string, string>>>();
  let gone: Promise<ReadonlyMap<string, string>> | undefined;
  return async (path) => {
    const folder = posix.dirname(path);
    const known = folders.get(folder) ?? shapesIn(folder, trees, place);
    folders.set(folder, known);
    gone ??= shapesGone(changed, place);
    return new Map([...(await gone), ...(await known)]);
  };
}

/** Whoever moves a file and decrypts it takes one away and adds another. */
async function shapesGone(
  changed: readonly HeldFile[],
  { tree: { top }, host }: GitPlace,
): Promise<ReadonlyMap<string, string>> {
  const shapes = new Map<string, string>();
  const gone = changed.flatMap(({ path, mode, before = [] }) =>
    mode === 'gone' ? before.map((blob) => ({ path, blob })) : [],
  );
  let at = 0;
  const blobs = gone.map(({ blob }) => blob);
  for await (const [, bytes] of readBlobs(blobs, host, { cwd: top })) {
    const path = gone[at++]?.path ?? '';
    if (bytes && mayHoldCiphertext(bytes)) await addShape(shapes, bytes, path);
  }
  return shapes;
}

async function addShape(shapes: Map<string, string>, bytes: Buffer, path: string): Promise<void> {
  const read = await parsedIfEncrypted(bytes, path);
  const shape = read && shapeOf(read.file.documents);
  if (shape) shapes.set(shape, path);
}

async function shapesIn(
  folder: string,
  trees: readonly (string | undefined)[],
  place: GitPlace,
): Promise<ReadonlyMap<string, string>> {
  const call = { cwd: place.tree.top };
  const shapes = new Map<string, string>();
  for (const tree of trees) {
    const names = await markedIn(folder, tree, place);
    for await (const [name, bytes] of readBlobs(names, place.host, call)) {
      if (bytes) await addShape(shapes, bytes, name.slice(name.indexOf(':') + 1));
    }
  }
  return shapes;
}

/** What stands in a folder with the mark of a ciphertext in it, as names of git. */
async function markedIn(
  folder: string,
  tree: string | undefined,
  { tree: { top }, host }: GitPlace,
): Promise<string[]> {
  const from = tree === undefined ? ['--cached'] : [];
  const args = ['grep', ...from, '-l', '-z', '-F', '--no-recurse-submodules', '--max-depth', '0', '-e', HEAD];
  const where = folder === '.' ? ':(top)' : `:(top,literal)${folder}`;
  const found = await tryGit([...args, ...(tree === undefined ? [] : [tree]), '--', where], host, { cwd: top });
  // It ends with 1 when there is none, and with more for a commit that is not there.
  if (found?.status !== 0) return [];
  const names = fieldsOf(found.stdout).filter((name) => !name.includes('\n'));
  return tree === undefined ? names.map((name) => `:${name}`) : names;
}

/** What is found of a new plain file that has the shape of an encrypted one beside it, or of one that is gone. Null for any other. */
export async function decryptedCopy(file: ExaminedFile, beside: SealedBeside): Promise<Discovery | null> {
  const row = formatMeantUnder(file.book?.config, file.path);
  if (row.whole) return null;
  const parsed = await file.readPlain(row);
  if (parsed instanceof SopsError || parsed.metadata) return null;
  const shape = shapeOf(parsed.documents);
  const sealed = shape === null ? undefined : (await beside(file.path)).get(shape);
  if (sealed === undefined) return null;
  const isBeside = posix.dirname(sealed) === posix.dirname(file.path);
  const name = oneLine(isBeside ? posix.basename(sealed) : sealed);
  const message = `it has the values of ${name}, which ${isBeside ? 'is' : 'was'} encrypted, by their names and lengths: it is that file decrypted`;
  const next = `git rm --cached ${shellWord(file.shown)}, and put it into .gitignore. If this is meant, say why in a comment there: sops-ts:allow REASON`;
  return { rule: 'decrypted-copy', line: 1, message, next };
}

/** The places of all values with the lengths of their texts, which a ciphertext has as well; null for less than tells files apart. */
function shapeOf(documents: readonly Branch[]): string | null {
  const places: (readonly [string, number])[] = [];
  let bytes = 0;
  for (const { node, treePath } of leaves(documents)) {
    const length = lengthOf(node.value);
    places.push([JSON.stringify(treePath), length]);
    bytes += length;
  }
  return bytes < LEAST_BYTES ? null : JSON.stringify(places);
}

function lengthOf(value: LeafValue): number {
  if (value === null) return 0;
  const sealed = typeof value === 'string' ? parseEncryptedValue(value) : null;
  return sealed ? Buffer.byteLength(sealed.data, 'base64') : Buffer.byteLength(textOf(value) ?? '');
}
