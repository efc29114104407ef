/**
 * Which configurations the user trusts: for each one a file in a folder of the user's own, named after the configuration's path, with the
 * digest of what was trusted. A configuration that was changed since is trusted no more (as with direnv).
 */
import { createHash } from 'node:crypto';
import { isAbsolute, join } from 'node:path';
import { getuid } from 'node:process';
import { SopsError } from '../errors.js';
import { writeFileSafely } from '../util/files/atomic-write.js';
import { isAbsent, statOf, systemCode, systemReason } from '../util/files/files.js';
import { chmodSync, mkdirSync, readdirSync, readFileSync, type Stats, unlinkSync } from '../util/files/fs.js';
import { realPath } from '../util/files/real-path.js';
import type { Host } from '../util/host/host.js';
import { encodeText } from '../util/text/text.js';
import type { ConfigFile } from './model.js';

/** A configuration that was trusted. */
export interface TrustRecord {
  /** Its path, links resolved. */
  readonly path: string;
  /** SHA-256 of its bytes, in hexadecimal digits. */
  readonly sha256: string;
}

/** How a record relates to what is there now. */
export type RecordState = 'trusted' | 'changed' | 'gone' | 'closed';

const PRIVATE_FOLDER = 0o700;
const PRIVATE_FILE = 0o600;
const OTHERS_WRITE = 0o022;
const ENDING = '.json';

/** Whether the user has trusted a configuration as it is. A record that others could have written counts for nothing. */
export function isTrusted({ absolute, bytes }: ConfigFile, host: Host): boolean {
  const folder = recordFolder(host);
  if (folder === null) return false;
  const path = realPath(absolute);
  const record = readRecord(folder, nameFor(path), host);
  return record?.path === path && record.sha256 === digestOf(bytes);
}

/** Records that the user trusts a configuration as it is. Throws `output-unwritable` and `write-failed`. */
export async function recordTrust({ absolute, bytes }: ConfigFile, host: Host): Promise<void> {
  const folder = recordFolder(host);
  if (folder === null) {
    throw new SopsError(
      'output-unwritable',
      `there is no place for what you trust: neither XDG_CONFIG_HOME nor ${host.platform === 'win32' ? 'APPDATA' : 'HOME'} is set`,
      { hint: 'Set one of them, or SOPS_TS_TRUST=all for this run.' },
    );
  }
  const path = realPath(absolute);
  const file = join(folder, nameFor(path));
  try {
    mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER });
    if (host.platform !== 'win32') chmodSync(folder, PRIVATE_FOLDER);
    const old = statOf(file);
    if (old && !isOwn(old, host)) unlinkSync(file);
  } catch (cause) {
    throw new SopsError('output-unwritable', `cannot make ${folder}: ${systemReason(cause)}`, { file: folder, cause });
  }
  const { tellSwept } = await import('../util/files/leftovers.js');
  tellSwept(folder, host);
  const record: TrustRecord = { path, sha256: digestOf(bytes) };
  await writeFileSafely(file, encodeText(`${JSON.stringify(record)}\n`), { mode: PRIVATE_FILE });
}

/** What the user has trusted, by path, and whether it still counts. */
export function trustRecords(host: Host): (TrustRecord & { readonly state: RecordState })[] {
  const folder = recordFolder(host);
  const records = folder === null ? [] : namesIn(folder).map((name) => readRecord(folder, name, host));
  return records
    .flatMap((record) => (record === null ? [] : { ...record, state: stateOf(record) }))
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** Forgets a configuration, which need not be there any more. False when it was not trusted. Throws `write-failed`. */
export function forgetTrust(absolute: string, host: Host): boolean {
  const folder = recordFolder(host);
  if (folder === null) return false;
  const file = join(folder, nameFor(realPath(absolute)));
  try {
    unlinkSync(file);
    return true;
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return false;
    throw new SopsError('write-failed', `cannot remove ${file}: ${systemReason(cause)}`, { file, cause });
  }
}

/** The folder of the records, below that of the user's settings; null where there is none. */
function recordFolder({ env, platform }: Host): string | null {
  const { XDG_CONFIG_HOME: settings = '', APPDATA: appData = '', HOME: home = '' } = env;
  const base = isAbsolute(settings) ? settings : platform === 'win32' ? appData : home && join(home, '.config');
  return isAbsolute(base) ? join(base, 'sops-ts', 'trust') : null;
}

/** A record, or null for none, a broken one, and one that is not the user's alone. */
function readRecord(folder: string, name: string, host: Host): TrustRecord | null {
  const file = join(folder, name);
  for (const stats of [statOf(folder), statOf(file)]) if (!stats || !isOwn(stats, host)) return null;
  try {
    const { path, sha256 } = JSON.parse(readFileSync(file, 'utf8'));
    return typeof path === 'string' && typeof sha256 === 'string' ? { path, sha256 } : null;
  } catch {
    return null;
  }
}

function isOwn({ uid, mode }: Stats, { platform }: Host): boolean {
  return platform === 'win32' || (uid === getuid?.() && (mode & OTHERS_WRITE) === 0);
}

function stateOf({ path, sha256 }: TrustRecord): RecordState {
  try {
    return digestOf(readFileSync(path)) === sha256 ? 'trusted' : 'changed';
  } catch (cause) {
    return isAbsent(cause) ? 'gone' : 'closed';
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(ENDING));
  } catch (cause) {
    if (isAbsent(cause)) return [];
    throw new SopsError('input-unreadable', `cannot read ${folder}: ${systemReason(cause)}`, { file: folder, cause });
  }
}

function nameFor(path: string): string {
  return digestOf(encodeText(path)) + ENDING;
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
