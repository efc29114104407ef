/** Where the keys of git-crypt are looked for: files that are named, an unlocked repository, and those wrapped for PGP keys. */

import { basename, join } from 'node:path';
import { SopsError } from '../../errors.js';
import { configValue } from '../../exec/git/changes.js';
import { workTreeOf } from '../../exec/git/places.js';
import { INSTALL_HINT, runGpg } from '../../keys/pgp/gpg.js';
import { statOrThrow, systemReason } from '../../util/files/files.js';
import { readdirSync, readFileSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import type { Session } from '../../util/host/host.js';
import { append } from '../../util/lists.js';
import { oneLine } from '../../util/text/one-line.js';
import { type GitCryptKey, readGitCryptKey } from './git-crypt-key.js';

/** git-crypt's name for the key without one. */
export const DEFAULT_KEY = 'default';

export interface FoundKeys {
  readonly keys: readonly GitCryptKey[];
  /** The files that were named, absolute. */
  readonly files: readonly string[];
}

/** Whose keys are wanted. */
export interface KeyQuestion {
  /** The top of the work tree; undefined for a file outside of one. */
  readonly top: string | undefined;
  /** The key's name; undefined for a file that no attribute is about: then all are tried. */
  readonly name: string | undefined;
}

/** The keys of one run, each got once. */
export class GitCryptKeys {
  readonly #named: readonly string[];
  readonly #host: Session;
  readonly #got = new Map<string, Promise<FoundKeys>>();

  constructor(named: readonly string[], host: Session) {
    this.#named = named;
    this.#host = host;
  }

  /** The keys that may open a file. Throws `key` when there is none, saying where they were looked for. */
  keysFor(question: KeyQuestion): Promise<FoundKeys> {
    const key = this.#named.length > 0 ? '' : JSON.stringify([question.top, question.name]);
    const got = this.#got.get(key) ?? this.#find(question);
    this.#got.set(key, got);
    return got;
  }

  async #find({ top, name }: KeyQuestion): Promise<FoundKeys> {
    if (this.#named.length > 0) {
      const files = this.#named.map((path) => resolve(this.#host.cwd, path));
      return { keys: files.flatMap((path) => keysOfFile(path)), files };
    }
    const keys = top === undefined ? [] : await this.#keysOfRepository(top, name);
    if (keys.length === 0) throw noKey(name);
    return { keys, files: [] };
  }

  async #keysOfRepository(top: string, name: string | undefined): Promise<GitCryptKey[]> {
    const tree = await workTreeOf(top, this.#host, true);
    if (!tree) return [];
    const folders = [...new Set([tree.gitFolder, tree.commonFolder])].map((path) => join(path, 'git-crypt', 'keys'));
    const unlocked = folders.flatMap((folder) => namesIn(folder, name).map((one) => join(folder, one)));
    if (unlocked.length > 0) return unlocked.flatMap(keysOfFile);
    const state = await configValue('git-crypt.repoStateDir', this.#host, { cwd: top, elsewhere: true });
    const wrapped = join(top, state || '.git-crypt', 'keys');
    return this.#unwrapped(namesIn(wrapped, name).map((one) => join(wrapped, one)));
  }

  /** Each version of a key is in a folder of its own, in a file for each PGP key that may open it. */
  async #unwrapped(folders: readonly string[]): Promise<GitCryptKey[]> {
    const versions = folders.flatMap((folder) => namesIn(folder).map((version) => join(folder, version)));
    if (versions.length === 0) return [];
    const own = await secretFingerprints(this.#host);
    const keys: GitCryptKey[] = [];
    for (const version of versions) append(keys, await unwrap(version, own, this.#host));
    return keys;
  }
}

function namesIn(folder: string, name?: string): string[] {
  if (!statOrThrow(folder)?.isDirectory()) return [];
  const names = readdirSync(folder).sort();
  return name === undefined ? names : names.filter((one) => one === name);
}

function keysOfFile(path: string): GitCryptKey[] {
  try {
    return readGitCryptKey(readFileSync(path));
  } catch (cause) {
    if (cause instanceof SopsError) throw cause.with('key', { file: path });
    throw new SopsError('key', `cannot read the key of git-crypt: ${systemReason(cause)}`, { file: path, cause });
  }
}

/** Of what `gpg` has secret keys for; null where it does not tell. */
async function secretFingerprints(host: Session): Promise<ReadonlySet<string> | null> {
  const listed = await runGpg(['--batch', '--with-colons', '--list-secret-keys'], Buffer.alloc(0), host).catch(
    () => null,
  );
  const lines = listed?.toString('utf8').split('\n') ?? [];
  const found = lines.filter((line) => line.startsWith('fpr:')).map((line) => line.split(':')[9] ?? '');
  return listed && new Set(found);
}

async function unwrap(folder: string, own: ReadonlySet<string> | null, host: Session): Promise<GitCryptKey[]> {
  const all = namesIn(folder).filter((name) => name.endsWith('.gpg'));
  const mine = own ? all.filter((name) => own.has(basename(name, '.gpg'))) : all;
  let failure: SopsError | undefined;
  for (const name of mine) {
    const path = join(folder, name);
    try {
      const bytes = await runGpg(['--decrypt'], readFileSync(path), host);
      if (bytes === null)
        throw new SopsError('key', 'the key is wrapped for PGP keys, and gpg is not there', { hint: INSTALL_HINT });
      return readGitCryptKey(bytes);
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      failure = error.with('key', { file: path });
    }
  }
  throw failure ?? notForYou(folder, all);
}

function notForYou(folder: string, names: readonly string[]): SopsError {
  const fingerprints = names.map((name) => basename(name, '.gpg'));
  return new SopsError(
    'key',
    `gpg has no secret key of those that open this key of git-crypt: ${fingerprints.join(', ')}`,
    {
      file: folder,
      hint: 'Ask somebody who has it for git-crypt export-key FILE, and give --key-file FILE.',
    },
  );
}

function noKey(name: string | undefined): SopsError {
  const which = name === undefined ? '' : ` ${oneLine(name)}`;
  return new SopsError('key', `no key${which} of git-crypt is here`, {
    hint: `Unlock the repository (git-crypt unlock), or give --key-file FILE with what git-crypt export-key wrote${
      name === undefined || name === DEFAULT_KEY ? '' : ` for --key-name ${oneLine(name)}`
    }.`,
  });
}
