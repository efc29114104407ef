/** Bech32 (BIP 173) without its limit of 90 characters, as age writes recipients and identities. */
import { SopsError } from '../../errors.js';

const ALPHABET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3] as const;
const CHECKSUM_LENGTH = 6;

export interface Bech32 {
  /** The part before the last `1`, in the case of the text. */
  readonly prefix: string;
  readonly data: Buffer;
}

/** The Bech32 text of some bytes; in upper case when the prefix is. */
export function encodeBech32(prefix: string, data: Uint8Array): string {
  const upper = prefix === prefix.toUpperCase();
  const lower = prefix.toLowerCase();
  const groups = toGroups(data);
  const all = [...groups, ...checksum(lower, groups)];
  const text = `${lower}1${all.map((group) => ALPHABET[group]).join('')}`;
  return upper ? text.toUpperCase() : text;
}

/** Prefix and bytes of a Bech32 text. Throws `key`, without quoting the text, which may be a secret. */
export function decodeBech32(text: string): Bech32 {
  const lower = text.toLowerCase();
  if (lower !== text && text.toUpperCase() !== text) throw malformed('mixed case');
  const separator = lower.lastIndexOf('1');
  const prefix = text.slice(0, Math.max(separator, 0));
  if (!/^[\x21-\x7e]+$/.test(prefix)) throw malformed('no valid prefix');
  const groups: number[] = [];
  for (let at = separator + 1; at < lower.length; at++) {
    const group = ALPHABET.indexOf(lower[at] ?? '');
    if (group < 0) throw malformed('a character that is not of the alphabet');
    groups.push(group);
  }
  if (groups.length < CHECKSUM_LENGTH) throw malformed('too short');
  if (polymod([...expand(prefix.toLowerCase()), ...groups]) !== 1) throw malformed('wrong checksum');
  return { prefix, data: fromGroups(groups.slice(0, -CHECKSUM_LENGTH)) };
}

function malformed(what: string): SopsError {
  return new SopsError('key', `malformed Bech32: ${what}`);
}

function polymod(values: readonly number[]): number {
  let state = 1;
  for (const value of values) {
    const top = state >>> 25;
    state = ((state & 0x1ffffff) << 5) ^ value;
    for (const [bit, term] of GENERATOR.entries()) {
      if ((top >>> bit) & 1) state ^= term;
    }
  }
  return state;
}

function expand(prefix: string): number[] {
  const codes = Array.from(prefix, (character) => character.charCodeAt(0));
  return [...codes.map((code) => code >>> 5), 0, ...codes.map((code) => code & 31)];
}

function checksum(prefix: string, groups: readonly number[]): number[] {
  const state = polymod([...expand(prefix), ...groups, 0, 0, 0, 0, 0, 0]) ^ 1;
  return Array.from({ length: CHECKSUM_LENGTH }, (_, index) => (state >>> (5 * (5 - index))) & 31);
}

/** Bytes to groups of five bits, the last one filled up with zeros. */
function toGroups(data: Uint8Array): number[] {
  const groups: number[] = [];
  let held = 0;
  let bits = 0;
  for (const byte of data) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      groups.push((held >>> bits) & 31);
    }
  }
  if (bits > 0) groups.push((held << (5 - bits)) & 31);
  return groups;
}

function fromGroups(groups: readonly number[]): Buffer {
  const bytes: number[] = [];
  let held = 0;
  let bits = 0;
  for (const group of groups) {
    held = ((held << 5) | group) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >>> bits) & 0xff);
  }
  if (bits >= 5 || (held & ((1 << bits) - 1)) !== 0) throw malformed('wrong padding');
  return Buffer.from(bytes);
}
