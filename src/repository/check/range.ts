/** `check` of commits: each one of a range, since what was added and taken out again is in history all the same. */

import { SopsError } from '../../errors.js';
import { changesBetween, changesOf, commitOf, mergeBase } from '../../exec/git/changes.js';
import type { WorkTree } from '../../exec/git/places.js';
import { gitText } from '../../exec/git/run-git.js';
import { resolve } from '../../util/files/paths.js';
import type { Host, Session } from '../../util/host/host.js';
import { sessionOf } from '../../util/host/session.js';
import { oneLine } from '../../util/text/one-line.js';
import { AskedWords } from '../operands.js';
import { OF_PARENT, type OtherRules } from './before-commit.js';
import { Checking, type CheckRequest, examineOptions, treeFor } from './check.js';
import type { CheckReport } from './collector.js';
import { sealedBeside } from './decrypted-copy.js';
import { commitFiles, type GitPlace, type HeldFile, heldSubjects } from './git-source.js';
import { changesRules, commitConfigs, isConfigPath } from './held-configs.js';
import type { RuleBook } from './rule-book.js';
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
    hint: 'Is the name written right? In a build, check out the whole history: fetch-depth: 0 (GitHub), GIT_DEPTH: 0 (GitLab); elsewhere git fetch --unshallow.',
  });
}

/**
 * Checks the commits of a range, the oldest first, each by the configuration that it holds itself; a finding is told of the first commit
 * that has it. Where the range changes a configuration, all files of its last commit are looked at as well.
 */
export async function checkRange(range: CommitRange, request: CheckRequest, given: Host): Promise<CheckReport> {
  const host = sessionOf(given);
  const tree = await treeFor(host);
  const asked = await AskedWords.of(request.paths, host);
  const place = { tree, host, asked };
  const changed = range.tipOnly ? await changedInAll(range, place) : await changedByEach(range, place);
  const books: KnownBooks = new Map();
  const booksOf = (commit: string, files: readonly HeldFile[]): Promise<BookOf> =>
    commitBooks(commit, files, { tree, host, configPath: request.configPath, books });
  const checking = new Checking(await examineOptions(request, host));
  const known = new KnownContents();
  for (const { commit, files, parents } of changed) {
    const bookOf = await booksOf(commit, files);
    const isRuleChange = files.some(changesRules);
    const others: OtherRules[] = [];
    for (const parent of isRuleChange ? parents : [])
      others.push({ ...OF_PARENT, bookOf: await booksOf(parent, files) });
    const unknown = await known.without(files, bookOf, tree);
    const newFiles = { others, beside: sealedBeside([commit, ...parents], files, place) };
    for await (const subject of heldSubjects(unknown, place)) await checking.take(subject, bookOf, newFiles);
  }
  const absent = await absentWords(asked, { changed, to: range.to, tree, host });
  for (const error of absent) await checking.take({ kind: 'failed', error }, () => null);
  const everything = async function* () {
    const files = await commitFiles(range.to, host, tree);
    yield* heldSubjects(files, { tree, host });
  };
  const needsAll = changed.some(({ files }) => files.some(({ path }) => isConfigPath(path)));
  if (!needsAll && checking.isSettled) return checking.report();
  const bookOf = await booksOf(range.to, await commitFiles(range.to, host, tree));
  if (needsAll) for await (const subject of everything()) await checking.take(subject, bookOf);
  else await checking.settle(singly(everything()), bookOf);
  return checking.report();
}

/** The errors of words that stand for nothing that was changed, nor for anything else that is there. */
async function absentWords(
  asked: AskedWords,
  { changed, to, tree, host }: { changed: readonly Changed[]; to: string; tree: WorkTree; host: Host },
): Promise<SopsError[]> {
  const paths = (files: readonly HeldFile[]): string[] => files.map(({ path }) => resolve(tree.top, path));
  const touched = changed.flatMap(({ files }) => paths(files));
  if (asked.absentAmong(touched).length === 0) return [];
  return asked.absentAmong([...touched, ...paths(await commitFiles(to, host, tree))]);
}

/** The contents that were looked at, each by the rules for it: the same content under other rules is another matter. */
class KnownContents {
  private readonly seen = new Map<RuleBook | null, Set<string>>();

  async without(files: readonly HeldFile[], bookOf: BookOf, { top }: WorkTree): Promise<HeldFile[]> {
    const unknown: HeldFile[] = [];
    for (const file of files) if (await this.isNew(file, bookOf(resolve(top, file.path)))) unknown.push(file);
    return unknown;
  }

  private async isNew({ path, blob }: HeldFile, finding: ReturnType<BookOf>): Promise<boolean> {
    try {
      const book = await finding;
      const seen = this.seen.get(book) ?? new Set();
      this.seen.set(book, seen);
      const isNew = !seen.has(`${path}\0${blob}`);
      seen.add(`${path}\0${blob}`);
      return isNew;
    } catch (error) {
      // Rules that cannot be used are told of with the file.
      if (!(error instanceof SopsError)) throw error;
      return true;
    }
  }
}

interface Changed {
  readonly commit: string;
  readonly parents: readonly string[];
  readonly files: readonly HeldFile[];
}

async function changedInAll({ from: [base], to }: CommitRange, { tree, host }: GitPlace): Promise<Changed[]> {
  if (base === undefined) return [{ commit: to, parents: [], files: await commitFiles(to, host, tree) }];
  const files = await changesBetween(base, to, host, { cwd: tree.top });
  return [{ commit: to, parents: [base], files: files.map((file) => ({ ...file, commit: to })) }];
}

async function changedByEach({ from, to, remote }: CommitRange, { tree, host }: GitPlace): Promise<Changed[]> {
  const call = { cwd: tree.top };
  const here = await Promise.all(from.map((one) => commitOf(one, host, call)));
  const known = here.flatMap((one) => (one === null ? [] : [`^${one}`]));
  const args = ['rev-list', '--reverse', '--topo-order', '--parents', to, ...known, ...withoutRemote(remote), '--'];
  const listed = await gitText(args, host, call);
  const changed: Changed[] = [];
  for (const line of listed === '' ? [] : listed.split('\n')) {
    const [id = '', ...parents] = line.split(' ');
    const files = await changedBy({ id, parents }, host, tree);
    changed.push({ commit: id, parents, files: files.map((file) => ({ ...file, commit: id })) });
  }
  return changed;
}

/** What keeps `git rev-list` from commits that a remote has, as far as this repository knows. */
export function withoutRemote(remote: string | undefined): string[] {
  // Git reads a pattern; a remote without a name is called by its URL, and has no branches here.
  return !remote || /[*?[:\\]/.test(remote) ? [] : ['--not', `--remotes=${remote}`];
}

/**
 * What a commit has that none of its parents has. A merge may also bring other rules: what it has from a parent with different rules was
 * only looked at by those.
 */
async function changedBy({ id, parents }: Commit, host: Host, tree: WorkTree): Promise<HeldFile[]> {
  const call = { cwd: tree.top };
  if (parents.length < 2) return changesOf(id, host, call);
  const merged = new Map<string, HeldFile>();
  const sides: { readonly differing: ReadonlySet<string>; readonly hasOtherRules: boolean }[] = [];
  for (const parent of parents) {
    const files = await changesBetween(parent, id, host, call);
    for (const file of files) {
      const others = merged.get(file.path)?.before ?? [];
      merged.set(file.path, { ...file, before: [...others, ...(file.before ?? [])] });
    }
    const hasOtherRules = files.some(({ path }) => isConfigPath(path));
    sides.push({ differing: new Set(files.map(({ path }) => path)), hasOtherRules });
  }
  return [...merged.values()].filter(({ path }) =>
    sides.every(({ differing, hasOtherRules }) => hasOtherRules || differing.has(path)),
  );
}

interface CommitBooks {
  readonly tree: WorkTree;
  readonly host: Session;
  readonly configPath?: string | undefined;
  readonly books: KnownBooks;
}

async function commitBooks(commit: string, files: readonly HeldFile[], options: CommitBooks): Promise<BookOf> {
  const { tree, host, configPath, books } = options;
  const held = await commitConfigs(files, commit, { tree, host });
  return bookFinder({ host, configPath, top: tree.top, held, known: books });
}
