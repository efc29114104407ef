/** Public keys in a file or an answer: recipients of age, and lines of SSH keys as `NAME.pub` and `https://github.com/NAME.keys` have them. */
import { createHash } from 'node:crypto';
import { SopsError } from '../../errors.js';
import type { FoundRecipient } from '../provider.js';
import { encodeRawBase64 } from './format/raw-base64.js';
import { parsePublicKeyLine } from './ssh/public-key.js';

/** Kinds of SSH keys that age has no recipients of (C2SP age, "The ssh-rsa and ssh-ed25519 recipient types"). */
const OTHER_KINDS = /^(?:ecdsa-sha2-\S+|sk-\S+|ssh-dss) /;
/** Remarks that mean nothing to YAML, nor to lists with commas. */
const HARMLESS_REMARK = /^[\w@.+-]{1,100}$/;

/** The keys of a text, in order; null for a text with any line that is not one. */
export function publicKeysIn(text: string): FoundRecipient[] | null {
  const found: FoundRecipient[] = [];
  for (const whole of text.split('\n')) {
    const line = whole.trim();
    if (line === '' || line.startsWith('#')) continue;
    const key = publicKeyOf(line);
    if (key === null) return null;
    found.push(key);
  }
  return found.length === 0 ? null : found;
}

function publicKeyOf(line: string): FoundRecipient | null {
  if (/^age1[a-z0-9]+$/.test(line)) return { recipient: line };
  const [type = '', base64 = '', ...words] = line.split(/\s+/);
  const remark = words.join(' ');
  const recipient = [type, base64, ...(HARMLESS_REMARK.test(remark) ? [remark] : [])].join(' ');
  const known = { recipient, ...(remark === '' ? {} : { remark }) };
  if (OTHER_KINDS.test(line)) {
    return {
      ...known,
      fingerprint: fingerprintOf(Buffer.from(base64, 'base64')),
      problem: `age has no use for ${type}`,
    };
  }
  if (!/^ssh-(?:ed25519|rsa)$/.test(type)) return null;
  try {
    return { ...known, fingerprint: fingerprintOf(parsePublicKeyLine(line).blob) };
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return { ...known, problem: error.message };
  }
}

/** As `ssh-keygen -l` prints it. */
function fingerprintOf(blob: Buffer): string {
  return `SHA256:${encodeRawBase64(createHash('sha256').update(blob).digest())}`;
}
