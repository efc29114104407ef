/** What `check` prints for people: a finding in a line or two, then what was looked at. */
import type { CheckFinding } from '../../repository/check/check-finding.js';
import type { CheckReport } from '../../repository/check/collector.js';
import { printable } from '../output/report.js';

/** The findings, and the line after them. */
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
export function summaryOf(report: CheckReport): string {
  const { findings, files, encrypted, notEntered, problems, allowed, baselined } = report;
  const parts = [`looked at ${files} file(s), ${encrypted} of them encrypted`];
  if (notEntered.length > 0)
    parts.push(`${notEntered.length} submodule(s) or repositories within not entered (--recurse)`);
  if (problems.length > 0) parts.push(`${problems.length} problem(s)`);
  const quiet = [
    ...(allowed > 0 ? [`${allowed} allowed by comments`] : []),
    ...(baselined > 0 ? [`${baselined} in the baseline`] : []),
  ];
  const told = quiet.length > 0 ? ` (and ${quiet.join(', ')})` : '';
  if (files === 0 && parts.length === 1) return `looked at 0 files: nothing was checked${told}`;
  return `${parts.join(', ')}: ${findings.length || 'no'} finding(s)${told}`;
}
