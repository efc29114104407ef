/** The payload of an age file: STREAM over ChaCha20-Poly1305 in chunks of 64 KiB (C2SP age, "Payload"). */
import { randomBytes } from 'node:crypto';
import { SopsError } from '../../../errors.js';
import { loadAead } from './aead.js';
import { hkdf } from './hkdf.js';

const CHUNK = 64 * 1024;
const TAG = 16;
const NONCE = 16;

/** Nonce and chunks for a plaintext under a file key of 16 bytes. */
export async function sealPayload(fileKey: Uint8Array, plaintext: Uint8Array): Promise<Buffer> {
  const aead = await loadAead();
  const nonce = randomBytes(NONCE);
  const key = payloadKey(fileKey, nonce);
  const parts: Buffer[] = [nonce];
  for (let index = 0, at = 0; index === 0 || at < plaintext.length; index++, at += CHUNK) {
    const last = at + CHUNK >= plaintext.length;
    parts.push(aead.seal(key, chunkNonce(index, last), plaintext.subarray(at, at + CHUNK)));
  }
  return Buffer.concat(parts);
}

/** The whole plaintext of a payload; nothing of it is given out unless all of it is genuine. Throws `key`. */
export async function openPayload(fileKey: Uint8Array, payload: Uint8Array): Promise<Buffer> {
  if (payload.length < NONCE) throw new SopsError('key', 'failed to read header: the nonce is too short');
  const aead = await loadAead();
  const key = payloadKey(fileKey, payload.subarray(0, NONCE));
  const sealed = payload.subarray(NONCE);
  const parts: Buffer[] = [];
  for (let index = 0, at = 0; index === 0 || at < sealed.length; index++, at += CHUNK + TAG) {
    const last = at + CHUNK + TAG >= sealed.length;
    const part = aead.open(key, chunkNonce(index, last), sealed.subarray(at, at + CHUNK + TAG));
    // A last chunk without content is allowed for an empty plaintext only.
    if (part === null || (part.length === 0 && index > 0)) {
      throw new SopsError(
        'key',
        'failed to decrypt and authenticate payload chunk, file may be corrupted or tampered with',
      );
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function payloadKey(fileKey: Uint8Array, nonce: Uint8Array): Uint8Array {
  return hkdf(fileKey, nonce, 'payload');
}

/** Eleven bytes of counter, one that marks the last chunk; 2⁴⁸ chunks are more than any file here has. */
function chunkNonce(index: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(index, 5, 6);
  nonce[11] = last ? 1 : 0;
  return nonce;
}
