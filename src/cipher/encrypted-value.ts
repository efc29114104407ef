/** The text `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]`: reading and writing it (docs/format.md#values). */
import { isBase64 } from '../util/text/base64.js';

/** The parts of an encrypted value; the first three in base64, each of at least one byte. */
export interface EncryptedValue {
  /** Ciphertext without tag. */
  readonly data: string;
  readonly iv: string;
  readonly tag: string;
  /** The type word; it is not authenticated. */
  readonly type: string;
}

/** The bytes of an initialisation vector and of a tag, as every release writes them; and the length of the former in base64. */
export const IV_BYTES = 32;
export const TAG_BYTES = 16;
export const IV_TEXT_LENGTH = 44;

/** What stands before the parts of the text. */
export const HEAD = 'ENC[AES256_GCM,data:';
const IV = ',iv:';
const TAG = ',tag:';
const TYPE = ',type:';
/** Longer ones are read quicker in the general way. */
const LONG = 1 << 20;
/** What every release writes, and nothing else: one linear match instead of the general reading. */
const USUAL =
  /^ENC\[AES256_GCM,data:([A-Za-z0-9+/]+={0,2}),iv:([A-Za-z0-9+/]{43}=),tag:([A-Za-z0-9+/]{22}==),type:([a-z]+)\]$/;

/**
 * The parts of an encrypted value, or null for any other text. What SOPS's pattern accepts is accepted: nothing may
 * stand before `ENC`, the fields have a fixed order and none is empty, each reaches as far as it can, and what follows
 * the last `]` of the first line is ignored. Base64 must be strict. Linear, whatever the text.
 */
export function parseEncryptedValue(text: string): EncryptedValue | null {
  if (!text.startsWith(HEAD)) return null;
  const usual = text.length < LONG && USUAL.exec(text);
  if (usual) {
    const [, data = '', iv = '', tag = '', type = ''] = usual;
    return data.length % 4 === 0 ? { data, iv, tag, type } : null;
  }
  return parseUnusual(text);
}

const EMPTY = /^ENC\[AES256_GCM,data:,iv:([A-Za-z0-9+/]{43}=),tag:([A-Za-z0-9+/]{22}==),type:str\]$/;

/** The parts of the ciphertext of an empty string, which rops writes and SOPS does not read; null for any other text. */
export function parseEncryptedEmpty(text: string): EncryptedValue | null {
  const [, iv, tag] = EMPTY.exec(text) ?? [];
  return iv !== undefined && tag !== undefined ? { data: '', iv, tag, type: 'str' } : null;
}

function parseUnusual(text: string): EncryptedValue | null {
  const lineEnd = text.indexOf('\n');
  const line = lineEnd < 0 ? text : text.slice(0, lineEnd);
  // From the right, since greedy groups take the last mark that leaves each later field a character.
  const close = line.lastIndexOf(']');
  const type = line.lastIndexOf(TYPE, close - 1 - TYPE.length);
  const tag = type < 0 ? -1 : line.lastIndexOf(TAG, type - 1 - TAG.length);
  const iv = tag < 0 ? -1 : line.lastIndexOf(IV, tag - 1 - IV.length);
  if (close < 0 || iv <= HEAD.length) return null;
  const value = {
    data: line.slice(HEAD.length, iv),
    iv: line.slice(iv + IV.length, tag),
    tag: line.slice(tag + TAG.length, type),
    type: line.slice(type + TYPE.length, close),
  };
  return isBase64(value.data) && isBase64(value.iv) && isBase64(value.tag) ? value : null;
}

/** The text of an encrypted value. Joined, since V8 keeps the parts of a long text that was added up, at thrice its size. */
export function formatEncryptedValue({ data, iv, tag, type }: EncryptedValue): string {
  return [HEAD, data, IV, iv, TAG, tag, TYPE, type, ']'].join('');
}

/** Whether a text begins as encrypted values do; it may still be malformed. */
export function looksEncrypted(text: string): boolean {
  return text.startsWith(HEAD);
}
