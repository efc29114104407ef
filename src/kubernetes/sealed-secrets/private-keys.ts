/** The controller's private keys: PEM files, or backups of the Secrets that hold them. */

import { createPrivateKey, type KeyObject } from 'node:crypto';
import { SopsError } from '../../errors.js';
import { formatNamed } from '../../formats/registry.js';
import type { SecretsRequest } from '../../operations/read/open-secrets.js';
import { plainBytesOf, readMaybeEncrypted } from '../../operations/read/plain-input.js';
import { type Branch, itemOf, type Value } from '../../tree/tree.js';
import { systemReason } from '../../util/files/files.js';
import type { Session } from '../../util/host/host.js';
import { append } from '../../util/lists.js';
import { decodeBase64 } from '../../util/text/base64.js';
import { pemBlocks } from '../../util/text/pem.js';

const BEGIN = /-----BEGIN [A-Z0-9 ]{1,64}-----/;

/** Files with private keys, and what opens those of them that SOPS encrypted. */
export interface PrivateKeyFiles extends Pick<SecretsRequest, 'configPath' | 'keyServices' | 'decryptionOrder'> {
  readonly paths: readonly string[];
}

/**
 * The RSA private keys of files, in order: PEM (PKCS#1, PKCS#8, the first block that is a key), or a Secret or List of them
 * as `kubectl get secret -o yaml` prints it or people write it, with the key under `tls.key`; each may be encrypted by SOPS. Throws `key`, naming
 * the file alone, and what `decrypt` throws for a file that cannot be opened.
 */
export async function readPrivateKeys(files: PrivateKeyFiles, host: Session): Promise<KeyObject[]> {
  const found: KeyObject[] = [];
  for (const path of files.paths) append(found, await keysOfFile(path, await readText(path, files, host)));
  return found;
}

async function readText(path: string, files: PrivateKeyFiles, host: Session): Promise<string> {
  const request = { ...files, input: { kind: 'file', path }, ignoreMac: false } as const;
  try {
    const bytes = await plainBytesOf(await readMaybeEncrypted(request, host), request, host);
    return Buffer.from(bytes).toString('utf8');
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    if (error.code !== 'no-file' && error.code !== 'input-unreadable') throw error.with(error.code, { file: path });
    const reason = systemReason(error.cause);
    throw new SopsError('key', `cannot read the private key: ${path}: ${reason}`, { file: path, cause: error.cause });
  }
}

async function keysOfFile(path: string, text: string): Promise<KeyObject[]> {
  // The base64 of a backup hides the PEM lines that it holds, and so do quotes and indentation those of stringData.
  const key = BEGIN.test(text) ? keyIn(text, path) : null;
  if (key) return [key];
  const { documents } = await parse(text, path);
  const secrets = documents.flatMap(secretsOf);
  if (secrets.length === 0) throw noKey(path);
  return secrets.map((secret) => keyOfPem(pemOf(secret, path), path));
}

async function parse(text: string, path: string): Promise<{ documents: readonly Branch[] }> {
  try {
    return (await formatNamed('yaml').load()).parse(Buffer.from(text));
  } catch (error) {
    if (error instanceof SopsError) throw noKey(path);
    throw error;
  }
}

/** The Secrets of a document: itself, or the items of a List. */
function secretsOf(document: Branch): Branch[] {
  if (textAt(document, 'kind') === 'Secret') return [document];
  const items = itemOf(document, 'items')?.value;
  return items?.kind === 'list' ? items.items.filter((entry) => entry.kind === 'branch') : [];
}

/** The PEM under `tls.key`: what `stringData` says goes before `data`. */
function pemOf(secret: Branch, path: string): string {
  const plain = keyUnder(secret, 'stringData');
  if (plain !== undefined) return plain;
  const bytes = decodeBase64((keyUnder(secret, 'data') ?? '').replaceAll(/\s/g, ''));
  if (bytes?.length) return Buffer.from(bytes).toString('latin1');
  throw keyError(path, 'a Secret in this backup holds no private key under data."tls.key"');
}

function keyUnder(secret: Branch, field: string): string | undefined {
  const branch = itemOf(secret, field)?.value;
  return branch?.kind === 'branch' ? textAt(branch, 'tls.key') : undefined;
}

function textAt(from: Branch, key: string): string | undefined {
  const value: Value | undefined = itemOf(from, key)?.value;
  return value?.kind === 'leaf' && typeof value.value === 'string' ? value.value : undefined;
}

function keyOfPem(pem: string, path: string): KeyObject {
  const key = keyIn(pem, path);
  if (key) return key;
  throw noKey(path);
}

/** The first key of a PEM text, null if it holds none. Throws `key` for one that is there and cannot be used. */
function keyIn(pem: string, path: string): KeyObject | null {
  for (const { label, text: block } of pemBlocks(pem)) {
    if (!label.endsWith('PRIVATE KEY')) continue;
    if (label.startsWith('ENCRYPTED') || block.includes('Proc-Type: 4,ENCRYPTED')) {
      throw keyError(path, 'the private key is protected by a passphrase', {
        hint: 'Take the protection off first: openssl pkey -in KEY',
      });
    }
    const key = parseKey(block);
    if (key?.asymmetricKeyType === 'rsa') return key;
    if (key) throw keyError(path, `this is a private key for ${key.asymmetricKeyType}, where RSA is needed`);
  }
  return null;
}

/** Foreign errors may quote the text they failed on, so none is passed on. */
function parseKey(block: string): KeyObject | null {
  try {
    return createPrivateKey(block);
  } catch {
    return null;
  }
}

function noKey(path: string): SopsError {
  return keyError(path, 'this file holds no RSA private key', {
    hint: 'It must be PEM, or a backup: kubectl get secret -n kube-system -l sealedsecrets.bitnami.com/sealed-secrets-key -o yaml',
  });
}

function keyError(path: string, message: string, details: { readonly hint?: string } = {}): SopsError {
  return new SopsError('key', message, { file: path, ...details });
}
