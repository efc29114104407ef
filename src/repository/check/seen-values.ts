/** What stands at each place of a document, as our own reader sees it: ciphertext, plaintext, or what is neither. */
import { COMMENT_WORD } from '../../cipher/comment-cipher.js';
import {
  formatEncryptedValue,
  looksEncrypted,
  parseEncryptedEmpty,
  parseEncryptedValue,
} from '../../cipher/encrypted-value.js';
import type { EncryptionScope } from '../../tree/scope.js';
import type { Branch, KeyPath, LeafValue } from '../../tree/tree.js';
import { type ScopedPlace, walk } from '../../tree/walk.js';

/** `malformed`: it begins like a ciphertext but is not one. */
export type ValueState = 'encrypted' | 'malformed' | 'plain';

/** A value or comment that is not empty. */
export interface SeenValue {
  readonly kind: 'value' | 'comment';
  readonly path: KeyPath;
  /** Whether the scope has it encrypted. */
  readonly selected: boolean;
  readonly state: ValueState;
  /** Where it stands in the text, if it does. */
  readonly offset: number | undefined;
  /** Of a comment that is not ciphertext. */
  readonly text?: string;
}

/** Whatever encrypting would leave as it is (null, empty texts, empty comments) is not among them. */
export function valuesSeen(documents: readonly Branch[], scope: EncryptionScope): SeenValue[] {
  const seen: SeenValue[] = [];
  const note = (kind: SeenValue['kind'], value: LeafValue, offset: number | undefined, place: ScopedPlace): void => {
    if (value === null || value === '') return;
    const state = stateOf(value);
    const text = kind === 'comment' && state === 'plain' ? { text: String(value) } : {};
    seen.push({ kind, path: place.path, selected: place.selected, state, offset, ...text });
  };
  walk(documents, scope, {
    leaf: (leaf, place) => note('value', leaf.value, (leaf.source ?? leaf.alias)?.start, place),
    comment: (comment, place) => note('comment', comment.text, comment.source?.start, place),
  });
  return seen;
}

/** What is readable of ciphertexts of every release; the word is not authenticated, so anything might stand there. */
const TYPE_WORDS = new Set(['str', 'int', 'float', 'bool', 'bytes', 'time', COMMENT_WORD]);

/** A tag of 16 bytes, the only ones that are taken (src/cipher/cipher.ts). */
const WHOLE_TAG = /^.{22}==$/;

/** What a value is, by its text alone. Whatever stands after a ciphertext every program passes over, and it is not encrypted. */
export function stateOf(value: LeafValue): ValueState {
  if (typeof value !== 'string' || !value.startsWith('ENC[')) return 'plain';
  const parsed = looksEncrypted(value) ? (parseEncryptedValue(value) ?? parseEncryptedEmpty(value)) : null;
  const isAll =
    parsed &&
    TYPE_WORDS.has(parsed.type) &&
    WHOLE_TAG.test(parsed.tag) &&
    formatEncryptedValue(parsed) === value.trimEnd();
  return isAll ? 'encrypted' : 'malformed';
}
