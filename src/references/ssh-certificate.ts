/** When a certificate of OpenSSH ends (PROTOCOL.certkeys of OpenSSH). */

/** The texts between the nonce and the serial number, by the kind of key: what its public half is made of. */
const KEY_FIELDS: ReadonlyMap<string, number> = new Map([
  ['ssh-ed25519', 1],
  ['ssh-rsa', 2],
  ['rsa-sha2-256', 2],
  ['rsa-sha2-512', 2],
  ['ecdsa-sha2-nistp256', 2],
  ['ecdsa-sha2-nistp384', 2],
  ['ecdsa-sha2-nistp521', 2],
  ['sk-ssh-ed25519', 2],
  ['sk-ecdsa-sha2-nistp256', 3],
]);
const FORM = /^([\w-]+)-cert-v01@openssh\.com ([A-Za-z0-9+/]+={0,2})(?:\s|$)/;
const LENGTH_BYTES = 4;
const NUMBER_BYTES = 8;
/** For ever. */
const NEVER = 0xffff_ffff_ffff_ffffn;

/** In seconds since 1970; undefined for one without an end, and for what is not one. */
export function sshCertificateEnd(text: string): number | undefined {
  const [, kind = '', encoded = ''] = FORM.exec(text) ?? [];
  const fields = KEY_FIELDS.get(kind);
  if (fields === undefined) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  try {
    // Its kind and the nonce stand before those of the key.
    let at = skipTexts(bytes, 0, 2 + fields);
    // The serial number and who it is for, then the key's id and the principals.
    at = skipTexts(bytes, at + NUMBER_BYTES + LENGTH_BYTES, 2);
    const end = bytes.readBigUInt64BE(at + NUMBER_BYTES);
    return end === NEVER ? undefined : Number(end);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function skipTexts(bytes: Buffer, start: number, count: number): number {
  let at = start;
  for (let text = 0; text < count; text++) at += LENGTH_BYTES + bytes.readUInt32BE(at);
  return at;
}
