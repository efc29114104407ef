/** What a push would bring to a remote: every commit that is not there yet is checked, each by the configuration that it holds. */
import { SopsError } from '../errors.js';
import { commitOf } from '../exec/git/changes.js';
import { treeFor } from '../repository/check/check.js';
import type { CheckReport } from '../repository/check/collector.js';
import { checkRange } from '../repository/check/range.js';
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
  const remote = request.remote || host.env.PRE_COMMIT_REMOTE_NAME || '';
  const reports: CheckReport[] = [];
  for (const { name, to: wanted, from } of pushedRefs(request, host)) {
    const to = await commitOf(wanted, host, { cwd: top });
    if (to === null) throw new SopsError('failed', `${oneLine(name)} leads to no commit, so it cannot be checked`);
    const range = { from: from === null ? [] : [from], to, remote };
    reports.push(await checkRange(range, { paths: [] }, host));
  }
  return mergedReport(reports);
}

/** What is found is told once, of the first commit that has it. */
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
