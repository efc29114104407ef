/** SSH private keys in PEM: recognised, and opened once their passphrase, if any, is known. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { SopsError } from '../../../errors.js';
import { decodeBase64 } from '../../../util/text/base64.js';
import { type OpenSshKey, openOpenSshKey, readOpenSshKey, type SshPrivateKey } from './openssh-key.js';
import { ed25519PublicKey, rsaPublicKey, type SshPublicKey } from './public-key.js';

/** A private key as it is stored. */
export interface StoredSshKey {
  readonly locked: boolean;
  /** Known without the passphrase only if the format keeps it apart. */
  readonly publicKey: SshPublicKey | undefined;
  /** Opens it; null for a wrong passphrase, which is not looked at unless it is locked. Throws `key`. */
  open(passphrase: string): SshPrivateKey | null;
}

const OPENSSH = /-----BEGIN OPENSSH PRIVATE KEY-----\s([A-Za-z0-9+/=\s]*)-----END OPENSSH PRIVATE KEY-----/;
const PEM = /-----BEGIN (RSA PRIVATE KEY|PRIVATE KEY|ENCRYPTED PRIVATE KEY)-----/;

/** What people put in the place of a private SSH key, and what to do instead. */
const MISTAKEN: readonly (readonly [RegExp, string])[] = [
  [/^(?:ssh-|ecdsa-|sk-)/m, 'It is the public key: name the private one, whose file is called the same without .pub.'],
  [/^AGE-/m, 'It is an age identity: name its file in SOPS_AGE_KEY_FILE.'],
  [/BEGIN (?:EC|DSA) PRIVATE KEY/, 'Only Ed25519 and RSA keys open age files.'],
  [/PuTTY-User-Key-File/, 'It is a key of PuTTY: puttygen FILE -O private-openssh -o NEW writes it as one of OpenSSH.'],
];

/** Recognises a private key in OpenSSH's own format, PKCS #1 or PKCS #8. Throws `key`, without quoting the text. */
export function readSshPrivateKey(text: string): StoredSshKey {
  const base64 = OPENSSH.exec(text)?.[1]?.replace(/\s+/g, '');
  if (base64 !== undefined) return storedOpenSshKey(base64);
  const begin = PEM.exec(text);
  if (begin === null) {
    const hint = MISTAKEN.find(([pattern]) => pattern.test(text))?.[1];
    throw new SopsError('key', 'no private key in OpenSSH or PEM format', hint === undefined ? {} : { hint });
  }
  // Tools may write remarks before the key.
  const pem = text.slice(begin.index);
  const locked = begin[1] === 'ENCRYPTED PRIVATE KEY' || pem.includes('Proc-Type: 4,ENCRYPTED');
  return { locked, publicKey: undefined, open: (passphrase) => openPem(pem, locked, passphrase) };
}

function storedOpenSshKey(base64: string): StoredSshKey {
  const bytes = decodeBase64(base64);
  if (bytes === null) throw new SopsError('key', 'the private key is not base64');
  const key: OpenSshKey = readOpenSshKey(bytes);
  return { locked: key.locked, publicKey: key.publicKey, open: (passphrase) => openOpenSshKey(key, passphrase) };
}

function openPem(pem: string, locked: boolean, passphrase: string): SshPrivateKey | null {
  let key: KeyObject;
  try {
    key = createPrivateKey(locked ? { key: pem, passphrase } : pem);
  } catch (cause) {
    if (locked) return null;
    throw new SopsError('key', 'the private key is damaged', { cause });
  }
  const jwk = key.export({ format: 'jwk' });
  const field = (name: 'n' | 'e' | 'd' | 'x') => Buffer.from(jwk[name] ?? '', 'base64url');
  if (jwk.kty === 'RSA') return { publicKey: rsaPublicKey(field('n'), field('e')), rsa: key };
  if (jwk.crv === 'Ed25519') return { publicKey: ed25519PublicKey(field('x')), seed: field('d') };
  throw new SopsError('key', 'a private key that is neither Ed25519 nor RSA');
}
