/** The user's own age key: the first one that is there, and where a new one belongs. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SopsError } from '../../errors.js';
import type { Host } from '../../util/host.js';
import { configFolder } from './folders.js';
import type { Candidate } from './identity-text.js';
import { identitySources, type SourceResult } from './sources.js';
import { generateIdentity } from './x25519.js';

export interface OwnIdentity {
  /** Where it is: a variable's name, or a path. */
  readonly location: string;
  /** Undefined for one that does not tell it (a plug-in's, one that a passphrase protects). */
  readonly recipient: string | undefined;
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
    if (result.state !== 'loaded') throw result.error;
    const [first] = result.candidates;
    if (first) return { location: source.location, recipient: recipientOf(first) };
  }
  return null;
}

/** `SOPS_AGE_KEY_FILE` may name a file that is still to be made. */
function isToBeMade(result: SourceResult, location: string, host: Host): boolean {
  return (
    location === KEY_FILE && result.state === 'unreadable' && !existsSync(resolve(host.cwd, host.env[KEY_FILE] ?? ''))
  );
}

function recipientOf(candidate: Candidate): string | undefined {
  return 'identity' in candidate && 'recipient' in candidate.identity ? candidate.identity.recipient : undefined;
}

const KEY_FILE = 'SOPS_AGE_KEY_FILE';

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
