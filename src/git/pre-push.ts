/** What a push would bring to a remote: every commit that is not there yet is checked, each by the configuration that it holds. */
import { SopsError } from '../errors.js';
import { type ChangedFile, changesBetween, changesOf, commitOf } from '../exec/git/changes.js';
import type { WorkTree } from '../exec/git/places.js';
import { gitText } from '../exec/git/run-git.js';
import { type CheckReport, checkAll, treeFor } from '../repository/check/check.js';
import { commitFiles, heldSubjects } from '../repository/check/git-source.js';
import { heldConfigs, isConfigPath } from '../repository/check/held-configs.js';
import { bookFinder } from '../repository/check/rule-books.js';
import type { Session } from '../util/host.js';
import { oneLine } from '../util/one-line.js';

/** What git tells of one reference that is pushed. */
interface PushedRef {
  readonly name: string;
  /** What it is to lead to. */
  readonly to: string;
  /** What it leads to on the remote; null where it is not there. */
  readonly from: string | null;
}

export interface PushRequest {
  /** The remote as git names it; a URL for one without a name. */
  readonly remote: string;
  /** What git says on standard input: `local-ref local-id remote-ref remote-id`, a line each. */
  readonly lines: string;
}

const NOTHING = /^0+$/;

/** The program pre-commit tells its hooks the same by variables, and leaves standard input empty. */
function pushedRefs({ lines }: PushRequest, { env }: Session): PushedRef[] {
  const told = lines.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (told.length === 0 && env.PRE_COMMIT) {
    return [
      {
        name: env.PRE_COMMIT_LOCAL_BRANCH || 'HEAD',
        to: env.PRE_COMMIT_TO_REF || 'HEAD',
        from: env.PRE_COMMIT_FROM_REF || null,
      },
    ];
  }
  return told.flatMap((line): PushedRef[] => {
    const [name = '', to, , from] = line.split(' ');
    if (to === undefined || from === undefined) {
      throw new SopsError('usage', `this is no line of git's pre-push hook: ${JSON.stringify(line)}`, {
        hint: 'git calls it, by the hook that sops-ts git install makes.',
      });
    }
    // A reference that is taken away brings nothing.
    return NOTHING.test(to) ? [] : [{ name, to, from: NOTHING.test(from) ? null : from }];
  });
}

/** Checks what is pushed. Throws `usage`, and `failed` outside of a work tree and for what is no commit. */
export async function checkPush(request: PushRequest, host: Session): Promise<CheckReport> {
  const { top } = await treeFor(host);
  const commits = new Set<string>();
  const tips = new Set<string>();
  for (const ref of pushedRefs(request, host)) {
    const to = await commitOf(ref.to, host, { cwd: top });
    if (to === null) throw new SopsError('failed', `${oneLine(ref.name)} leads to no commit, so it cannot be checked`);
    const found = await newCommits(to, ref.from, { remote: request.remote, top, host });
    for (const commit of found) commits.add(commit);
    if (found.length > 0) tips.add(to);
  }
  return mergedReport(await reportsOf([...commits], tips, host));
}

interface Remote {
  readonly remote: string;
  readonly top: string;
  readonly host: Session;
}

/** The commits that the remote lacks, as far as this repository knows what it has; the oldest first. */
async function newCommits(to: string, from: string | null, { remote, top, host }: Remote): Promise<string[]> {
  const call = { cwd: top };
  const known = from === null ? null : await commitOf(from, host, call);
  const tracked = remote === '' || /[*?[:\\]/.test(remote) ? [] : [`--remotes=${remote}`];
  const not = [...tracked, ...(known === null ? [] : [known])];
  const args = ['rev-list', '--reverse', '--topo-order', to, ...(not.length > 0 ? ['--not', ...not] : []), '--'];
  const text = await gitText(args, host, call);
  return text === '' ? [] : text.split('\n');
}

/** One report for each commit; where a configuration was changed, all files of the tips are looked at by the new one. */
async function reportsOf(commits: readonly string[], tips: ReadonlySet<string>, host: Session): Promise<CheckReport[]> {
  const tree = await treeFor(host);
  const seen = new Set<string>();
  const reports: CheckReport[] = [];
  let hasNewRules = false;
  for (const commit of commits) {
    const changed = await broughtBy(commit, tree, host);
    hasNewRules ||= changed.some(({ path }) => isConfigPath(path));
    const isTip = tips.has(commit) && hasNewRules;
    const looked = isTip ? await commitFiles(commit, host, tree) : changed.map((file) => ({ ...file, commit }));
    const files = looked.filter(({ path, blob }) => isTip || !seen.has(`${path}\0${blob}`));
    for (const { path, blob } of files) seen.add(`${path}\0${blob}`);
    const all = await commitFiles(commit, host, tree);
    const held = await heldConfigs(
      all.map(({ path }) => path),
      commit,
      { tree, host },
    );
    const source = {
      subjects: () => heldSubjects(files, { tree, host, words: [] }),
      all: () => heldSubjects(all, { tree, host, words: [] }),
    };
    reports.push(await checkAll(source, bookFinder({ host, top: tree.top, held })));
  }
  return reports;
}

/** What a commit has that none of its parents had. */
async function broughtBy(commit: string, { top }: WorkTree, host: Session): Promise<readonly ChangedFile[]> {
  const call = { cwd: top };
  const [, ...parents] = (await gitText(['rev-list', '--parents', '-n1', commit, '--'], host, call)).split(' ');
  const [first, ...others] = parents;
  if (first === undefined || others.length === 0) return changesOf(commit, host, call);
  let files = await changesBetween(first, commit, host, call);
  for (const other of others) {
    const differing = new Set((await changesBetween(other, commit, host, call)).map(({ path }) => path));
    files = files.filter(({ path }) => differing.has(path));
  }
  return files;
}

/** What is found is told once, of the first commit that has it. */
function mergedReport(reports: readonly CheckReport[]): CheckReport {
  const findings = reports.flatMap((report) => report.findings);
  const once = new Map(findings.toReversed().map((one) => [JSON.stringify({ ...one, commit: undefined }), one]));
  const problems = new Map(reports.flatMap((report) => report.problems).map((one) => [one.message, one]));
  return {
    findings: findings.filter((one) => once.get(JSON.stringify({ ...one, commit: undefined })) === one),
    problems: [...problems.values()],
    passedOver: [...new Set(reports.flatMap((report) => report.passedOver))],
    files: reports.reduce((sum, { files }) => sum + files, 0),
    encrypted: reports.reduce((sum, { encrypted }) => sum + encrypted, 0),
  };
}
