/** The keys of a file and what else a manifest needs of it: read without decrypting wherever that is enough. */

import { basename } from 'node:path';
import { SopsError } from '../../errors.js';
import { formatNamed } from '../../formats/registry.js';
import { nameOf } from '../../operations/read/input.js';
import {
  type PlainRequest,
  plainBytesOf,
  readMaybeEncrypted,
  type UnopenedFile,
} from '../../operations/read/plain-input.js';
import type { Leaf, Value } from '../../tree/tree.js';
import type { Session } from '../../util/host/host.js';
import { decodeBase64 } from '../../util/text/base64.js';
import { decodeText, hasInvalidBytes } from '../../util/text/text.js';
import { withoutCopies } from '../annotations.js';
import { branchAt, describe, itemsOf, type Manifest, stringAt, valueAt } from '../manifest/manifest.js';
import { readManifests } from '../manifest/read.js';
import { isDataKey, isSecret } from '../manifest/secret.js';

/** A key of the Secret that is to come out of a store. */
export interface FileKey {
  readonly key: string;
  /** The keys that lead to its value in the file, e.g. `data`, `user`. */
  readonly path: readonly string[];
  /** Whether the value stands in base64 because its bytes are not text. */
  readonly isBinary: boolean;
}

export interface KeyedFile {
  /** For messages. */
  readonly described: string;
  readonly name: string | undefined;
  readonly namespace: string | undefined;
  readonly type: string | undefined;
  readonly immutable: boolean;
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
  readonly keys: readonly FileKey[];
  /** Whether it is a Kubernetes object, and not a file of values. */
  readonly isManifest: boolean;
}

export interface KeysRequest extends PlainRequest {
  /** Keys whose values are known to be bytes in base64; then nothing is decrypted to find out. */
  readonly binaryKeys: readonly string[] | undefined;
  /** Whether it matters which values are bytes. */
  readonly asksForBinary: boolean;
}

const CIPHERTEXT = 'ENC[';

/** The Secrets of a file, or the keys of a file of values. Throws `document-invalid`, and as `decrypt` does when it must. */
export async function readKeyedFiles(request: KeysRequest, host: Session): Promise<KeyedFile[]> {
  const read = await readMaybeEncrypted(request, host);
  const manifests = manifestsOf(read, read.bytes, request);
  const files = manifests ? await secretsOf(read, manifests, request, host) : [valuesFile(read, request)];
  const unknown = request.binaryKeys?.find((key) => !files.some(({ keys }) => keys.some((one) => one.key === key)));
  if (unknown === undefined) return files;
  throw new SopsError('document-invalid', `--base64 names the key ${JSON.stringify(unknown)}, which is not there`, {
    ...fileOf(request),
  });
}

async function secretsOf(
  read: UnopenedFile,
  manifests: readonly Manifest[],
  request: KeysRequest,
  host: Session,
): Promise<KeyedFile[]> {
  const asksForData = request.asksForBinary && request.binaryKeys === undefined && manifests.some(hasData);
  const isClear = !read.sealed || !(asksForData || manifests.some(isVeiled));
  const plain = isClear ? manifests : readManifests(await openedBytes(read, request, host), { file: nameOf(request) });
  return plain.map((manifest) => keyedManifest(manifest, isClear && read.sealed !== undefined, request));
}

async function openedBytes(read: UnopenedFile, request: KeysRequest, host: Session): Promise<Uint8Array> {
  try {
    return await plainBytesOf(read, request, host);
  } catch (error) {
    if (!(error instanceof SopsError) || error.code !== 'data-key-not-recovered') throw error;
    throw error.with(error.code, {
      hint: 'It was to be opened to see which values are not text: name those with --base64, or say --no-decrypt.',
    });
  }
}

/** The objects of a file; undefined for a file that is not of Kubernetes. Throws when it holds others than Secrets. */
function manifestsOf({ store }: UnopenedFile, bytes: Uint8Array, request: KeysRequest): Manifest[] | undefined {
  if (!formatNamed(store.name).objects && request.input.kind !== 'stdin') return undefined;
  const manifests = readManifests(bytes, { file: nameOf(request) });
  if (!manifests.some(({ root }) => stringAt(root, 'kind') !== undefined && valueAt(root, 'apiVersion')))
    return undefined;
  const other = manifests.find(({ root }) => !isSecret(root));
  if (!other) return manifests;
  throw new SopsError('document-invalid', `${describe(other)}: only Secrets have keys for a store`, fileOf(request));
}

function hasData({ root }: Manifest): boolean {
  return itemsOf(branchAt(root, 'data')).length > 0;
}

/** Whether what the manifest needs beside the keys is ciphertext: the rule of the file encrypts more than values. */
function isVeiled({ root }: Manifest): boolean {
  const metadata = branchAt(root, 'metadata');
  const parts = [
    root,
    metadata,
    metadata && branchAt(metadata, 'labels'),
    metadata && branchAt(metadata, 'annotations'),
  ];
  return parts.some((part) => itemsOf(part).some(({ value }) => value.kind === 'leaf' && isCiphertext(value)));
}

function isCiphertext({ value }: Leaf): boolean {
  return typeof value === 'string' && value.startsWith(CIPHERTEXT);
}

function keyedManifest(manifest: Manifest, isSealed: boolean, request: KeysRequest): KeyedFile {
  const { root } = manifest;
  const metadata = branchAt(root, 'metadata');
  const immutable = valueAt(root, 'immutable');
  const keys = new Map<string, FileKey>();
  for (const field of ['data', 'stringData']) {
    for (const { key, value } of itemsOf(branchAt(root, field))) {
      if (value.kind !== 'leaf') {
        throw new SopsError('document-invalid', `${describe(manifest)}: ${field}.${key} is not text`, fileOf(request));
      }
      const isBinary = request.binaryKeys?.includes(key) ?? (field === 'data' && !isSealed && holdsBytes(value));
      keys.set(key, { key: checkedKey(key, request), path: [field, key], isBinary });
    }
  }
  return {
    described: describe(manifest),
    name: stringAt(root, 'metadata', 'name') || undefined,
    namespace: stringAt(root, 'metadata', 'namespace') || undefined,
    type: stringAt(root, 'type') || undefined,
    immutable: immutable?.kind === 'leaf' && immutable.value === true,
    labels: textsOf(metadata && branchAt(metadata, 'labels')),
    annotations: withoutCopies(textsOf(metadata && branchAt(metadata, 'annotations'))),
    keys: [...keys.values()],
    isManifest: true,
  };
}

function textsOf(of: Value | undefined): Map<string, string> {
  return new Map(
    itemsOf(of?.kind === 'branch' ? of : undefined).flatMap(({ key, value }) =>
      value.kind === 'leaf' && typeof value.value === 'string' ? [[key, value.value]] : [],
    ),
  );
}

/** Whether the base64 of a value stands for bytes that are not UTF-8. */
function holdsBytes({ value }: Leaf): boolean {
  const bytes = typeof value === 'string' ? decodeBase64(value.replaceAll(/[\r\n]/g, '')) : null;
  return bytes !== null && hasInvalidBytes(decodeText(bytes));
}

/** A file of values: its top-level keys; of a binary file the one that `publish` gives it. */
function valuesFile({ store, bytes }: UnopenedFile, request: KeysRequest): KeyedFile {
  const path = nameOf(request);
  const none = new Map<string, string>();
  const isBinary = (key: string): boolean => request.binaryKeys?.includes(key) ?? false;
  const keys = new Map<string, FileKey>();
  if (formatNamed(store.name).whole) {
    const key = checkedKey(basename(path ?? 'value').replace(/\.(?:enc|sops)$/, ''), request);
    keys.set(key, { key, path: ['data'], isBinary: isBinary(key) });
  } else {
    const [document, ...others] = store.parse(bytes).documents;
    if (others.length > 0) throw new SopsError('document-invalid', 'the file has several documents', fileOf(request));
    for (const { key } of itemsOf(document)) {
      keys.set(key, { key: checkedKey(key, request), path: [key], isBinary: isBinary(key) });
    }
  }
  const absent = { name: undefined, namespace: undefined, type: undefined, immutable: false };
  const described = path ?? 'the input';
  return { described, ...absent, labels: none, annotations: none, keys: [...keys.values()], isManifest: false };
}

function checkedKey(key: string, request: KeysRequest): string {
  if (isDataKey(key)) return key;
  const shown = JSON.stringify(key.length > 60 ? `${key.slice(0, 60)}…` : key);
  throw new SopsError('document-invalid', `${shown} cannot be a key of a Secret`, {
    ...fileOf(request),
    hint: 'Keys are made of letters, digits, - _ and . (253 at most).',
  });
}

function fileOf(request: PlainRequest): { file?: string } {
  const name = nameOf(request);
  return name === undefined ? {} : { file: name };
}
