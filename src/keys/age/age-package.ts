/** What the `age-encryption` package does for us (hybrid post-quantum keys), on our own seams; loaded when needed. */
import { SopsError } from '../../errors.js';
import { isError } from '../../util/realms.js';
import { decodeBech32 } from './bech32.js';
import type { AgeIdentity, AgeRecipient } from './format/file.js';
import type { AgeHeader } from './format/header.js';

const HYBRID_STANZA = 'mlkem768x25519';
const HYBRID_RECIPIENT_LENGTH = 1216;
const HYBRID_SEED_LENGTH = 32;
/** ML-KEM-768: three polynomials of 256 coefficients with 12 bits each, modulo q. */
const POLYNOMIALS_LENGTH = 1152;
const Q = 3329;
/** The package checks the MAC as well, before it gives the file key out. */
const WRONG_MAC = 'invalid header HMAC';

/** The recipient of a text `age1pq1…`. Throws `key`. */
export function parseHybridRecipient(text: string): AgeRecipient {
  const { prefix, data } = decodeBech32(text);
  if (prefix !== 'age1pq' || data.length !== HYBRID_RECIPIENT_LENGTH || !hasReducedPolynomials(data)) {
    throw malformedHybrid();
  }
  return {
    async seal(plaintext) {
      const { Encrypter } = await import('../../packages/age-encryption.js');
      const encrypter = new Encrypter();
      encrypter.addRecipient(text);
      try {
        return await encrypter.encrypt(plaintext);
      } catch (cause) {
        throw new SopsError('key', 'malformed hybrid post-quantum recipient', { cause });
      }
    },
  };
}

/** The identity of a text `AGE-SECRET-KEY-PQ-1…`. Throws `key`, without quoting the text. */
export function parseHybridIdentity(text: string): AgeIdentity {
  const { prefix, data } = decodeBech32(text);
  if (prefix !== 'AGE-SECRET-KEY-PQ-' || data.length !== HYBRID_SEED_LENGTH) throw malformedHybrid();
  return {
    async unwrap(header: AgeHeader) {
      if (!header.stanzas.some((stanza) => stanza.type === HYBRID_STANZA)) return null;
      const { Decrypter } = await import('../../packages/age-encryption.js');
      const decrypter = new Decrypter();
      decrypter.addIdentity(text);
      // Asked only when the identity before it had no match; the package's error for that is like all its others.
      let unmatched = false;
      decrypter.addIdentity({
        unwrapFileKey() {
          unmatched = true;
          return null;
        },
      });
      try {
        return await decrypter.decryptHeader(header.bytes);
      } catch (cause) {
        if (unmatched) return null;
        throw blockError(cause);
      }
    },
  };
}

/** A new hybrid key: the identity (`AGE-SECRET-KEY-PQ-1…`) and its recipient (`age1pq1…`). */
export async function generateHybridIdentity(): Promise<{ identity: string; recipient: string }> {
  const age = await import('../../packages/age-encryption.js');
  const identity = await age.generateHybridIdentity();
  return { identity, recipient: await age.identityToRecipient(identity) };
}

/** The check of FIPS 203 section 7.2 on an encapsulation key, which the package leaves out: every coefficient is below q. */
function hasReducedPolynomials(key: Buffer): boolean {
  for (let at = 0; at < POLYNOMIALS_LENGTH; at += 3) {
    const pair = key.readUIntLE(at, 3);
    if ((pair & 0xfff) >= Q || pair >>> 12 >= Q) return false;
  }
  return true;
}

function malformedHybrid(): SopsError {
  return new SopsError('key', 'malformed hybrid post-quantum key');
}

function blockError(cause: unknown): SopsError {
  const reason = isError(cause) ? cause.message : String(cause);
  const message = reason === WRONG_MAC ? 'bad header MAC' : `invalid ${HYBRID_STANZA} recipient block: ${reason}`;
  return new SopsError('key', message, { cause });
}
