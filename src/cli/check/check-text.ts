/** What `check` prints for people: a finding in a line or two, then what was looked at. */
import type { CheckReport } from '../../repository/check/check.js';
import type { CheckFinding } from '../../repository/check/check-finding.js';
import { printable } from '../report.js';

/** The findings, and the line behind them. */
export function checkText(report: CheckReport): string {
  return [...report.findings.flatMap(linesOf), summaryOf(report), ''].join('\n');
}

function linesOf({ shown, line, rule, severity, message, keyPath = [], next, commit }: CheckFinding): string[] {
  const place = line === undefined ? shown : `${shown}:${line}`;
  const key = keyPath.length > 0 ? `${keyPath.join('.')}: ` : '';
  const of = commit === undefined ? '' : ` (in commit ${commit.slice(0, 12)})`;
  const first = printable(`${place}: ${severity}: ${key}${message}${of} [${rule}]`);
  return next === undefined ? [first] : [first, `  ${printable(next)}`];
}

/** What was looked at, and what was found, in one line. */
export function summaryOf({ findings, files, encrypted, passedOver, problems }: CheckReport): string {
  if (files === 0 && problems.length === 0 && passedOver.length === 0) return 'looked at 0 files: nothing was checked';
  const parts = [`looked at ${files} file(s), ${encrypted} of them encrypted`];
  if (passedOver.length > 0) parts.push(`${passedOver.length} submodule(s) or repositories within not entered`);
  if (problems.length > 0) parts.push(`${problems.length} problem(s)`);
  return `${parts.join(', ')}: ${findings.length || 'no'} finding(s)`;
}
