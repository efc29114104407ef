/** Whether two texts name one recipient, though they are written differently. */

/** Hexadecimal digits of a PGP fingerprint or long key id, without prefix, blanks and the mark that forces a subkey. */
const FINGERPRINT = /^(?:0X)?([0-9A-F]{16,64})!?$/;
/** A service's key by its address: after the name only a version may follow. */
const NAMED_KEY = /^https?:\/\/.*\/keys\/[^/]+$/;

/**
 * Compares a key string, or one item of a `.sops.yaml` field, with the recipient that a user names. Beside equal texts these
 * are the same: SSH keys with and without the remark after them; PGP fingerprints in any case and grouping, and their long
 * key ids; an AWS key with any role, context and profile; an Azure key in any version, unless the user names one.
 */
export function namesRecipient(text: string, recipient: string): boolean {
  const one = withoutRemark(text.trim());
  const other = withoutRemark(recipient.trim());
  if (one === other) return other !== '';
  const [hex, otherHex] = [fingerprintOf(one), fingerprintOf(other)];
  if (hex !== undefined && otherHex !== undefined) return hex.endsWith(otherHex) || otherHex.endsWith(hex);
  if (other.startsWith('arn:')) return one.startsWith(`${other}+`) || one.startsWith(`${other}|`);
  return NAMED_KEY.test(other) && one.startsWith(`${other}/`);
}

/** An SSH recipient is its first two words; SOPS keeps the third in files. */
function withoutRemark(text: string): string {
  return text.startsWith('ssh-') ? text.split(/\s+/, 2).join(' ') : text;
}

function fingerprintOf(text: string): string | undefined {
  return FINGERPRINT.exec(text.replaceAll(' ', '').toUpperCase())?.[1];
}
