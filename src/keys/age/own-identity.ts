/** The user's own age key: the first one that is there, and where a new one belongs. */

import { join } from 'node:path';
import { SopsError } from '../../errors.js';
import { statOrThrow } from '../../util/files/files.js';
import { readFileSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { configFolder } from './folders.js';
import type { IdentityCandidate } from './identity-text.js';
import { identitySources, type SourceResult } from './sources.js';
import { generateIdentity } from './x25519.js';

export interface OwnIdentity {
  /** Where it is: a variable's name, or a path. */
  readonly location: string;
  /** Undefined for one that does not tell it (a plug-in's, one that a passphrase protects). */
  readonly recipient: string | undefined;
  /** What it is, in words that follow "it is". */
  readonly kind: string;
}

/**
 * The first identity among the sources that need no command; SSH keys do not count, since nobody said that they are meant for
 * files. Null when there is none. Throws `key` for a source that is set up and cannot be read: a new key would hide that.
 */
export async function findOwnIdentity(host: Host): Promise<OwnIdentity | null> {
  for (const source of identitySources(host)) {
    if (source.holds === 'ssh' || source.command) continue;
    const result = await source.load('');
    if (result.state === 'absent' || isToBeMade(result, source.location, host)) continue;
    if (isUnfinished(source.location === KEY_FILE ? host.env[KEY_FILE] : source.location, host)) continue;
    if (result.state !== 'loaded') throw result.error;
    const [first] = result.candidates;
    if (first) return { location: source.location, recipient: recipientOf(first), kind: kindOf(first) };
  }
  return null;
}

/** `SOPS_AGE_KEY_FILE` may name a file that is still to be made. */
function isToBeMade(result: SourceResult, location: string, host: Host): boolean {
  return (
    location === KEY_FILE && result.state === 'unreadable' && !statOrThrow(resolve(host.cwd, host.env[KEY_FILE] ?? ''))
  );
}

function recipientOf(candidate: IdentityCandidate): string | undefined {
  return 'identity' in candidate && 'recipient' in candidate.identity ? candidate.identity.recipient : undefined;
}

/** What is shown of an identity when its recipient cannot be. */
function kindOf(candidate: IdentityCandidate): string {
  switch (candidate.kind) {
    case 'plugin':
      return `an identity of the plug-in age-plugin-${candidate.name}`;
    case 'protected':
      return 'protected by a passphrase';
    case 'locked':
      return 'an SSH key';
    case 'quiet':
      return recipientOf(candidate) === undefined ? 'a post-quantum identity' : 'an age identity';
  }
}

const KEY_FILE = 'SOPS_AGE_KEY_FILE';
const IDENTITY = 'AGE-SECRET-KEY-1';
/** An identity is as long as that; what is shorter was cut off. */
const IDENTITY_LENGTH = 74;

/**
 * The bytes of a key file that a run left unfinished when it was ended: nothing, comments, or an identity that breaks off. Nothing of
 * it is worth keeping. Undefined for what is not there, for any other file, and for one that cannot be read.
 */
export function unfinishedKeyFile(path: string): Uint8Array | undefined {
  try {
    const bytes = readFileSync(path);
    // Some file systems leave zeros after a power cut.
    const lines = bytes.toString('latin1').replaceAll('\0', '').split('\n');
    const last = lines.pop() ?? '';
    const isCut = IDENTITY.startsWith(last) || (last.startsWith(IDENTITY) && last.length < IDENTITY_LENGTH);
    return lines.every(saysNothing) && (isCut || saysNothing(last)) ? bytes : undefined;
  } catch {
    return undefined;
  }
}

function saysNothing(line: string): boolean {
  return line.trim() === '' || line.startsWith('#');
}

function isUnfinished(path: string | undefined, host: Host): boolean {
  return path !== undefined && unfinishedKeyFile(resolve(host.cwd, path)) !== undefined;
}

/** Where a new key belongs: the file of `SOPS_AGE_KEY_FILE`, else the default one. Throws `key` when there is no home. */
export function placeOfNewKey(host: Host): string {
  const named = host.env[KEY_FILE];
  if (named) return resolve(host.cwd, named);
  const folder = configFolder(host);
  if (folder instanceof SopsError) throw folder;
  return join(folder, 'sops', 'age', 'keys.txt');
}

/** A new key as the text of a key file, which age and SOPS read too, and its recipient. */
export function newKeyFile(now: Date): { text: string; recipient: string } {
  const { identity, recipient } = generateIdentity();
  const created = now.toISOString().replace(/\.\d+Z$/, 'Z');
  return { text: `# created: ${created}\n# public key: ${recipient}\n${identity}\n`, recipient };
}
