/** Files of other tools for the tests of `import`: the fixtures, and the encryption of these tools done anew. */
import { createCipheriv, createHmac, hkdfSync, pbkdf2Sync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { secp256k1 } from '@noble/curves/secp256k1.js';

const FIXTURES = new URL('../../fixtures/import', import.meta.url).pathname;

export function foreignFile(name: string): Buffer {
  return readFileSync(join(FIXTURES, name));
}

/** A pair of keys of dotenvx, in hex. */
export function dotenvxPair(): { privateKey: string; publicKey: string } {
  const bytes = secp256k1.utils.randomSecretKey();
  return {
    privateKey: Buffer.from(bytes).toString('hex'),
    publicKey: Buffer.from(secp256k1.getPublicKey(bytes, true)).toString('hex'),
  };
}

/** A text as dotenvx encrypts it. */
export function dotenvxValue(text: string, publicKey: string): string {
  const own = secp256k1.utils.randomSecretKey();
  const ephemeral = secp256k1.getPublicKey(own, false);
  const shared = secp256k1.getSharedSecret(own, Buffer.from(publicKey, 'hex'), false);
  const key = hkdfSync('sha256', Buffer.concat([ephemeral, shared]), '', '', 32);
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(key), iv, { authTagLength: 16 });
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return `encrypted:${Buffer.concat([ephemeral, iv, cipher.getAuthTag(), body]).toString('base64')}`;
}

/** A text as ansible-vault encrypts it. */
export function vaultText(plaintext: string | Uint8Array, password: string, label?: string): string {
  const salt = randomBytes(32);
  const derived = pbkdf2Sync(password, salt, 10_000, 80, 'sha256');
  const bytes = Buffer.from(plaintext);
  const count = 16 - (bytes.length % 16);
  const cipher = createCipheriv('aes-256-ctr', derived.subarray(0, 32), derived.subarray(64));
  const body = Buffer.concat([cipher.update(Buffer.concat([bytes, Buffer.alloc(count, count)])), cipher.final()]);
  const mac = createHmac('sha256', derived.subarray(32, 64)).update(body).digest('hex');
  const hex = Buffer.from(`${salt.toString('hex')}\n${mac}\n${body.toString('hex')}`).toString('hex');
  const header = label === undefined ? '$ANSIBLE_VAULT;1.1;AES256' : `$ANSIBLE_VAULT;1.2;AES256;${label}`;
  return `${[header, ...(hex.match(/.{1,80}/g) ?? [])].join('\n')}\n`;
}

/** The same as `encrypt_string` prints it behind a key, its lines so far from the left. */
export function vaultValue(
  plaintext: string,
  password: string,
  options: { label?: string; indent?: number } = {},
): string {
  const lines = vaultText(plaintext, password, options.label).trimEnd().split('\n');
  const pad = ' '.repeat(options.indent ?? 10);
  return ['!vault |', ...lines.map((line) => pad + line)].join('\n');
}

/** Both keys of git-crypt, one behind the other. */
export function gitCryptKey(): Buffer {
  return randomBytes(32 + 64);
}

/** A key file of git-crypt, with a version for each key. */
export function gitCryptKeyFile(keys: readonly Buffer[], name?: string): Buffer {
  const field = (number: number, value: Buffer): Buffer => Buffer.concat([word(number), word(value.length), value]);
  const entries = keys.flatMap((key, version) => [
    field(1, word(version)),
    field(3, key.subarray(0, 32)),
    field(5, key.subarray(32)),
    word(0),
  ]);
  const header = name === undefined ? [] : [field(1, Buffer.from(name))];
  return Buffer.concat([Buffer.from('\0GITCRYPTKEY'), word(2), ...header, word(0), ...entries]);
}

/** A content as git-crypt stores it. */
export function gitCryptContent(plaintext: string | Buffer, key: Buffer): Buffer {
  const bytes = Buffer.from(plaintext);
  const nonce = createHmac('sha1', key.subarray(32)).update(bytes).digest().subarray(0, 12);
  const cipher = createCipheriv('aes-256-ctr', key.subarray(0, 32), Buffer.concat([nonce, Buffer.alloc(4)]));
  return Buffer.concat([Buffer.from('\0GITCRYPT\0'), nonce, cipher.update(bytes), cipher.final()]);
}

function word(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}
