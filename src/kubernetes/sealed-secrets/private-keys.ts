/** The controller's private keys: PEM files, or backups of the Secrets that hold them. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { SopsError } from '../../errors.js';
import { formatNamed } from '../../formats/registry.js';
import type { SecretsRequest } from '../../operations/read/open-secrets.js';
import { plainBytesOf, readMaybeEncrypted } from '../../operations/read/plain-input.js';
import { type Branch, itemOf, type Value } from '../../tree/tree.js';
import { decodeBase64 } from '../../util/base64.js';
import { systemReason } from '../../util/files.js';
import type { Host } from '../../util/host.js';
import { pemBlocks } from '../../util/pem.js';

const BEGIN = /-----BEGIN [A-Z0-9 ]{1,64}-----/;

/** Files with private keys, and what opens those of them that SOPS encrypted. */
export interface PrivateKeyFiles extends Pick<SecretsRequest, 'configPath' | 'keyServices' | 'decryptionOrder'> {
  readonly paths: readonly string[];
}

/**
 * The RSA private keys of files, in order: PEM (PKCS#1, PKCS#8, the first block that is a key), or a Secret or List of them
 * as `kubectl get secret -o yaml` prints it, with the key under `tls.key`; each may be encrypted by SOPS. Throws `key`, naming
 * the file alone, and what `decrypt` throws for a file that cannot be opened.
 */
export async function readPrivateKeys(files: PrivateKeyFiles, host: Host): Promise<KeyObject[]> {
  const found: KeyObject[] = [];
  for (const path of files.paths) found.push(...(await keysOfFile(path, await readText(path, files, host))));
  return found;
}

async function readText(path: string, files: PrivateKeyFiles, host: Host): Promise<string> {
  const request = { ...files, input: { kind: 'file', path }, ignoreMac: false } as const;
  try {
    const bytes = await plainBytesOf(await readMaybeEncrypted(request, host), request, host);
    return Buffer.from(bytes).toString('utf8');
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    if (error.code !== 'no-file' && error.code !== 'input-unreadable') throw error.with(error.code, { file: path });
    const reason = systemReason(error.cause);
    throw new SopsError('key', `cannot read the private key: ${path}: ${reason}`, { cause: error.cause });
  }
}

async function keysOfFile(path: string, text: string): Promise<KeyObject[]> {
  // The base64 of a backup hides the PEM lines that it holds.
  if (BEGIN.test(text)) return [keyOfPem(text, path)];
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

function pemOf(secret: Branch, path: string): string {
  const data = itemOf(secret, 'data')?.value;
  const text = data?.kind === 'branch' ? textAt(data, 'tls.key') : undefined;
  const bytes = text === undefined ? null : decodeBase64(text.replaceAll(/\s/g, ''));
  if (bytes) return bytes.toString('latin1');
  throw new SopsError('key', `${path}: a Secret in this backup holds no private key under data."tls.key"`);
}

function textAt(from: Branch, key: string): string | undefined {
  const value: Value | undefined = itemOf(from, key)?.value;
  return value?.kind === 'leaf' && typeof value.value === 'string' ? value.value : undefined;
}

function keyOfPem(pem: string, path: string): KeyObject {
  for (const { label, text: block } of pemBlocks(pem)) {
    if (!label.endsWith('PRIVATE KEY')) continue;
    if (label.startsWith('ENCRYPTED') || block.includes('Proc-Type: 4,ENCRYPTED')) {
      throw new SopsError('key', `${path}: the private key is protected by a passphrase`, {
        hint: 'Take the protection off first: openssl pkey -in KEY',
      });
    }
    const key = parseKey(block);
    if (key?.asymmetricKeyType === 'rsa') return key;
    if (key) throw new SopsError('key', `${path}: a private key for ${key.asymmetricKeyType}, where RSA is needed`);
  }
  throw noKey(path);
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
  return new SopsError('key', `${path}: holds no RSA private key`, {
    hint: 'It must be PEM, or a backup: kubectl get secret -n kube-system -l sealedsecrets.bitnami.com/sealed-secrets-key -o yaml',
  });
}
