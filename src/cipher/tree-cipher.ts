/** Encrypting and decrypting whole trees in place, with the MAC computed on the way (docs/format.md#values, docs/format.md#the-mac). */
import { SopsError } from '../errors.js';
import { nodes, type Place } from '../tree/leaves.js';
import { type EncryptionScope, readsAsSwitch } from '../tree/scope.js';
import { type Branch, comment, type Leaf, type LeafValue } from '../tree/tree.js';
import { textOf, typeWordOf } from '../tree/value.js';
import { type ScopedPlace, walk } from '../tree/walk.js';
import { decodeText } from '../util/text/text.js';
import type { Cipher } from './cipher.js';
import { COMMENT_WORD, decryptComment, encryptComment } from './comment-cipher.js';
import { HEAD, looksEncrypted, parseEncryptedValue } from './encrypted-value.js';
import { AUTHENTICATION_HINT, decryptLeaf, hashLeaf, notDecryptable, UNAUTHENTIC } from './leaf-cipher.js';
import type { LongText } from './long-text.js';
import { MacHash } from './mac.js';

export interface TreeOptions {
  readonly cipher: Cipher;
  readonly scope: EncryptionScope;
  /** The file's `mac_only_encrypted`. */
  readonly macOnlyEncrypted: boolean;
  /** Whether selected empty strings become ciphertext, too; in SOPS they stay. */
  readonly sealsEmpty?: boolean | undefined;
  /** Encrypting keeps a long text in it, which decrypting then need not read. */
  readonly longText?: LongText | undefined;
}

/** What a walk over a tree came to. */
export interface TreeResult {
  /** The MAC's text: what `sealMac` takes and `verifyMac` compares with. */
  readonly macText: string;
  /** Leaves that stand (or stood) as ciphertext. */
  readonly encryptedLeaves: number;
  /** Comments that stand (or stood) as ciphertext. */
  readonly encryptedComments: number;
  /** Leaves other than null and the empty string. */
  readonly nonEmptyLeaves: number;
}

export interface DecryptedTree extends TreeResult {
  /** Comments in encrypted places that are not ciphertext of this file; they stand as they were. Worth a warning. */
  readonly keptComments: number;
}

/**
 * Encrypts the selected leaves and comments of the documents in place; sources stay. Null, empty strings (unless
 * the options say otherwise) and empty containers stay as they are and count for nothing; comments are never part of the MAC (docs/format.md#d1-comments-in-lists).
 * Throws `leaf-not-encryptable` with the path for a value SOPS has no text for, and for a comment whose ciphertext
 * would match the rule that keeps comments plain. The tree is partly encrypted then.
 */
export function encryptTree(documents: readonly Branch[], options: TreeOptions): TreeResult {
  const { cipher, scope, macOnlyEncrypted, longText, sealsEmpty } = options;
  const mac = new MacHash(macOnlyEncrypted);
  const counts = { encryptedLeaves: 0, encryptedComments: 0, nonEmptyLeaves: 0 };
  walk(documents, scope, {
    leaf(leaf, place) {
      const { value } = leaf;
      const { selected } = place;
      if (value === '' && sealsEmpty && selected) leaf.value = cipher.encryptEmpty(place.joinedPath);
      if (value === null || value === '') return;
      counts.nonEmptyLeaves += 1;
      if (!selected && macOnlyEncrypted) return;
      const text = textOf(value);
      if (text === null) throw notEncryptable(place, 'the value is outside the range of its type');
      const bytes = mac.addText(text);
      if (!selected) return;
      leaf.value = cipher.encryptText(text, typeWordOf(value), place.joinedPath, bytes);
      longText?.keep(text, bytes);
      counts.encryptedLeaves += 1;
    },
    comment(comment, place) {
      if (!encryptComment(cipher, comment, place)) return;
      counts.encryptedComments += 1;
      if (readsAsSwitch(scope, comment.text)) {
        throw notEncryptable(place, 'unencrypted_comment_regex matches the ciphertext of a comment');
      }
    },
  });
  return { macText: mac.digest(), ...counts };
}

/**
 * Decrypts the selected leaves and comments of the documents in place; sources stay. A list item that decrypts to a
 * comment becomes one, with the item's source. Comments that cannot be decrypted stay and are counted.
 * Throws `leaf-not-decryptable` with the path, never the value; the tree is partly decrypted then.
 */
export function decryptTree(documents: readonly Branch[], options: TreeOptions): DecryptedTree {
  const { cipher, scope, macOnlyEncrypted, longText } = options;
  const mac = new MacHash(macOnlyEncrypted);
  const tools = { cipher, mac, longText };
  const counts = { encryptedLeaves: 0, encryptedComments: 0, nonEmptyLeaves: 0, keptComments: 0 };
  walk(documents, scope, {
    leaf(leaf, place) {
      // Asked for once: a value may be cut out of the text each time.
      const { value } = leaf;
      if (value === null || value === '') return;
      const { selected } = place;
      if (selected && decryptItemComment(cipher, leaf, value, place)) {
        counts.encryptedComments += 1;
        return;
      }
      counts.nonEmptyLeaves += 1;
      if (selected) {
        counts.encryptedLeaves += 1;
        decryptLeaf(tools, leaf, value, place);
      } else if (!macOnlyEncrypted) {
        hashLeaf(mac, value, place);
      }
    },
    comment(comment, place) {
      const before = comment.text;
      if (!decryptComment(cipher, comment, place)) counts.keptComments += 1;
      else if (comment.text !== before) counts.encryptedComments += 1;
    },
  });
  return { macText: mac.digest(), ...counts };
}

/**
 * A list item that is an encrypted comment becomes a comment, at once, since the selection of what follows depends on it.
 * @returns false for any other leaf, which is left as it is.
 */
function decryptItemComment(cipher: Cipher, leaf: Leaf, value: LeafValue, place: ScopedPlace): boolean {
  if (place.container.kind !== 'list' || typeof value !== 'string' || !value.includes(COMMENT_WORD)) return false;
  const parsed = parseEncryptedValue(value);
  if (parsed?.type !== COMMENT_WORD) return false;
  const aad = place.joinedPath;
  const plaintext = cipher.open(parsed, aad);
  if (!plaintext) throw notDecryptable(place.path, UNAUTHENTIC, AUTHENTICATION_HINT);
  const text = decodeText(plaintext);
  cipher.remember(parsed.iv, COMMENT_WORD, text, aad);
  place.replaceByComment(comment(text, false, leaf.source));
  return true;
}

/** Leaves of every ciphertext in a tree but its beginning, by which it is still known as one: those of a large file fill much memory. */
export function forgetCiphertext(documents: readonly Branch[]): void {
  for (const { node } of nodes(documents)) {
    if (node.kind === 'comment' && looksEncrypted(node.text)) node.text = HEAD;
    if (node.kind === 'leaf' && typeof node.value === 'string' && looksEncrypted(node.value)) node.value = HEAD;
  }
}

function notEncryptable(place: Place, reason: string): SopsError {
  return new SopsError('leaf-not-encryptable', `Error encrypting tree: ${reason}`, { path: place.path });
}
