/** The order that Go sorts strings in: by their bytes. */
import { encodeText } from './text.js';

/** From here on the order of UTF-16 units may differ from that of UTF-8. */
const FIRST_SURROGATE = 0xd800;

/** Compares two texts by their UTF-8 bytes, those that stand for other bytes (`decodeText`) by these; as `Array.sort` takes it. */
export function compareBytes(one: string, other: string): number {
  const shorter = Math.min(one.length, other.length);
  for (let at = 0; at < shorter; at++) {
    const [here, there] = [one.charCodeAt(at), other.charCodeAt(at)];
    if (here === there) continue;
    if (here < FIRST_SURROGATE && there < FIRST_SURROGATE) return here - there;
    return Buffer.compare(encodeText(one), encodeText(other));
  }
  return one.length - other.length;
}
