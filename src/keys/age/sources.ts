/** Where the user's age identities come from (spec keys-and-config.md section 2.7, "Identities"). */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SopsError } from '../../errors.js';
import type { Host } from '../../util/host.js';
import { configFolder, homeFolder } from './folders.js';
import { readIdentities } from './identity-content.js';
import type { Candidate } from './identity-text.js';
import { describeFileError, systemErrorCode } from './system-error.js';

/** What a source gave. */
export type SourceResult =
  /** It is not set, or not there; the error says so where there is not even a name for it. */
  | { readonly state: 'absent'; readonly error?: SopsError }
  | { readonly state: 'loaded'; readonly candidates: readonly Candidate[] }
  | { readonly state: 'failed'; readonly error: SopsError };

export interface Source {
  /** How messages call it: a variable's name or a path. */
  readonly location: string;
  /** `ssh`: it holds a private SSH key, so it is of use for SSH stanzas only. */
  readonly holds: 'identities' | 'ssh';
  /** Whether a command is run for it, which is done after looking into files, and once for each recipient. */
  readonly command: boolean;
  /** Whether its absence is worth a word only when there is nothing else. */
  readonly lastResort: boolean;
  /** Called once per process, or once per recipient of an entry for commands. Never rejects with a SopsError. */
  load(recipient: string): Promise<SourceResult>;
}

/** All sources, in the order in which messages name them. */
export function identitySources(host: Host): Source[] {
  return [
    sshFileVariable(host),
    commandVariable('SOPS_AGE_SSH_PRIVATE_KEY_CMD', 'ssh', host),
    ...sshFolder(host),
    keyText(host),
    keyFile(host),
    commandVariable('SOPS_AGE_KEY_CMD', 'identities', host),
    defaultFile(host),
  ];
}

type Read = (recipient: string) => Promise<readonly Candidate[] | null>;

/** A source from a function that gives null when there is nothing to read, and throws what its user should know. */
function source(location: string, holds: Source['holds'], read: Read, traits: Partial<Source> = {}): Source {
  return {
    location,
    holds,
    command: false,
    lastResort: false,
    async load(recipient) {
      try {
        const candidates = await read(recipient);
        return candidates === null ? { state: 'absent' } : { state: 'loaded', candidates };
      } catch (error) {
        if (error instanceof SopsError) return { state: 'failed', error };
        throw error;
      }
    },
    ...traits,
  };
}

function sshFileVariable(host: Host): Source {
  const location = 'SOPS_AGE_SSH_PRIVATE_KEY_FILE';
  const path = host.env[location];
  return source(location, 'ssh', async () => {
    if (!path) return null;
    const content = await readFile(resolve(host.cwd, path)).catch((error) => {
      throw new SopsError('key', `failed to open file: ${describeFileError(error, path)}`);
    });
    return [await (await import('./ssh/key-file.js')).readKeyFile(content, path, host)];
  });
}

function sshFolder(host: Host): Source[] {
  const home = homeFolder(host);
  if (home instanceof SopsError) {
    return [source('~/.ssh', 'ssh', async () => null, { load: async () => ({ state: 'absent', error: home }) })];
  }
  return ['id_ed25519', 'id_rsa'].map((name) => {
    const location = join(home, '.ssh', name);
    return source(location, 'ssh', async () => {
      const content = await readIfThere(location);
      if (content === null) return null;
      return [await (await import('./ssh/key-file.js')).readKeyFile(content, location, host)];
    });
  });
}

function commandVariable(location: string, holds: Source['holds'], host: Host): Source {
  const command = host.env[location];
  const read: Read = async (recipient) => {
    // Set but empty makes SOPS crash; here it is not set.
    if (!command) return null;
    const { runIdentityCommand } = await import('./identity-command.js');
    const output = await runIdentityCommand(location, command, recipient, host);
    if (holds === 'identities') return readIdentities(location, output, false, host);
    return [(await import('./ssh/key-file.js')).readKeyOutput(output, location)];
  };
  return source(location, holds, read, { command: true });
}

function keyText(host: Host): Source {
  const location = 'SOPS_AGE_KEY';
  const text = host.env[location];
  return source(location, 'identities', async () => {
    return text ? readIdentities(location, Buffer.from(text), true, host) : null;
  });
}

function keyFile(host: Host): Source {
  const location = 'SOPS_AGE_KEY_FILE';
  const path = host.env[location];
  return source(location, 'identities', async () => {
    if (!path) return null;
    const content = await readFile(resolve(host.cwd, path)).catch((error) => {
      throw new SopsError('key', `failed to open ${location} file: ${describeFileError(error, path)}`);
    });
    return readIdentities(location, content, false, host);
  });
}

function defaultFile(host: Host): Source {
  const folder = configFolder(host);
  if (folder instanceof SopsError) {
    const error = new SopsError('key', `user config directory could not be determined: ${folder.message}`);
    const load = async (): Promise<SourceResult> => ({ state: 'absent', error });
    return source('keys.txt', 'identities', async () => null, { lastResort: true, load });
  }
  const location = join(folder, 'sops', 'age', 'keys.txt');
  const read: Read = async () => {
    const content = await readIfThere(location);
    return content === null ? null : readIdentities(location, content, false, host);
  };
  return source(location, 'identities', read, { lastResort: true });
}

async function readIfThere(path: string): Promise<Buffer | null> {
  return readFile(path).catch((error) => {
    if (systemErrorCode(error) === 'ENOENT') return null;
    throw new SopsError('key', `failed to open file: ${describeFileError(error, path)}`);
  });
}
