/** Files of other tools for the tests of `import`: the fixtures, and dotenvx's encryption done anew. */
import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto';
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
