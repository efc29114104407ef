/** Comments under the cipher: where one was encrypted depends on how a parser attached it, so reading tries the paths around. */
import type { Branch, Comment, Item, List, Value } from '../tree/tree.js';
import type { ScopedPlace } from '../tree/walk.js';
import { decodeText } from '../util/text/text.js';
import type { Cipher } from './cipher.js';
import { type EncryptedValue, looksEncrypted, parseEncryptedValue } from './encrypted-value.js';

/** The type word of comments. */
export const COMMENT_WORD = 'comment';
/** Paths tried in each direction; each costs a decryption, so a file full of broken comments stays linear. */
const REACH = 8;
/** Comments passed over on the way to the next entry. */
const RUN_REACH = 64;

/**
 * Decrypts a comment in place, under its own path or one around it (docs/format.md#keeping-the-text); a comment that was
 * encrypted elsewhere is found even where the scope would leave comments plain.
 * @returns false when it should be readable and is not; it then stands as it was.
 */
export function decryptComment(cipher: Cipher, comment: Comment, place: ScopedPlace): boolean {
  const { text } = comment;
  if (text === '') return true;
  const value = parseEncryptedValue(text);
  const readable = value && (value.type === COMMENT_WORD || (value.type === 'str' && place.selected));
  if (!readable) return !place.selected;
  const own = place.joinedPath;
  if (openComment(cipher, comment, value, own, own)) return true;
  for (const path of new Set(pathsAround(place))) if (openComment(cipher, comment, value, own, path)) return true;
  cipher.memory?.keep(own, text);
  return false;
}

function openComment(cipher: Cipher, comment: Comment, value: EncryptedValue, own: string, path: string): boolean {
  const plaintext = cipher.open(value, path);
  if (!plaintext) return false;
  comment.text = decodeText(plaintext);
  cipher.remember(value.iv, COMMENT_WORD, comment.text, own, path);
  return true;
}

/**
 * Encrypts a comment in place if the scope selects it or it was read encrypted.
 * @returns whether the text is a ciphertext now that was not one before.
 */
export function encryptComment(cipher: Cipher, comment: Comment, place: ScopedPlace): boolean {
  // Empty ones have no ciphertext. In a list SOPS then reads an empty text, an item more; so there a blank stands for it,
  // and the layout brings the author's mark back.
  const text = comment.text === '' && place.container.kind === 'list' ? ' ' : comment.text;
  if (text === '') return false;
  const own = place.joinedPath;
  const selected = place.selected || cipher.memory?.knows(own, COMMENT_WORD, text);
  if (!selected || (looksEncrypted(text) && cipher.memory?.isKept(own, text))) return false;
  comment.text = cipher.encryptText(text, COMMENT_WORD, own);
  return true;
}

/** Joined paths a comment may have been encrypted under: of the levels around it, and of the branches next to it. */
function pathsAround(place: ScopedPlace): string[] {
  const { container, index, prefix } = place;
  const paths = place.enclosingPaths(REACH);
  collectEdge(nearestEntry(container, index - 1, -1), prefix, -1, paths);
  collectEdge(nearestEntry(container, index + 1, 1), prefix, 1, paths);
  return paths;
}

type Entry = Item | Value;

/** Adds the paths of the branches that open one in another at the near edge of an entry beside a comment. */
function collectEdge(beside: Entry | undefined, prefix: string, step: 1 | -1, paths: string[]): void {
  let entry = beside;
  let joined = prefix;
  for (let depth = 0; entry && depth < REACH; depth++) {
    if (entry.kind === 'item') {
      joined = `${joined}${entry.key}:`;
      paths.push(joined);
      entry = entry.value;
    }
    if (entry.kind === 'leaf') return;
    entry = nearestEntry(entry, step > 0 ? 0 : entry.items.length - 1, step);
  }
}

/** The first entry from an index on that is not a comment, if there is one within reach. */
function nearestEntry(container: Branch | List, from: number, step: 1 | -1): Entry | undefined {
  for (let at = from, tried = 0; tried < RUN_REACH; at += step, tried++) {
    const entry = container.items[at];
    if (entry?.kind !== 'comment') return entry;
  }
  return undefined;
}
