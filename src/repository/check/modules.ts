/** `check --recurse`: submodules and repositories within, each checked as one by itself, with its own rules (docs/check.md#which-files). */

import { createHash } from 'node:crypto';
import { join, relative } from 'node:path';
import { workTreeOf } from '../../exec/git/places.js';
import { untiedFrom } from '../../exec/git/run-git.js';
import { resolve } from '../../util/files/paths.js';
import { realPathIfThere } from '../../util/files/real-path.js';
import type { Host, Session } from '../../util/host/host.js';
import { sessionOf } from '../../util/host/session.js';
import { append } from '../../util/lists.js';
import { type CheckRequest, checkFiles } from './check.js';
import type { CheckFinding } from './check-finding.js';
import type { CheckReport } from './collector.js';

/** Checks files, and then all of every repository among them and within those. What is not there, as a submodule before `git submodule update`, stays not entered. */
export async function checkWithModules(request: CheckRequest, given: Host): Promise<CheckReport> {
  const host = sessionOf(given);
  const top = (await workTreeOf(host.cwd, host))?.top ?? host.cwd;
  const configPath = request.configPath && resolve(host.cwd, request.configPath);
  const whole = await checkFiles(request, host);
  const reports: CheckReport[] = [{ ...whole, notEntered: [] }];
  const waiting = [...whole.notEntered];
  const left: string[] = [];
  for (let shown = waiting.shift(); shown !== undefined; shown = waiting.shift()) {
    const report = await checkModule(shown, { ...request, paths: [], configPath }, { host, top });
    if (!report) left.push(shown);
    else {
      append(waiting, report.notEntered);
      reports.push({ ...report, notEntered: [] });
    }
  }
  const sum = (of: (report: CheckReport) => number): number => reports.reduce((all, report) => all + of(report), 0);
  return {
    findings: reports.flatMap(({ findings }) => findings),
    problems: reports.flatMap(({ problems }) => problems),
    notEntered: left.sort(),
    files: sum(({ files }) => files),
    encrypted: sum(({ encrypted }) => encrypted),
    allowed: sum(({ allowed }) => allowed),
    baselined: 0,
  };
}

interface Around {
  readonly host: Session;
  readonly top: string;
}

/** The report of one repository within, its paths as seen from here; null where none stands there. */
async function checkModule(shown: string, request: CheckRequest, { host, top }: Around): Promise<CheckReport | null> {
  const folder = resolve(host.cwd, shown);
  const inner = host.fork({ cwd: folder, env: untiedFrom(host.env) });
  const tree = await workTreeOf(folder, inner);
  if (!tree || realPathIfThere(tree.top) !== realPathIfThere(folder)) return null;
  const report = await checkFiles(request, inner);
  const prefix = relative(top, folder).replaceAll('\\', '/');
  return {
    ...report,
    findings: report.findings.map((finding) => seenFrom(finding, shown, prefix)),
    problems: report.problems.map((one) =>
      one.file === undefined || one.file === '' ? one : one.with(one.code, { file: join(shown, one.file) }),
    ),
    notEntered: report.notEntered.map((one) => join(shown, one)),
  };
}

function seenFrom(finding: CheckFinding, module: string, prefix: string): CheckFinding {
  const { path, shown, next, fingerprint } = finding;
  // The same file may stand in two repositories.
  const own = createHash('sha256')
    .update(JSON.stringify([prefix, fingerprint]))
    .digest('hex');
  return {
    ...finding,
    path: `${prefix}/${path}`,
    shown: join(module, shown),
    // What it tells to do names files as they are seen there.
    ...(next === undefined ? {} : { next: `In ${module}: ${next}` }),
    fingerprint: own.slice(0, 32),
  };
}
