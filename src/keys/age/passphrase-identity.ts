/** The identity that a passphrase is (`scrypt` stanzas of age), on node:crypto alone. */
import { scrypt } from 'node:crypto';
import { SopsError } from '../../errors.js';
import { loadAead } from './format/aead.js';
import { TAG_LENGTH } from './format/aead-contract.js';
import { type AgeIdentity, FILE_KEY_LENGTH } from './format/file.js';
import type { Stanza } from './format/header.js';
import { decodeRawBase64 } from './format/raw-base64.js';

const STANZA_TYPE = 'scrypt';
const LABEL = Buffer.from('age-encryption.org/v1/scrypt', 'latin1');
const SALT_LENGTH = 16;
const WORK_FACTOR = /^[1-9][0-9]*$/;
/** A gibibyte, and seconds: a file that asks for more would take the machine (C2SP age, "The scrypt recipient type"). */
const MOST_WORK_FACTOR = 20;
const BLOCK_SIZE = 8;
/** Each wrapping key is used once. */
const NONCE = Buffer.alloc(12);

/** Null from it means that the passphrase is wrong. */
export function passphraseIdentity(passphrase: string): AgeIdentity {
  return {
    async unwrap({ stanzas }) {
      const stanza = stanzas.find(({ type }) => type === STANZA_TYPE);
      if (!stanza) return null;
      // Beside it no other recipient may stand, or whoever holds the file might be taken for its sender.
      if (stanzas.length !== 1) throw invalid('scrypt recipient is not the only one in the header');
      return open(stanza, passphrase);
    },
  };
}

async function open({ args, body }: Stanza, passphrase: string): Promise<Buffer | null> {
  const [salt, factor = ''] = [decodeRawBase64(args[0] ?? ''), args[1]];
  if (args.length !== 2 || salt?.length !== SALT_LENGTH || !WORK_FACTOR.test(factor)) {
    throw invalid('invalid scrypt stanza');
  }
  if (Number(factor) > MOST_WORK_FACTOR) throw invalid('scrypt work factor is too high');
  // The length of the body is checked first, so that a file key of another length is never decrypted.
  if (body.length !== FILE_KEY_LENGTH + TAG_LENGTH) throw invalid('invalid stanza');
  const aead = await loadAead();
  return aead.open(await wrappingKey(passphrase, salt, 2 ** Number(factor)), NONCE, body);
}

function wrappingKey(passphrase: string, salt: Uint8Array, N: number): Promise<Uint8Array> {
  // Node's own limit is 32 MiB; OpenSSL counts a little beside the table.
  const maxmem = 128 * BLOCK_SIZE * (N + 64);
  return new Promise((resolve, reject) => {
    scrypt(passphrase, Buffer.concat([LABEL, salt]), 32, { N, r: BLOCK_SIZE, p: 1, maxmem }, (error, key) => {
      if (error) reject(invalid(error.message));
      else resolve(key);
    });
  });
}

function invalid(reason: string): SopsError {
  return new SopsError('key', `invalid scrypt recipient block: ${reason}`);
}
