/** A text that Ansible Vault has encrypted: read, and opened with a password (docs/import.md#ansible-vault). */
import { createDecipheriv, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { SopsError } from '../../errors.js';

/** What such a text begins with. */
export const VAULT_MARK = '$ANSIBLE_VAULT;';

export interface VaultText {
  /** The name that whoever encrypted it gave the password: a hint, for any password may be tried. */
  readonly label: string | undefined;
  readonly salt: Uint8Array;
  readonly mac: Uint8Array;
  readonly ciphertext: Uint8Array;
}

const VERSIONS: ReadonlySet<string> = new Set(['1.1', '1.2', '1.3']);
const [ROUNDS, CIPHER_KEY, MAC_KEY, IV] = [10_000, 32, 32, 16] as const;
const BLOCK = 16;
/** Salt, HMAC and ciphertext, in hex, between line feeds. */
const PARTS = 3;

/**
 * Reads a text with its header. Throws `document-invalid`, naming the line of the file where one is known: the header's is `line`.
 */
export function readVaultText(text: string, line?: number): VaultText {
  const [header = '', ...body] = text.split(/\r?\n/);
  const label = readHeader(header.trim(), line);
  const inner = Buffer.from(hexOf(body, line), 'hex').toString('latin1').split('\n');
  const [salt, mac, ciphertext] = inner.map((part) => (isHex(part) ? Buffer.from(part, 'hex') : undefined));
  if (inner.length !== PARTS || !salt?.length || mac?.length !== 32 || !ciphertext?.length) {
    throw broken('the vault text is cut off, or was changed: salt, HMAC and ciphertext are not all there', line);
  }
  return { label, salt, mac, ciphertext };
}

/** The plaintext; null when the HMAC, which is compared before anything is decrypted, is not this password's. */
export async function openVaultText(vault: VaultText, password: Uint8Array): Promise<Buffer | null> {
  const derived = await promisify(pbkdf2)(password, vault.salt, ROUNDS, CIPHER_KEY + MAC_KEY + IV, 'sha256');
  const macKey = derived.subarray(CIPHER_KEY, CIPHER_KEY + MAC_KEY);
  const mac = createHmac('sha256', macKey).update(vault.ciphertext).digest();
  if (!timingSafeEqual(mac, vault.mac)) return null;
  const cipher = createDecipheriv(
    'aes-256-ctr',
    derived.subarray(0, CIPHER_KEY),
    derived.subarray(CIPHER_KEY + MAC_KEY),
  );
  return withoutPadding(Buffer.concat([cipher.update(vault.ciphertext), cipher.final()]));
}

function readHeader(header: string, line: number | undefined): string | undefined {
  const [mark, version = '', cipher = '', label] = header.split(';').map((part) => part.trim());
  if (`${mark};` !== VAULT_MARK) throw broken('this is not Ansible Vault text', line);
  if (VERSIONS.has(version) && cipher === 'AES256') return label || undefined;
  throw broken(
    'the vault text is of a kind that Ansible itself no longer reads: 1.1 and 1.2 with AES256 are known',
    line,
    {
      hint: 'Encrypt it anew with the release of Ansible that wrote it: ansible-vault rekey.',
    },
  );
}

function hexOf(body: readonly string[], line: number | undefined): string {
  const lines = body.map((one) => one.trim());
  const wrong = lines.findIndex((one) => !/^[0-9a-f]*$/i.test(one));
  if (wrong >= 0)
    throw broken('the vault text holds something other than hexadecimal digits', line && line + 1 + wrong);
  const hex = lines.join('');
  if (hex.length % 2 === 0) return hex;
  throw broken('the vault text is cut off: it has an odd number of hexadecimal digits', line);
}

function isHex(text: string): boolean {
  return text.length % 2 === 0 && /^[0-9a-f]+$/i.test(text);
}

/** PKCS#7 (RFC 5652 section 6.3). */
function withoutPadding(padded: Buffer): Buffer {
  const count = padded.at(-1) ?? 0;
  const isPadding = padded.subarray(-count).every((byte) => byte === count);
  if (count >= 1 && count <= BLOCK && padded.length % BLOCK === 0 && isPadding) return padded.subarray(0, -count);
  throw broken('the vault text is authentic, but its padding is not that of Ansible Vault');
}

function broken(problem: string, line?: number, details: { readonly hint?: string } = {}): SopsError {
  return new SopsError('document-invalid', line === undefined ? problem : `line ${line}: ${problem}`, details);
}
