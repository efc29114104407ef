/** Where a repository is, and what git lists of it. */
import { basename, dirname } from 'node:path';
import { SopsError } from '../../errors.js';
import { statOrThrow } from '../../util/files/files.js';
import { resolve } from '../../util/files/paths.js';
import { realPathIfThere } from '../../util/files/real-path.js';
import type { Host } from '../../util/host/host.js';
import { oneLine } from '../../util/text/one-line.js';
import { decodeText } from '../../util/text/text.js';
import type { ProgramOutcome } from '../run-program.js';
import { git, gitOutcome, tryGit } from './run-git.js';

/** A work tree of a repository; absolute paths. */
export interface WorkTree {
  /** The top of the work tree. */
  readonly top: string;
  /** What all work trees of the repository share (`info/attributes`, hooks). */
  readonly commonFolder: string;
  /** What is this work tree's own (`MERGE_HEAD`, the index). */
  readonly gitFolder: string;
}

/**
 * The work tree that a folder is in; null outside of one, in a bare repository, and where there is no git. Throws `failed` where git
 * will not look into the repository that is there, as into one of another user, or cannot be started.
 */
export async function workTreeOf(folder: string, host: Host, elsewhere = false): Promise<WorkTree | null> {
  const args = ['rev-parse', '--show-toplevel', '--git-common-dir', '--git-dir'];
  const outcome = await askIn(folder, args, host, elsewhere);
  if (outcome === null) return null;
  if (outcome.status !== 0) return noWorkTree(decodeText(outcome.stderr), folder);
  const [top = '', common = '', own = ''] = decodeText(outcome.stdout).split(/\r?\n/);
  return { top, commonFolder: resolve(folder, common), gitFolder: resolve(folder, own) };
}

/**
 * How git ended in a folder; null where there is no git. If it cannot be started, as for want of processes, that is the same only where
 * there is no repository: its files must not be taken for those of an ordinary folder.
 */
async function askIn(
  folder: string,
  args: readonly string[],
  host: Host,
  elsewhere: boolean,
): Promise<ProgramOutcome | null> {
  try {
    return await tryGit(args, host, { cwd: folder, elsewhere });
  } catch (error) {
    const isNamed = !elsewhere && host.env.GIT_DIR !== undefined;
    if (!statOrThrow(folder) || (!isNamed && repositoryOf(folder) === undefined)) return null;
    throw error;
  }
}

/** Whether a folder without a work tree is one of a repository: a bare one, or a `.git`. */
export async function isWithoutWorkTree(folder: string, host: Host): Promise<boolean> {
  const outcome = await tryGit(['rev-parse', '--git-dir'], host, { cwd: folder }).catch(() => null);
  return outcome?.status === 0;
}

/** What git says where it found no repository, or one without a work tree; anything else is about one that it could not use. */
const NO_REPOSITORY = /not a git repository/;
const NO_WORK_TREE = /must be run in a work tree/;

function noWorkTree(said: string, folder: string): null {
  const reason = /^fatal: (.*)/m.exec(said)?.[1] ?? '';
  if (reason === '' || NO_WORK_TREE.test(reason)) return null;
  if (NO_REPOSITORY.test(reason)) return noRepository(folder, reason);
  const isForeign = reason.includes('dubious ownership');
  throw new SopsError('failed', `git does not use the repository of ${oneLine(folder)}: ${oneLine(reason)}`, {
    hint: isForeign
      ? 'It belongs to another user. If you trust it: git config --global --add safe.directory, with its folder.'
      : 'Mend that: git status tells the same.',
  });
}

/** The folder of the repository that a folder lies in, told without git; undefined for none. A folder that is not there yet counts, too. */
export function repositoryOf(folder: string): string | undefined {
  return nearestFolder(folder, (at) => statOrThrow(resolve(at, '.git')) !== undefined);
}

/** A folder or the nearest one above it of which something is true; undefined for none. */
function nearestFolder(folder: string, isIt: (folder: string) => boolean): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (isIt(at)) return at;
    if (dirname(at) === at) return undefined;
  }
}

/** A `.git` that git passes over, e.g. with a broken `HEAD`, or a submodule's that points to a place that is gone, was meant to be one. */
function noRepository(folder: string, reason: string): null {
  // Git goes up from where a link leads.
  const meant = nearestFolder(realPathIfThere(folder) ?? folder, (at) => {
    const entry = resolve(at, '.git');
    return statOrThrow(entry)?.isFile() === true || statOrThrow(resolve(entry, 'HEAD')) !== undefined;
  });
  if (meant === undefined) return null;
  throw new SopsError('failed', `git does not use the repository of ${oneLine(meant)}: ${oneLine(reason)}`, {
    hint: 'Its .git is damaged, or points to a place that is gone: mend or remove it. git status tells the same.',
  });
}

/** Which of a work tree's files are listed. */
export interface ListedFiles {
  /** Paths from the folder asked about, with `/`; in git's order, each once. Files that are gone from the work tree are among them. */
  readonly files: readonly string[];
  /** Repositories within that are not part of this one, and submodules. */
  readonly repositories: readonly string[];
  /** Folders that could not be looked into; of them only tracked files are among the others. */
  readonly closed: readonly ClosedFolder[];
}

/** A folder with the reason that the system gave. */
export interface ClosedFolder {
  /** From the top of the work tree. */
  readonly path: string;
  readonly reason: string;
}

/** The files below a folder that git knows or would add: tracked ones, though ignored, and untracked ones that are not ignored. */
export async function listFiles(folder: string, host: Host, { elsewhere = false } = {}): Promise<ListedFiles> {
  const call = { cwd: folder, elsewhere };
  const args = ['ls-files', '-z', '-co', '--exclude-standard', '--deduplicate'];
  const [outcome, staged] = await Promise.all([
    gitOutcome(args, host, call),
    git(['ls-files', '-z', '-s'], host, call),
  ]);
  const submodules = new Set(
    fieldsOf(staged).flatMap((line) => (line.startsWith('160000 ') ? [line.slice(line.indexOf('\t') + 1)] : [])),
  );
  const files: string[] = [];
  const repositories: string[] = [...submodules];
  for (const path of fieldsOf(outcome.stdout)) {
    if (path.endsWith('/')) repositories.push(path.slice(0, -1));
    else if (!submodules.has(path)) files.push(path);
  }
  return { files, repositories, closed: closedFolders(outcome.stderr) };
}

/** What git could not look into, and says so beside its list. */
function closedFolders(said: Uint8Array): ClosedFolder[] {
  return decodeText(said)
    .split('\n')
    .flatMap((line) => {
      const [, path, reason = ''] = /^warning: could not open directory '(.*)': (.*)$/.exec(line) ?? [];
      return path === undefined ? [] : [{ path: path.replace(/\/$/, ''), reason: reason.toLowerCase() }];
    });
}

/** Whether git tracks a file; false outside of repositories, and where there is no git. Throws `failed` where it cannot be started. */
export async function isTracked(path: string, host: Host): Promise<boolean> {
  const args = ['ls-files', '-z', '--', `:(literal)${basename(path)}`];
  const outcome = await askIn(dirname(path), args, host, true);
  return outcome?.status === 0 && outcome.stdout.length > 0;
}

/** The fields of an answer that git gave with `-z`. */
export function fieldsOf(answer: Uint8Array): string[] {
  const text = decodeText(answer);
  return text === '' ? [] : text.split('\0').slice(0, text.endsWith('\0') ? -1 : undefined);
}
