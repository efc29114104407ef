/** The native X25519 recipients (`age1…`) and identities (`AGE-SECRET-KEY-1…`) of age, on node:crypto alone. */
import { randomBytes } from 'node:crypto';
import { SopsError } from '../../errors.js';
import { decodeBech32, encodeBech32 } from './bech32.js';
import { KEY_LENGTH, makeEphemeral, publicKeyOf, sharedSecret } from './curve25519.js';
import { loadAead } from './format/aead.js';
import { type AgeIdentity, type AgeRecipient, FILE_KEY_LENGTH, stanzaRecipient } from './format/file.js';
import type { Stanza } from './format/header.js';
import { hkdf } from './format/hkdf.js';
import { decodeRawBase64, encodeRawBase64 } from './format/raw-base64.js';

const STANZA_TYPE = 'X25519';
const LABEL = 'age-encryption.org/v1/X25519';
const RECIPIENT_PREFIX = 'age';
const IDENTITY_PREFIX = 'AGE-SECRET-KEY-';
const TAG_LENGTH = 16;
/** Each wrapping key is used once. */
const NONCE = Buffer.alloc(12);

/** A new identity with its recipient, as texts. */
export function generateIdentity(): { identity: string; recipient: string } {
  const scalar = randomBytes(KEY_LENGTH);
  return {
    identity: encodeBech32(IDENTITY_PREFIX, scalar),
    recipient: encodeBech32(RECIPIENT_PREFIX, publicKeyOf(scalar)),
  };
}

/** The recipient of a text `age1…`. Throws `key`. */
export function parseX25519Recipient(text: string): AgeRecipient {
  const point = POINTS.get(text) ?? decodeKey(text, RECIPIENT_PREFIX);
  if (POINTS.size === MOST_POINTS) POINTS.clear();
  POINTS.set(text, point);
  return stanzaRecipient(async (fileKey) => [await wrap(fileKey, point)]);
}

/** Those of the recipients that were read: many files have the same few, and each is read twice for a file. */
const POINTS = new Map<string, Buffer>();
const MOST_POINTS = 1000;

/** The identity of a text `AGE-SECRET-KEY-1…`. Throws `key`, without quoting the text. */
export function parseX25519Identity(text: string): AgeIdentity {
  return new X25519Identity(decodeKey(text, IDENTITY_PREFIX));
}

function decodeKey(text: string, expected: string): Buffer {
  const { prefix, data } = decodeBech32(text);
  if (prefix !== expected || data.length !== KEY_LENGTH) throw new SopsError('key', 'malformed X25519 key');
  return data;
}

async function wrap(fileKey: Uint8Array, point: Buffer): Promise<Stanza> {
  const aead = await loadAead();
  const { share, agreeWith } = makeEphemeral();
  const secret = agreeWith(point);
  if (secret === null) throw new SopsError('key', 'the X25519 recipient is a point of low order');
  const body = aead.seal(wrappingKey(secret, share, point), NONCE, fileKey);
  return { type: STANZA_TYPE, args: [encodeRawBase64(share)], body };
}

class X25519Identity implements AgeIdentity {
  private point: Buffer | undefined;
  constructor(private readonly scalar: Buffer) {}

  get recipient(): string {
    return encodeBech32(RECIPIENT_PREFIX, publicKeyOf(this.scalar));
  }

  async unwrap(header: { readonly stanzas: readonly Stanza[] }): Promise<Buffer | null> {
    for (const stanza of header.stanzas) {
      if (stanza.type !== STANZA_TYPE) continue;
      const fileKey = await this.open(stanza);
      if (fileKey !== null) return fileKey;
    }
    return null;
  }

  private async open(stanza: Stanza): Promise<Buffer | null> {
    const share = decodeRawBase64(stanza.args[0] ?? '');
    // The length of the body is checked first, so that a file key of another length is never decrypted.
    if (
      stanza.args.length !== 1 ||
      share?.length !== KEY_LENGTH ||
      stanza.body.length !== FILE_KEY_LENGTH + TAG_LENGTH
    ) {
      throw new SopsError('key', 'invalid X25519 recipient block');
    }
    const secret = sharedSecret(this.scalar, share);
    if (secret === null) throw new SopsError('key', 'invalid X25519 recipient block: a point of low order');
    this.point ??= publicKeyOf(this.scalar);
    const aead = await loadAead();
    return aead.open(wrappingKey(secret, share, this.point), NONCE, stanza.body);
  }
}

function wrappingKey(secret: Uint8Array, share: Uint8Array, point: Uint8Array): Uint8Array {
  return hkdf(secret, Buffer.concat([share, point]), LABEL);
}
