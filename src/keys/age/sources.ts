/** Where the user's age identities come from (docs/keys/age.md#identities). */

import { join } from 'node:path';
import { SopsError } from '../../errors.js';
import { readFileSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import { pipeBytes } from '../../util/files/pipe-bytes.js';
import type { Host } from '../../util/host/host.js';
import { isContent } from '../../util/text/content-as-path.js';
import { configFolder, homeFolder } from './folders.js';
import { readIdentities } from './identity-content.js';
import type { IdentityCandidate } from './identity-text.js';
import { describeFileError, systemErrorCode } from './system-error.js';

/** What a source gave. */
export type SourceResult =
  /** It is not set, or not there; the error says so where there is not even a name for it. */
  | { readonly state: 'absent'; readonly error?: SopsError }
  | { readonly state: 'loaded'; readonly candidates: readonly IdentityCandidate[] }
  /** It is set, but could not be read, or holds what is not an identity. */
  | { readonly state: 'unreadable' | 'malformed'; readonly error: SopsError };

export interface IdentitySource {
  /** How messages call it: a variable's name or a path. */
  readonly location: string;
  /** `ssh`: it holds a private SSH key, so it is of use for SSH stanzas only. */
  readonly holds: 'identities' | 'ssh';
  /** Whether a command is run for it, which is done after looking into files, and once for each recipient. */
  readonly command: boolean;
  /** Whether its absence is mentioned only when there is nothing else. */
  readonly lastResort: boolean;
  /** Called once per process, or once per recipient of an entry for commands. Never rejects with a SopsError. */
  load(recipient: string): Promise<SourceResult>;
}

/** All sources, in the order in which messages name them. */
export function identitySources(host: Host): IdentitySource[] {
  return [
    sshFile(host),
    command('SOPS_AGE_SSH_PRIVATE_KEY_CMD', 'ssh', host),
    ...sshFolder(host),
    keyText(host),
    keyFile(host),
    command('SOPS_AGE_KEY_CMD', 'identities', host),
    defaultFile(host),
  ];
}

interface SourceParts extends Partial<IdentitySource> {
  readonly location: string;
  readonly holds: IdentitySource['holds'];
  /** The content, or null when there is none. */
  read(recipient: string): Promise<Buffer | null>;
  parse(content: Buffer): Promise<readonly IdentityCandidate[]>;
}

/** A source that is known by what it reads. */
export function source({ read, parse, ...traits }: SourceParts): IdentitySource {
  return {
    command: false,
    lastResort: false,
    async load(recipient) {
      let state: 'unreadable' | 'malformed' = 'unreadable';
      try {
        const content = await read(recipient);
        if (content === null) return { state: 'absent' };
        state = 'malformed';
        return { state: 'loaded', candidates: await parse(content) };
      } catch (error) {
        if (error instanceof SopsError) return { state, error };
        throw error;
      }
    },
    ...traits,
  };
}

function sshFile(host: Host): IdentitySource {
  const location = 'SOPS_AGE_SSH_PRIVATE_KEY_FILE';
  const path = host.env[location] ?? '';
  return source({
    location,
    holds: 'ssh',
    read: async () => (path === '' ? null : readOrExplain(path, 'failed to open file', host)),
    parse: async (content) => [await (await import('./ssh/key-file.js')).readKeyFile(content, path, host)],
  });
}

function sshFolder(host: Host): IdentitySource[] {
  const home = homeFolder(host);
  if (home instanceof SopsError) return [unknownPlace('~/.ssh', 'ssh', home)];
  return ['id_ed25519', 'id_rsa'].map((name) => {
    const location = join(home, '.ssh', name);
    return source({
      location,
      holds: 'ssh',
      read: () => readIfThere(location, host),
      parse: async (content) => [await (await import('./ssh/key-file.js')).readKeyFile(content, location, host)],
    });
  });
}

/** A command; set but empty, which makes SOPS crash, is not set. */
function command(location: string, holds: IdentitySource['holds'], host: Host): IdentitySource {
  const text = host.env[location] ?? '';
  return source({
    location,
    holds,
    command: true,
    async read(recipient) {
      if (text === '') return null;
      return (await import('./identity-command.js')).runIdentityCommand(location, text, recipient, host);
    },
    async parse(output) {
      if (holds === 'identities') return readIdentities(location, output, false, host);
      return [(await import('./ssh/key-file.js')).readKeyOutput(output, location)];
    },
  });
}

function keyText(host: Host): IdentitySource {
  const location = 'SOPS_AGE_KEY';
  const text = host.env[location] ?? '';
  return source({
    location,
    holds: 'identities',
    read: async () => (text === '' ? null : Buffer.from(text)),
    parse: (content) => readIdentities(location, content, true, host),
  });
}

function keyFile(host: Host): IdentitySource {
  const location = 'SOPS_AGE_KEY_FILE';
  const path = host.env[location] ?? '';
  return source({
    location,
    holds: 'identities',
    read: async () => (path === '' ? null : readOrExplain(path, `failed to open ${location} file`, host)),
    parse: (content) => readIdentities(location, content, false, host),
  });
}

function defaultFile(host: Host): IdentitySource {
  const folder = configFolder(host);
  if (folder instanceof SopsError) {
    const error = new SopsError('key', `user config directory could not be determined: ${folder.message}`);
    return { ...unknownPlace('keys.txt', 'identities', error), lastResort: true };
  }
  const location = join(folder, 'sops', 'age', 'keys.txt');
  return source({
    location,
    holds: 'identities',
    lastResort: true,
    read: () => readIfThere(location, host),
    parse: (content) => readIdentities(location, content, false, host),
  });
}

function unknownPlace(location: string, holds: IdentitySource['holds'], error: SopsError): IdentitySource {
  return { location, holds, command: false, lastResort: false, load: async () => ({ state: 'absent', error }) };
}

export async function readOrExplain(path: string, failed: string, host: Host): Promise<Buffer> {
  if (isContent(path)) {
    const hint = /AGE-/i.test(path)
      ? 'Put it into SOPS_AGE_KEY, or name the file that it is in.'
      : 'Name the file that it is in.';
    throw new SopsError('key', `${failed}: what is named is no path, but content`, { hint });
  }
  try {
    return await readKeys(path, host);
  } catch (error) {
    throw new SopsError('key', `${failed}: ${describeFileError(error, path)}`);
  }
}

async function readIfThere(path: string, host: Host): Promise<Buffer | null> {
  try {
    return await readKeys(path, host);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return null;
    throw new SopsError('key', `failed to open file: ${describeFileError(error, path)}`);
  }
}

async function readKeys(path: string, host: Host): Promise<Buffer> {
  const file = resolve(host.cwd, path);
  return (await pipeBytes(file, host)) ?? readFileSync(file);
}
