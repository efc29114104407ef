/** What a push would bring to a remote: every commit that is not there yet is checked, each by the configuration that it holds. */
import { SopsError } from '../errors.js';
import { commitOf } from '../exec/git/changes.js';
import { gitText } from '../exec/git/run-git.js';
import { treeFor } from '../repository/check/check.js';
import type { CheckReport } from '../repository/check/collector.js';
import { checkRange, withoutRemote } from '../repository/check/range.js';
import type { Session } from '../util/host/host.js';
import { oneLine } from '../util/text/one-line.js';

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

/** What git says of the references that are pushed. Throws `usage`. */
function pushedRefs(lines: readonly string[]): PushedRef[] {
  return lines.flatMap((line): PushedRef[] => {
    const [name = '', to, , from] = line.split(' ');
    if (to === undefined || from === undefined) {
      throw new SopsError('usage', `this is not a line of git's pre-push hook: ${JSON.stringify(line)}`, {
        hint: 'git calls it, by the hook that sops-ts git install makes.',
      });
    }
    // A reference that is taken away brings nothing.
    return NOTHING.test(to) ? [] : [{ name, to, from: NOTHING.test(from) ? null : from }];
  });
}

/** The program pre-commit tells its hooks by variables of the first reference that brings something, and leaves standard input empty. */
function refOfPreCommit({ env }: Session): PushedRef {
  const name = env.PRE_COMMIT_LOCAL_BRANCH || 'HEAD';
  return { name, to: env.PRE_COMMIT_TO_REF || name, from: env.PRE_COMMIT_FROM_REF || null };
}

/** Checks what is pushed. Throws `usage`, and `failed` outside of a work tree and for what is not a commit. */
export async function checkPush(request: PushRequest, host: Session): Promise<CheckReport> {
  const { top } = await treeFor(host);
  const told = request.lines.split(/\r?\n/).filter((line) => line.trim() !== '');
  const remote = request.remote || host.env.PRE_COMMIT_REMOTE_NAME || '';
  const check = async ({ name, to: wanted, from }: PushedRef): Promise<CheckReport> => {
    const to = await commitOf(wanted, host, { cwd: top });
    if (to === null) throw new SopsError('failed', `${oneLine(name)} leads to no commit, so it cannot be checked`);
    return checkRange({ from: from === null ? [] : [from], to, remote }, { paths: [] }, host);
  };
  const reports: CheckReport[] = [];
  if (told.length > 0 || !host.env.PRE_COMMIT) {
    for (const ref of pushedRefs(told)) reports.push(await check(ref));
    return mergedReport(reports);
  }
  const first = refOfPreCommit(host);
  reports.push(await check(first));
  for (const ref of await untoldRefs(first, remote, { host, top })) {
    const report = await check(ref);
    if (report.findings.length + report.problems.length > 0) host.warn(untold(ref, first));
    reports.push(report);
  }
  return mergedReport(reports);
}

/** The branches and tags that may be pushed as well: nobody tells, so those that bring what the remote lacks are looked at. */
async function untoldRefs(
  first: PushedRef,
  remote: string,
  { host, top }: { readonly host: Session; readonly top: string },
): Promise<PushedRef[]> {
  const call = { cwd: top };
  const head = await commitOf('HEAD', host, call);
  const args = [
    'rev-list',
    '--branches',
    '--tags',
    ...(head ? [head] : []),
    `^${first.to}`,
    ...withoutRemote(remote),
    '--',
  ];
  const unknown = new Set((await gitText(args, host, call)).split('\n'));
  const format = '%(objectname) %(*objectname) %(refname)';
  const listed = await gitText(['for-each-ref', `--format=${format}`, 'refs/heads', 'refs/tags'], host, call);
  const refs = new Map<string, PushedRef>();
  for (const line of [...listed.split('\n'), `${head}  HEAD`]) {
    const [own = '', peeled = '', name = ''] = line.split(' ');
    const to = peeled || own;
    if (unknown.has(to) && !refs.has(to)) refs.set(to, { name, to, from: first.to });
  }
  return [...refs.values()];
}

function untold({ name }: PushedRef, first: PushedRef): string {
  return `${oneLine(name)} was looked at, too: pre-commit tells of ${oneLine(first.name)} alone, whatever is pushed with it`;
}

/** What is found is reported once, of the first commit that has it. */
function mergedReport(reports: readonly CheckReport[]): CheckReport {
  const findings = reports.flatMap((report) => report.findings);
  const once = new Map(findings.toReversed().map((one) => [JSON.stringify({ ...one, commit: undefined }), one]));
  const problems = new Map(reports.flatMap((report) => report.problems).map((one) => [one.message, one]));
  return {
    findings: findings.filter((one) => once.get(JSON.stringify({ ...one, commit: undefined })) === one),
    problems: [...problems.values()],
    notEntered: [...new Set(reports.flatMap((report) => report.notEntered))],
    files: reports.reduce((sum, { files }) => sum + files, 0),
    encrypted: reports.reduce((sum, { encrypted }) => sum + encrypted, 0),
    allowed: reports.reduce((sum, { allowed }) => sum + allowed, 0),
    baselined: 0,
  };
}
