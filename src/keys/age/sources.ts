/** Where the user's age identities come from (spec keys-and-config.md section 2.7, "Identities"). */
import { readFile } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { SopsError } from '../../errors.js';
import type { Host } from '../../util/host.js';
import { type Candidate, parseIdentities } from './identity-text.js';
import { describeFileError, systemErrorCode } from './system-error.js';

/** What a source gave. */
export type SourceResult =
  | { readonly state: 'absent' }
  | { readonly state: 'loaded'; readonly candidates: readonly Candidate[] }
  | { readonly state: 'failed'; readonly error: SopsError };

export interface Source {
  /** How messages call it: a variable's name or a path. */
  readonly location: string;
  /** Loads what it holds, for an entry of that recipient; called once per process and distinct recipient at most. */
  load(recipient: string): Promise<SourceResult>;
}

/** All sources, in the order in which messages name them. */
export function identitySources(host: Host): Source[] {
  return [keyText(host), keyFile(host), defaultFile(host)];
}

function keyText(host: Host): Source {
  const location = 'SOPS_AGE_KEY';
  const text = host.env[location];
  return source(location, async () => (text ? readIdentities(location, Buffer.from(text), true) : null));
}

function keyFile(host: Host): Source {
  const location = 'SOPS_AGE_KEY_FILE';
  const path = host.env[location];
  return source(location, async () => {
    if (!path) return null;
    const content = await readFile(resolve(host.cwd, path)).catch((error) => {
      throw new SopsError('key', `failed to open ${location} file: ${describeFileError(error, path)}`);
    });
    return readIdentities(location, content, false);
  });
}

function defaultFile(host: Host): Source {
  const folder = configFolder(host);
  if (folder instanceof SopsError)
    return { location: 'keys.txt', load: async () => ({ state: 'failed', error: folder }) };
  const location = join(folder, 'sops', 'age', 'keys.txt');
  return source(location, async () => {
    const content = await readFile(location).catch((error) => {
      if (systemErrorCode(error) === 'ENOENT') return null;
      throw new SopsError('key', `failed to open file: ${describeFileError(error, location)}`);
    });
    return content === null ? null : readIdentities(location, content, false);
  });
}

/** The user's folder for configuration, by the rules of each system. */
function configFolder(host: Host): string | SopsError {
  const { env, platform } = host;
  if (platform === 'win32') return env.APPDATA || new SopsError('key', '%AppData% is not defined');
  const xdg = env.XDG_CONFIG_HOME;
  if (platform === 'darwin') {
    if (xdg) return xdg;
    return env.HOME ? join(env.HOME, 'Library', 'Application Support') : new SopsError('key', '$HOME is not defined');
  }
  if (xdg) return isAbsolute(xdg) ? xdg : new SopsError('key', 'path in $XDG_CONFIG_HOME is relative');
  return env.HOME ? join(env.HOME, '.config') : new SopsError('key', 'neither $XDG_CONFIG_HOME nor $HOME are defined');
}

function source(location: string, read: (recipient: string) => Promise<readonly Candidate[] | null>): Source {
  return {
    location,
    async load(recipient) {
      try {
        const candidates = await read(recipient);
        return candidates === null ? { state: 'absent' } : { state: 'loaded', candidates };
      } catch (error) {
        if (error instanceof SopsError) return { state: 'failed', error };
        throw error;
      }
    },
  };
}

async function readIdentities(location: string, content: Buffer, severalPerLine: boolean): Promise<Candidate[]> {
  try {
    return await parseIdentities(content.toString('utf8'), severalPerLine);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    throw new SopsError('key', `failed to parse '${location}' age identities: ${error.message}`, { cause: error });
  }
}
