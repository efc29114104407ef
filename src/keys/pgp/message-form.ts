/** Whether an entry of metadata holds a message of OpenPGP in its armor (RFC 9580, section 6), for whomever it may be. */
import { decodeBase64 } from '../../util/text/base64.js';

const BEGIN = '-----BEGIN PGP MESSAGE-----';
const END = '-----END PGP MESSAGE-----';

/** Whether the armor is whole: its lines, the base64 in them and, where there is one, the checksum. */
export function isMessage(armored: string): boolean {
  const lines = armored
    .trim()
    .split(/\r?\n/)
    .map((line) => line.trimEnd());
  if (lines.shift() !== BEGIN || lines.pop() !== END) return false;
  const body = lines.slice(lines.indexOf('') + 1);
  const checksum = body.at(-1)?.startsWith('=') ? body.pop()?.slice(1) : undefined;
  const bytes = decodeBase64(body.join(''));
  if (bytes === null || bytes.length === 0) return false;
  return (
    checksum === undefined || decodeBase64(checksum)?.toString('hex') === crc24(bytes).toString(16).padStart(6, '0')
  );
}

function crc24(bytes: Uint8Array): number {
  let crc = 0xb704ce;
  for (const byte of bytes) {
    crc ^= byte << 16;
    for (let bit = 0; bit < 8; bit++) {
      crc <<= 1;
      if (crc & 0x1000000) crc ^= 0x1864cfb;
    }
  }
  return crc & 0xffffff;
}
