/** Private keys in DER, which are bytes and no text: PKCS #8 (RFC 5958), PKCS #1 (RFC 8017), and those of elliptic curves (RFC 5915). */

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const OCTETS = 0x04;

/** Whether a content is one key and nothing else, which its length tells. Certificates and requests begin with a sequence in the sequence. */
export function isDerKey(bytes: Uint8Array): boolean {
  const [first, length = 0] = bytes;
  if (first !== SEQUENCE) return false;
  const more = length > 0x80 ? length - 0x80 : 0;
  if (more > 2) return false;
  let size = more === 0 ? length : 0;
  for (const byte of bytes.subarray(2, 2 + more)) size = size * 256 + byte;
  if (2 + more + size !== bytes.length) return false;
  const [tag, one, version, next] = bytes.subarray(2 + more);
  if (tag !== INTEGER || one !== 1) return false;
  return version === 0 ? next === SEQUENCE || next === INTEGER : version === 1 && next === OCTETS;
}
