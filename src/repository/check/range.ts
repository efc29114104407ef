/** `check` of commits: each one of a range, since what was added and taken out again is in history all the same. */
import { SopsError } from '../../errors.js';
import { changesBetween, changesOf, commitOf, mergeBase } from '../../exec/git/changes.js';
import type { WorkTree } from '../../exec/git/places.js';
import { gitText } from '../../exec/git/run-git.js';
import type { Host, Session } from '../../util/host.js';
import { oneLine } from '../../util/one-line.js';
import { sessionOf } from '../../util/session.js';
import { Checking, type CheckRequest, examineOptions, treeFor } from './check.js';
import type { CheckReport } from './collector.js';
import { commitFiles, type GitPlace, type HeldFile, heldSubjects } from './git-source.js';
import { heldConfigs, isConfigPath } from './held-configs.js';
import { type BookOf, bookFinder, type KnownBooks } from './rule-books.js';
import { singly } from './subject.js';

/** Commits that are to be looked at. */
export interface CommitRange {
  /** Commits that are known already, with all before them. Names of commits that are not here count for nothing. */
  readonly from: readonly string[];
  readonly to: string;
  /** A remote whose branches, as far as this repository knows them, are known already as well. */
  readonly remote?: string | undefined;
  /** Only what differs in the end, not what each commit changed; takes one `from`. */
  readonly tipOnly?: boolean | undefined;
}

interface Commit {
  readonly id: string;
  readonly parents: readonly string[];
}

/**
 * Checks what a branch changed since it left another one, or a commit: from the best common ancestor to HEAD. Throws `failed` where
 * history does not reach that far.
 */
export async function checkSince(
  revision: string,
  { tipOnly, ...request }: CheckRequest & { readonly tipOnly?: boolean | undefined },
  given: Host,
): Promise<CheckReport> {
  const host = sessionOf(given);
  const { top } = await treeFor(host);
  const call = { cwd: top };
  const from = await commitOf(revision, host, call);
  if (from === null) throw unreachable(`there is no commit ${oneLine(revision)}`);
  const to = await commitOf('HEAD', host, call);
  if (to === null) throw new SopsError('failed', 'there is no commit yet', { hint: 'Use check, or check --staged.' });
  const base = await mergeBase(from, to, host, call);
  if (base === null) throw unreachable(`${oneLine(revision)} and HEAD have no common ancestor here`);
  const isShallow = (await gitText(['rev-parse', '--is-shallow-repository'], host, call)) === 'true';
  if (isShallow && !tipOnly) throw unreachable('this clone is shallow, so that commits may be missing');
  return checkRange({ from: [base], to, tipOnly }, request, host);
}

function unreachable(message: string): SopsError {
  return new SopsError('failed', message, {
    hint: 'In a build, check out the whole history: fetch-depth: 0 (GitHub), GIT_DEPTH: 0 (GitLab); elsewhere git fetch --unshallow.',
  });
}

/**
 * Checks the commits of a range, the oldest first, each by the configuration that it holds itself; a finding is told of the first commit
 * that has it. Where the range changes a configuration, all files of its last commit are looked at as well.
 */
export async function checkRange(range: CommitRange, request: CheckRequest, given: Host): Promise<CheckReport> {
  const host = sessionOf(given);
  const tree = await treeFor(host);
  const place = { tree, host, words: request.paths };
  const changed = range.tipOnly ? await changedInAll(range, place) : await changedByEach(range, place);
  const books: KnownBooks = new Map();
  const booksOf = (commit: string, files: readonly HeldFile[]): Promise<BookOf> =>
    commitBooks(commit, files, { tree, host, configPath: request.configPath, books });
  const checking = new Checking(await examineOptions(request, host));
  for (const { commit, files } of changed) {
    const bookOf = await booksOf(commit, files);
    for await (const subject of heldSubjects(files, place)) await checking.take(subject, bookOf);
  }
  const everything = async function* () {
    const files = await commitFiles(range.to, host, tree);
    yield* heldSubjects(files, { ...place, words: [] });
  };
  const needsAll = changed.some(({ files }) => files.some(({ path }) => isConfigPath(path)));
  if (!needsAll && checking.isSettled) return checking.report();
  const bookOf = await booksOf(range.to, await commitFiles(range.to, host, tree));
  if (needsAll) for await (const subject of everything()) await checking.take(subject, bookOf);
  else await checking.settle(singly(everything()), bookOf);
  return checking.report();
}

interface Changed {
  readonly commit: string;
  readonly files: readonly HeldFile[];
}

async function changedInAll({ from: [base], to }: CommitRange, { tree, host }: GitPlace): Promise<Changed[]> {
  if (base === undefined) return [{ commit: to, files: await commitFiles(to, host, tree) }];
  const files = await changesBetween(base, to, host, { cwd: tree.top });
  return [{ commit: to, files: files.map((file) => ({ ...file, commit: to })) }];
}

async function changedByEach({ from, to, remote }: CommitRange, { tree, host }: GitPlace): Promise<Changed[]> {
  const call = { cwd: tree.top };
  const here = await Promise.all(from.map((one) => commitOf(one, host, call)));
  const known = here.flatMap((one) => (one === null ? [] : [`^${one}`]));
  // Git reads a pattern; a remote without a name is called by its URL, and has no branches here.
  const tracked = !remote || /[*?[:\\]/.test(remote) ? [] : ['--not', `--remotes=${remote}`];
  const args = ['rev-list', '--reverse', '--topo-order', '--parents', to, ...known, ...tracked, '--'];
  const listed = await gitText(args, host, call);
  const changed: Changed[] = [];
  const seen = new Set<string>();
  for (const line of listed === '' ? [] : listed.split('\n')) {
    const [id = '', ...parents] = line.split(' ');
    const files = (await changedBy({ id, parents }, host, tree)).filter(({ path, blob }) => {
      const isNew = !seen.has(`${path}\0${blob}`);
      seen.add(`${path}\0${blob}`);
      return isNew || isConfigPath(path);
    });
    changed.push({ commit: id, files: files.map((file) => ({ ...file, commit: id })) });
  }
  return changed;
}

/** What a commit brings that none of its parents has. */
async function changedBy({ id, parents }: Commit, host: Host, tree: WorkTree): Promise<HeldFile[]> {
  const call = { cwd: tree.top };
  const [first, ...others] = parents;
  if (first === undefined || others.length === 0) return changesOf(id, host, call);
  let files = await changesBetween(first, id, host, call);
  for (const other of others) {
    const differing = new Set((await changesBetween(other, id, host, call)).map(({ path }) => path));
    files = files.filter(({ path }) => differing.has(path));
  }
  return files;
}

interface CommitBooks {
  readonly tree: WorkTree;
  readonly host: Session;
  readonly configPath?: string | undefined;
  readonly books: KnownBooks;
}

async function commitBooks(commit: string, files: readonly HeldFile[], options: CommitBooks): Promise<BookOf> {
  const { tree, host, configPath, books } = options;
  const held = await heldConfigs(
    files.map(({ path }) => path),
    commit,
    { tree, host },
  );
  return bookFinder({ host, configPath, top: tree.top, held, known: books });
}
