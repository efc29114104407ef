/** The keyrings of GnuPG before 2.1, `pubring.gpg` and `secring.gpg`: OpenPGP packets one after another (RFC 9580 section 4). */

import { join } from 'node:path';
import { SopsError } from '../../errors.js';
import { isAbsent, systemReason } from '../../util/files/files.js';
import { readFile } from '../../util/files/fs-promises.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';

/** Packets that begin a key, and those that GnuPG adds for itself. */
const SECRET_KEY = 5;
const PUBLIC_KEY = 6;
const TRUST = 12;

/** The keys of a keyring, each as the bytes of its packets. */
export interface OldKeyring {
  readonly path: string;
  readonly keys: readonly Buffer[];
}

/** The folder of GnuPG's files. */
export function gnupgHome(host: Host): string {
  const own = host.env.GNUPGHOME;
  if (own) return resolve(host.cwd, own);
  const home = host.platform === 'win32' ? host.env.USERPROFILE : host.env.HOME;
  return join(home || host.cwd, '.gnupg');
}

/** The first of some keyrings that is there, or null. Throws `key` for one that cannot be read. */
export async function readOldKeyring(names: readonly string[], host: Host): Promise<OldKeyring | null> {
  for (const name of names) {
    const path = join(gnupgHome(host), name);
    const bytes = await readIfThere(path);
    if (bytes) return { path, keys: splitKeys(bytes, path) };
  }
  return null;
}

async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    const bytes = await readFile(path);
    return bytes.length === 0 ? null : bytes;
  } catch (cause) {
    if (isAbsent(cause)) return null;
    throw new SopsError('key', `could not read ${path}: ${systemReason(cause)}`, { cause });
  }
}

/** Cuts before each primary key, so that one key that cannot be understood does not spoil the others. */
function splitKeys(bytes: Buffer, path: string): Buffer[] {
  const keys: Buffer[][] = [];
  for (let at = 0; at < bytes.length; ) {
    const packet = packetAt(bytes, at);
    if (packet === null) throw new SopsError('key', `${path} is not an OpenPGP keyring, or is damaged`);
    if (packet.tag === SECRET_KEY || packet.tag === PUBLIC_KEY) keys.push([]);
    if (packet.tag !== TRUST) keys.at(-1)?.push(bytes.subarray(at, packet.end));
    at = packet.end;
  }
  return keys.map((packets) => Buffer.concat(packets));
}

interface Packet {
  readonly tag: number;
  readonly end: number;
}

/** The extent of the packet at an offset; null when there is none, or it has no definite length, as keys always have. */
function packetAt(bytes: Buffer, at: number): Packet | null {
  const first = bytes[at] ?? 0;
  const isNew = (first & 0xc0) === 0xc0;
  if ((first & 0x80) === 0) return null;
  const length = isNew ? newLength(bytes, at + 1) : oldLength(bytes, at + 1, first & 3);
  if (length === null || length.body + length.size > bytes.length) return null;
  return { tag: isNew ? first & 0x3f : (first >> 2) & 0xf, end: length.body + length.size };
}

/** Where the body of a packet begins, and how many bytes it has. */
interface Extent {
  readonly body: number;
  readonly size: number;
}

function newLength(bytes: Buffer, at: number): Extent | null {
  const first = bytes[at] ?? 0;
  if (first < 192) return { body: at + 1, size: first };
  if (first < 224) return { body: at + 2, size: (first - 192) * 256 + (bytes[at + 1] ?? 0) + 192 };
  return first === 255 ? extentOf(bytes, at + 1, 4) : null;
}

function oldLength(bytes: Buffer, at: number, type: number): Extent | null {
  const octets = [1, 2, 4][type];
  return octets === undefined ? null : extentOf(bytes, at, octets);
}

function extentOf(bytes: Buffer, at: number, octets: number): Extent | null {
  return at + octets > bytes.length ? null : { body: at + octets, size: bytes.readUIntBE(at, octets) };
}
