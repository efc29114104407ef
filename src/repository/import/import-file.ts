/** One file of another tool made into a file of SOPS: opened, encrypted by the rules of the target, read again, and written where nothing is. */

import { dirname } from 'node:path';
import { looksEncrypted } from '../../cipher/encrypted-value.js';
import { SopsError } from '../../errors.js';
import { isTracked } from '../../exec/git/places.js';
import type { FormatStore, SourceFile } from '../../formats/store.js';
import { indexText } from '../../operations/read/encrypted-files.js';
import { readerForNew } from '../../operations/read/input.js';
import type { EncryptRequest } from '../../operations/requests.js';
import { encryptFile } from '../../operations/write/encrypt.js';
import { nodes } from '../../tree/leaves.js';
import type { LeafValue } from '../../tree/tree.js';
import { writeFileSafely } from '../../util/files/atomic-write.js';
import { lstatOrThrow } from '../../util/files/files.js';
import { makeFolder } from '../../util/files/new-folder.js';
import { resolve } from '../../util/files/paths.js';
import type { Session } from '../../util/host/host.js';
import { oneLine } from '../../util/text/one-line.js';
import { briefList } from './env-content.js';
import type { ImportKind, ImportSource, OpenedImport } from './source.js';

/** What is to be made of one source. */
export interface ImportRequest {
  readonly kind: ImportKind;
  readonly source: ImportSource;
  /** The path of the target, as users see it. */
  readonly target: string;
  /** How the target is encrypted, its place aside. */
  readonly encrypt: Omit<EncryptRequest, 'input' | 'output'>;
  /** Whether all is done but writing. */
  readonly dryRun: boolean;
}

/** What became of a source. */
export interface Imported {
  /** Absolute. */
  readonly source: string;
  readonly target: string;
  readonly count: number;
  readonly warnings: readonly string[];
  /** Whether git tracks the source, so that its history holds what the old key opens. */
  readonly isTracked: boolean;
  /** The files of old keys that git tracks, absolute. */
  readonly trackedKeys: readonly string[];
}

/** Mode of new ciphertext, for all whom the umask admits. */
const MODE = 0o666;

/**
 * Imports one source. The source is only read; the target is written whole, once what stands in it was read again, or not at all. Throws
 * `output-unwritable` when something is there already, `nothing-encrypted` when a value that was secret would stand in clear, and
 * what opening and encrypting throw.
 */
export async function importFile(request: ImportRequest, host: Session): Promise<Imported> {
  const { kind, source, target, dryRun } = request;
  if (source.problem) throw source.problem;
  const path = resolve(host.cwd, target);
  if (lstatOrThrow(path)) throw thereAlready(target);
  const input = { kind: 'file', path: target } as const;
  const store = await readerForNew({ ...request.encrypt, input }, host);
  const opened = await kind.open(source, store, host);
  opened.verify?.((store.parsePlain ?? store.parse)(opened.plaintext));
  const sealed = await seal(opened, { ...request, store }, host);
  const trackedKeys: string[] = [];
  for (const one of opened.keyFiles) if (await isTracked(one, host)) trackedKeys.push(one);
  const isSourceTracked = await isTracked(source.file.absolute, host);
  if (!dryRun) {
    await makeFolder(dirname(path), dirname(target));
    await writeFileSafely(path, sealed.bytes, { mode: MODE, isNew: true });
  }
  return {
    source: source.file.absolute,
    target,
    count: opened.count,
    warnings: [...(source.warnings ?? []), ...opened.warnings, ...sealed.notes],
    isTracked: isSourceTracked,
    trackedKeys,
  };
}

interface Sealing extends ImportRequest {
  readonly store: FormatStore;
}

/** The target, which decrypts to the plaintext. */
interface SealedTarget {
  readonly bytes: Uint8Array;
  readonly notes: readonly string[];
}

async function seal(opened: OpenedImport, { target, encrypt, store }: Sealing, host: Session): Promise<SealedTarget> {
  let sealed: Uint8Array | undefined;
  const write = async (bytes: Uint8Array): Promise<void> => {
    sealed = bytes;
  };
  const content = opened.plaintext;
  const request = {
    ...encrypt,
    content,
    input: { kind: 'file', path: target },
    output: { kind: 'stdout', write },
  } as const;
  await encryptFile(request, host);
  if (sealed === undefined) throw new RangeError('encrypting wrote nothing');
  const read = store.parse(sealed);
  if (!encrypt.allowUnencrypted) checkHidden(read, opened.secrets, target);
  return { bytes: sealed, notes: opened.review?.(read) ?? [] };
}

/** A rule that selects less than the other tool did would publish what was secret. Empty values have nothing to hide. */
function checkHidden({ documents }: SourceFile, secrets: OpenedImport['secrets'], target: string): void {
  if (secrets !== 'all' && secrets.size === 0) return;
  const bare: string[] = [];
  let told = 0;
  for (const place of nodes(documents)) {
    const { node } = place;
    if (node.kind === 'comment') told += secrets === 'all' && !isHidden(node.text) ? 1 : 0;
    if (node.kind !== 'leaf' || isHidden(node.value)) continue;
    const path = indexText(place);
    if (secrets === 'all' || secrets.has(path)) bare.push(path);
  }
  if (told > 0) bare.push(`${told} ${told === 1 ? 'comment' : 'comments'}`);
  if (bare.length === 0) return;
  const message = `values that were secret would stand in clear in ${oneLine(target)}: ${oneLine(briefList(bare))}`;
  throw new SopsError('nothing-encrypted', message, {
    hint: 'The rule for the target does not select them: correct it, or give --allow-unencrypted if this is meant.',
  });
}

function isHidden(value: LeafValue): boolean {
  return value === null || (typeof value === 'string' && (value.trim() === '' || looksEncrypted(value)));
}

function thereAlready(target: string): SopsError {
  return new SopsError('output-unwritable', `${oneLine(target)} is there already, and is left as it is`, {
    hint: 'Remove it, or name another target with --output or --output-dir.',
  });
}
