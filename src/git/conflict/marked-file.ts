/** Opening what stands between marks: the file that all of ours make, and that of all of theirs, whose MACs need not fit. */
import { Cipher } from '../../cipher/cipher.js';
import type { EncryptedValue } from '../../cipher/encrypted-value.js';
import { IvMemory } from '../../cipher/iv-memory.js';
import { verifyMac } from '../../cipher/mac.js';
import { decryptTree } from '../../cipher/tree-cipher.js';
import type { DataKey } from '../../datakey/data-key.js';
import { SopsError } from '../../errors.js';
import { scopeOf } from '../../metadata/scope-of.js';
import { renderPlain } from '../../operations/read/open-file.js';
import { UNNOTED } from '../../run/audit-trail.js';
import { readMerged } from '../merge/plain-merge.js';
import type { OpenSide, ReadSide } from '../side.js';

/** Opens values of either of several data keys; lines of two files may stand in one. */
class EitherCipher extends Cipher {
  private readonly others: readonly Cipher[];
  private isForeign = false;
  /** Whether any value was under another data key than the first. */
  isMixed = false;

  constructor(dataKey: DataKey, others: readonly DataKey[]) {
    super(dataKey.bytes, new IvMemory());
    this.others = others.filter((other) => other !== dataKey).map(({ bytes }) => new Cipher(bytes));
  }

  override open(value: EncryptedValue, aad: string): Buffer | null {
    const own = super.open(value, aad);
    this.isForeign = !own;
    if (own) return own;
    for (const other of this.others) {
      const opened = other.open(value, aad);
      this.isMixed ||= opened !== null;
      if (opened) return opened;
    }
    return null;
  }

  /** An IV of another data key may stand for another plaintext under this one. */
  override remember(...entry: Parameters<Cipher['remember']>): void {
    if (!this.isForeign) super.remember(...entry);
  }
}

/** A file whose MAC may not fit, or whose values are under several data keys, and whether it is whole for all that. */
export interface LooseSide extends OpenSide {
  readonly isWhole: boolean;
}

/**
 * Opens a file value by value: each is authentic for its place by itself, but nothing tells that they belong together unless the MAC
 * fits. Throws `leaf-not-decryptable`, and `metadata-invalid` for a file that is not encrypted.
 */
export async function openLoosely(read: ReadSide, dataKey: DataKey, others: readonly DataKey[]): Promise<LooseSide> {
  const { side, bytes, file, store, metadata } = read;
  if (!metadata) throw new SopsError('metadata-invalid', 'sops metadata not found');
  const scope = await scopeOf(metadata.selection, 'read');
  const cipher = new EitherCipher(dataKey, others);
  const { macOnlyEncrypted } = metadata;
  const { macText } = decryptTree(file.documents, { cipher, scope, macOnlyEncrypted });
  const opened = { file, store, metadata, dataKey, scope, cipher, warnings: [], trail: UNNOTED };
  const before = renderPlain(opened);
  const plain = readMerged(store, before.text);
  if (!plain) throw new SopsError('document-invalid', 'its plaintext cannot be read again');
  return {
    side,
    bytes,
    sealed: { opened, before },
    text: before.text,
    plain,
    isWhole: fits(cipher, metadata, macText) && !cipher.isMixed,
  };
}

function fits(cipher: Cipher, { mac, lastModified }: { mac: string; lastModified: string }, computed: string): boolean {
  try {
    verifyMac(cipher, mac, lastModified, computed);
    return true;
  } catch (error) {
    if (error instanceof SopsError) return false;
    throw error;
  }
}
