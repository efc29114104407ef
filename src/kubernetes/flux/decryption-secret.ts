/** The Secret that holds the keys of Flux's controller: made from key files, and read. */
import { basename, extname } from 'node:path';
import { SopsError } from '../../errors.js';
import { readEncrypted } from '../../operations/read/encrypted-files.js';
import { readInput } from '../../operations/read/input.js';
import type { Branch } from '../../tree/tree.js';
import { resolve } from '../../util/files/paths.js';
import type { Host, Session } from '../../util/host/host.js';
import { decodeText } from '../../util/text/text.js';
import { Sources } from '../kustomize/sources.js';
import { branchAt, itemsOf, type Manifest, valueAt } from '../manifest/manifest.js';
import { readManifests } from '../manifest/read.js';
import { buildSecret, decodeDataValue, isDataKey, isSecret } from '../manifest/secret.js';
import { isNamespaceName, isObjectName, NAME_RULE, NAMESPACE_RULE } from '../names.js';
import { checkUsable, ENTRY_NAMES, type KeyKind, kindOfContent, kindOfEntry } from './key-entry.js';

export const DEFAULT_NAME = 'sops-age';

export interface DecryptionSecretRequest {
  /** `FILE`, named by what it holds, or `NAME=FILE`. */
  readonly keyFiles: readonly string[];
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
}

/** The Secret of key files. Throws `key` for a file that the controller could not use, and for two entries of one name. */
export async function decryptionSecret(request: DecryptionSecretRequest, host: Host): Promise<Branch> {
  const { keyFiles, name = DEFAULT_NAME, namespace } = request;
  checkNames(name, namespace);
  const data = new Map<string, Uint8Array>();
  for (const word of keyFiles) {
    const [entry, bytes] = await entryOf(word, host);
    if (data.has(entry)) {
      throw new SopsError('key', `two files make the entry ${entry}`, {
        hint: 'Put the keys into one file, or name one entry: NAME=FILE.',
      });
    }
    data.set(entry, bytes);
  }
  return buildSecret({ name, namespace, type: 'Opaque', data });
}

function checkNames(name: string, namespace: string | undefined): void {
  if (!isObjectName(name)) {
    throw new SopsError('usage', `--name ${JSON.stringify(name)} is not a name for a Secret`, { hint: NAME_RULE });
  }
  if (namespace !== undefined && !isNamespaceName(namespace)) {
    throw new SopsError('usage', `--namespace ${JSON.stringify(namespace)} is not a namespace`, {
      hint: NAMESPACE_RULE,
    });
  }
}

async function entryOf(word: string, host: Host): Promise<[string, Uint8Array]> {
  const [, given, file = word] = /^([-._a-zA-Z0-9]+)=(.*)$/s.exec(word) ?? [];
  const bytes = await readInput({ kind: 'file', path: file }, host);
  if (given === undefined) return [nameFor(await kindOfContent(bytes, file), file), bytes];
  const kind = kindOfEntry(given);
  if (!kind || !isDataKey(given)) {
    throw new SopsError('key', `the controller passes over an entry called ${given}`, {
      file,
      hint: `It takes ${ENTRY_NAMES}.`,
    });
  }
  await checkUsable(kind, decodeText(bytes), file);
  return [given, bytes];
}

/** The name of an entry: the kind's own, or that of the file with the kind's ending. */
function nameFor({ ending }: KeyKind, file: string): string {
  if (!ending.startsWith('.')) return ending;
  const stem = basename(file, extname(file))
    .replaceAll(/[^-._a-zA-Z0-9]/g, '-')
    .replace(/^\.+/, '');
  const name = `${stem || 'keys'}${ending}`;
  return isDataKey(name) ? name : `keys${ending}`;
}

/** The Secret of a file, in the clear or encrypted for the user. Throws what opening throws, and `document-invalid`. */
export async function readDecryptionSecret(path: string, host: Session): Promise<Manifest> {
  const bytes = (await readEncrypted(resolve(host.cwd, path)))
    ? (await new Sources(host, 1).open(path, { ignoreMac: false })).bytes
    : await readInput({ kind: 'file', path }, host);
  const [found, ...more] = readManifests(bytes, { file: path });
  if (found && more.length === 0 && isSecret(found.root)) return found;
  throw new SopsError('document-invalid', `${path} is to hold one Secret, and nothing else`, {
    file: path,
    hint: 'sops-ts flux secret makes one of key files.',
  });
}

/** An entry of a decryption Secret, as the controller sees it. */
export interface DecryptionEntry {
  readonly name: string;
  /** Undefined for one that the controller passes over. */
  readonly kind: KeyKind | undefined;
  readonly bytes: Uint8Array;
}

/** The entries of a decryption Secret in the clear; `stringData` wins, as with the API server. Throws `document-invalid`. */
export function decryptionEntries({ root, origin }: Manifest): DecryptionEntry[] {
  const entries = new Map<string, Uint8Array>();
  for (const field of ['data', 'stringData'] as const) {
    const refusal = (path: readonly string[], wanted: string): SopsError =>
      new SopsError('document-invalid', `${path.join('.')} of the Secret is not ${wanted}`, {
        path,
        ...(origin.file === undefined ? {} : { file: origin.file }),
      });
    const part = valueAt(root, field);
    if (part?.kind === 'list' || (part?.kind === 'leaf' && part.value !== null)) throw refusal([field], 'a map');
    for (const { key, value } of itemsOf(branchAt(root, field))) {
      if (value.kind !== 'leaf' || typeof value.value !== 'string') throw refusal([field, key], 'text');
      const bytes = field === 'data' ? decodeDataValue(value.value) : Buffer.from(value.value);
      if (!bytes) throw refusal([field, key], 'base64');
      entries.set(key, bytes);
    }
  }
  return [...entries].map(([name, bytes]) => ({ name, kind: kindOfEntry(name), bytes }));
}
