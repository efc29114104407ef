/** What `git install` and its kin work on: a repository or the user's own settings, and how sops-ts is started there. */
import { isAbsolute } from 'node:path';
import { SopsError } from '../errors.js';
import { configValue } from '../exec/git/changes.js';
import { workTreeOf } from '../exec/git/places.js';
import { git, tryGit } from '../exec/git/run-git.js';
import { shellWord } from '../repository/check/examined-file.js';
import { isWithin } from '../util/files/files.js';
import { resolve } from '../util/files/paths.js';
import type { Session } from '../util/host/host.js';
import { decodeText } from '../util/text/text.js';

/** How the running program can be started again: by its name, if that is found on PATH, else by a runtime and a script, or the executable (absolute). */
export type StartWords =
  | { readonly isOnPath: true }
  | { readonly isOnPath: false; readonly command: readonly string[] };

export interface SetupRequest {
  /** Settings of the user for all repositories, in place of those of one. */
  readonly isGlobal: boolean;
  /** Nothing that is committed is changed. */
  readonly isPrivate: boolean;
  /** Whether older settings that call sops for `git diff` are taken over. */
  readonly replaces: boolean;
  readonly start: StartWords;
}

/** Where settings go. */
export interface SetupPlace extends SetupRequest {
  readonly host: Session;
  /** The top of the work tree; null for the user's own settings and a bare repository. */
  readonly top: string | null;
  /** What all work trees share; null for the user's own settings. */
  readonly commonFolder: string | null;
  /** The words that start sops-ts in settings of this machine, for a shell. */
  readonly program: string;
}

/** The same words in a file that others get as well. */
export const SHARED_PROGRAM = 'sops-ts';

/** Finds the place. Throws `failed` outside of a repository, unless the user's own settings are meant. */
export async function setupPlaceOf(request: SetupRequest, host: Session): Promise<SetupPlace> {
  const { start } = request;
  const program = start.isOnPath ? SHARED_PROGRAM : start.command.map(shellWord).join(' ');
  const place = { ...request, host, program };
  if (request.isGlobal) return { ...place, top: null, commonFolder: null };
  const tree = await workTreeOf(host.cwd, host);
  if (tree) return { ...place, top: tree.top, commonFolder: tree.commonFolder };
  const bare = await tryGit(['rev-parse', '--is-bare-repository', '--git-common-dir'], host);
  const [isBare, folder = ''] = bare?.status === 0 ? decodeText(bare.stdout).split(/\r?\n/) : [];
  if (isBare === 'true') return { ...place, top: null, commonFolder: resolve(host.cwd, folder), isPrivate: true };
  throw new SopsError('failed', 'this is not a repository of git', {
    hint: 'Change into one; with --global the settings are made for all of your repositories.',
  });
}

/** The file of attributes that is written, and which program reads as git does. */
export async function attributesFile({ top, commonFolder, isPrivate, host }: SetupPlace): Promise<string> {
  if (commonFolder !== null && (isPrivate || top === null)) return resolve(commonFolder, 'info', 'attributes');
  if (top !== null) return resolve(top, '.gitattributes');
  const named = await configPath('core.attributesFile', host);
  if (named !== undefined) return named;
  const home = host.env.XDG_CONFIG_HOME || (host.env.HOME ? `${host.env.HOME}/.config` : undefined);
  if (home === undefined) throw new SopsError('failed', 'the home folder is not known: HOME is not set');
  return resolve(home, 'git', 'attributes');
}

/** A setting that is a path, with `~` filled in by git. */
async function configPath(name: string, host: Session): Promise<string | undefined> {
  const outcome = await tryGit(['config', '--global', '--type=path', '--get', name], host);
  const path = outcome?.status === 0 ? decodeText(outcome.stdout).replace(/\r?\n$/, '') : '';
  return path === '' ? undefined : resolve(host.cwd, path);
}

/** The folder of hooks, absolute; and whether it belongs to this repository alone. */
export async function hooksFolder({ host, top, commonFolder }: SetupPlace): Promise<{ path: string; isOwn: boolean }> {
  const told = decodeText(await git(['rev-parse', '--git-path', 'hooks'], host)).replace(/\r?\n$/, '');
  const path = isAbsolute(told) ? told : resolve(host.cwd, told);
  const isOwn = [top, commonFolder].some((folder) => folder !== null && isWithin(path, folder));
  return { path, isOwn };
}

/** Whether the folder of hooks was moved by a setting. */
export async function movedHooks({ host }: SetupPlace): Promise<string | undefined> {
  return configValue('core.hooksPath', host);
}
