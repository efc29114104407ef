/** What the words of `diff` stand for: files, revisions, the index and its stages, standard input; and what changed between two states. */

import { relative, sep } from 'node:path';
import { SopsError } from '../../errors.js';
import { readBlob, readBlobs } from '../../exec/git/blobs.js';
import { commitOf, mergeBase } from '../../exec/git/changes.js';
import { fieldsOf, workTreeOf } from '../../exec/git/places.js';
import { git, gitText } from '../../exec/git/run-git.js';
import { readInput } from '../../operations/read/input.js';
import { statOrThrow } from '../../util/files/files.js';
import { resolve } from '../../util/files/paths.js';
import type { Host, Session } from '../../util/host/host.js';
import { append } from '../../util/lists.js';
import { oneLine } from '../../util/text/one-line.js';
import { contentOf } from '../contents.js';
import { compareTexts } from '../operands.js';

/** One state of a file. */
export interface Version {
  /** As the user named it, or names it. */
  readonly name: string;
  /** Tells the format; empty for standard input. */
  readonly path: string;
  /** Null where there is no such file. */
  readonly bytes: Uint8Array | null;
  /** What stands before `:PATH` in git's words: a revision, or nothing for the index; absent for what does not come from git. */
  readonly revision?: string;
}

/** Two states of one file, or of two. */
export interface VersionPair {
  readonly before: Version;
  readonly after: Version;
  /** Whether the file was asked for by its name, so that it counts whether it is encrypted or not. */
  readonly isNamed: boolean;
}

/** `:PATH` of the index, `:1:PATH` to `:3:PATH` of its stages. */
const INDEX = /^:(?:([0-3]):)?(.+)$/s;
const REVISION = /^([^:-][^:]*):(.+)$/s;

/** Reads what a word stands for; a file of that name wins over a revision. Throws `no-file` and `input-unreadable`. */
export async function versionOf(word: string, stdin: () => Promise<Uint8Array>, host: Session): Promise<Version> {
  const stats = statOrThrow(resolve(host.cwd, word));
  if (!stats && word === '-') return { name: 'standard input', path: '', bytes: await stdin() };
  if (stats?.isDirectory()) {
    throw new SopsError('no-file', `${oneLine(word)} is a folder, and is no side of a comparison`, {
      hint: 'Folders are compared with what git has of them: --since REV, or --staged.',
    });
  }
  if (stats) return { name: word, path: word, bytes: await readInput({ kind: 'file', path: word }, host) };
  const [, stage, staged] = INDEX.exec(word) ?? [];
  const [, revision, path = staged] = REVISION.exec(word) ?? [];
  if (path === undefined)
    throw (await lonely(word, host)) ?? absent(word, 'there is no such file, and it names no revision (REV:PATH)');
  const bytes = await readBlob(word, host);
  if (bytes) return { name: word, path, bytes, revision: revision ?? '' };
  if (revision !== undefined && (await commitOf(revision, host)) === null) {
    throw absent(word, `git knows no revision ${oneLine(revision)}`);
  }
  const where = revision ?? (stage ? `stage ${stage} of the index` : 'the index');
  throw absent(word, `there is no such file in ${where}`);
}

/** The error for a revision without a path, beside what is not one. */
async function lonely(word: string, host: Host): Promise<SopsError | undefined> {
  if (word.startsWith('-') || (await commitOf(word, host)) === null) return undefined;
  const shown = oneLine(word);
  return new SopsError('no-file', `${shown} is a revision, and no file`, {
    hint: `Name the file in it: ${shown}:PATH; or two revisions, for all that changed; or what changed since: --since ${shown}.`,
  });
}

/** The ids of two commits, where both words are revisions and neither is a file; undefined for anything else. */
export async function commitsIn(words: readonly [string, string], host: Host): Promise<[string, string] | undefined> {
  if (words.some((word) => word.startsWith('-') || word.includes(':') || statOrThrow(resolve(host.cwd, word)))) {
    return undefined;
  }
  const [one, other] = [await commitOf(words[0], host), await commitOf(words[1], host)];
  return one !== null && other !== null ? [one, other] : undefined;
}

/** Which states are compared. */
export interface StateChoice {
  /** Where this branch left that revision is the first state; without it, the last commit. */
  readonly since?: string | undefined;
  /** Whether the index is the second state, instead of the work tree. */
  readonly staged: boolean;
  /** Two commits that are the states, instead of those. */
  readonly commits?: readonly [string, string] | undefined;
}

/** What changed in files and folders between two states; without words in all below the working directory. By path. */
export async function changedPairs(
  words: readonly string[],
  choice: StateChoice,
  host: Session,
): Promise<VersionPair[]> {
  const tree = await workTreeOf(host.cwd, host);
  if (!tree) {
    throw new SopsError('failed', 'this is not a work tree of git, so there is nothing to compare with', {
      hint: 'Two files are compared by naming both: sops-ts diff OLD NEW.',
    });
  }
  const [base, to] = choice.commits ?? [await baseOf(choice, host)];
  const args = ['--literal-pathspecs', 'diff', '--raw', '-z', '--no-abbrev', '--find-renames', '--no-ext-diff'];
  const where = words.length > 0 ? words : ['.'];
  const states = [...(choice.staged ? ['--cached'] : []), base, ...(to === undefined ? [] : [to])];
  const answer = await git([...args, ...states, '--', ...where], host);
  const held = to ?? (choice.staged ? '' : undefined);
  const state = { base, held, top: tree.top, named: namedAmong(words, host) };
  const pairs: VersionPair[] = [];
  for await (const pair of pairsOf(changesIn(fieldsOf(answer)), state, host)) pairs.push(pair);
  append(pairs, await untracked(pairs, state, host));
  return pairs.sort((one, other) => compareTexts(one.after.path, other.after.path));
}

async function baseOf({ since }: StateChoice, host: Host): Promise<string> {
  if (since === undefined) return (await commitOf('HEAD', host)) ?? emptyTree(host);
  const commit = await commitOf(since, host);
  if (commit === null) throw new SopsError('failed', `git knows no revision ${oneLine(since)}`);
  return (await mergeBase(commit, 'HEAD', host)) ?? commit;
}

/** The tree that is compared with where there is no commit yet. */
function emptyTree(host: Host): Promise<string> {
  return gitText(['hash-object', '-t', 'tree', '--stdin'], host, { input: new Uint8Array() });
}

interface Change {
  /** From the top; the same where it was not renamed. */
  readonly oldPath: string;
  readonly path: string;
  /** The ids of the contents; null where there was, or is, no regular file. That of a work tree's file git does not tell. */
  readonly oldId: string | null;
  readonly id: string | null;
  readonly isFile: boolean;
}

/** Reads `:mode mode id id status NUL path NUL` and, for a rename, a second path. Symbolic links and submodules are no documents. */
function changesIn(fields: readonly string[]): Change[] {
  const changes: Change[] = [];
  for (let at = 0; at + 1 < fields.length; at++) {
    const [, oldMode, mode, was = '', is = '', status] =
      /^:(\d+) (\d+) (\S+) (\S+) ([A-Z])/.exec(fields[at] ?? '') ?? [];
    if (oldMode === undefined || mode === undefined) continue;
    const oldPath = fields[++at] ?? '';
    const path = status === 'R' || status === 'C' ? (fields[++at] ?? '') : oldPath;
    const [wasFile, isFile] = [oldMode.startsWith('100'), mode.startsWith('100')];
    const change = { oldPath, path, oldId: wasFile ? was : null, id: isFile ? is : null, isFile };
    if (status !== 'U' && (wasFile || isFile)) changes.push(change);
  }
  return changes;
}

interface State {
  readonly base: string;
  /** What stands before `:PATH` of the second state: a commit, or nothing for the index; absent for the work tree. */
  readonly held?: string | undefined;
  readonly top: string;
  /** Absolute paths of files that were named. */
  readonly named: ReadonlySet<string>;
}

/** The contents of all that changed are read by one git. */
async function* pairsOf(changes: readonly Change[], state: State, host: Session): AsyncGenerator<VersionPair> {
  const ids = changes.flatMap(({ oldId, id }) => [oldId, ...(state.held === undefined ? [] : [id])]);
  const contents = new Map<string, Uint8Array | null>();
  const wanted = [...new Set(ids.filter((id) => id !== null))];
  for await (const [id, bytes] of readBlobs(wanted, host)) contents.set(id, bytes);
  const shown = (from: string): string => relative(host.cwd, resolve(state.top, from)) || from;
  for (const { oldPath, path, oldId, id, isFile } of changes) {
    const stored = (id !== null && contents.get(id)) || null;
    const after = state.held !== undefined || !isFile ? stored : await bytesInTree(path, state, host);
    yield {
      before: {
        name: shown(oldPath),
        path: shown(oldPath),
        bytes: (oldId !== null && contents.get(oldId)) || null,
        revision: state.base,
      },
      after: {
        name: shown(path),
        path: shown(path),
        bytes: after,
        ...(state.held === undefined ? {} : { revision: state.held }),
      },
      isNamed: state.named.has(resolve(state.top, path)),
    };
  }
}

async function bytesInTree(path: string, { top }: State, host: Session): Promise<Uint8Array | null> {
  const absolute = resolve(top, path);
  const content = contentOf(absolute);
  if (content.kind === 'file') return content.bytes;
  return content.kind === 'gone' ? null : readInput({ kind: 'file', path: absolute }, host);
}

/** Files that were named and that git does not know: they are new. Throws `no-file` for one that is nowhere. */
async function untracked(pairs: readonly VersionPair[], state: State, host: Session): Promise<VersionPair[]> {
  const known = new Set(pairs.map(({ after }) => resolve(host.cwd, after.path)));
  const found: VersionPair[] = [];
  for (const absolute of state.named) {
    if (known.has(absolute)) continue;
    const path = relative(state.top, absolute).replaceAll(sep, '/');
    const shown = relative(host.cwd, absolute);
    const stats = statOrThrow(absolute);
    if ((await readBlob(`${state.base}:${path}`, host)) !== null) continue;
    if (!stats) throw absent(shown, 'there is no such file or folder');
    if (state.held !== undefined) continue;
    const bytes = await bytesInTree(path, state, host);
    found.push({
      before: { name: shown, path: shown, bytes: null },
      after: { name: shown, path: shown, bytes },
      isNamed: true,
    });
  }
  return found;
}

function namedAmong(words: readonly string[], host: Host): Set<string> {
  const absolute = words.map((word) => resolve(host.cwd, word));
  return new Set(absolute.filter((path) => !statOrThrow(path)?.isDirectory()));
}

function absent(word: string, reason: string): SopsError {
  return new SopsError('no-file', `${oneLine(word)}: ${reason}`, { file: word });
}
