/** Findings as annotations of GitHub Actions: workflow commands, a line each. */
import type { CheckFinding } from '../../repository/check/check-finding.js';
import { CHECK_RULES } from '../../repository/check/check-rules.js';
import type { CheckReport } from '../../repository/check/collector.js';
import { printable } from '../output/report.js';
import { summaryOf } from './check-text.js';

/** The findings, and what was looked at. */
export function checkGithub(report: CheckReport): string {
  const lines = report.findings.map(annotation);
  return [...lines, `::notice title=sops-ts check::${dataText(summaryOf(report))}`, ''].join('\n');
}

function annotation({ severity, path, line, rule, message, next, keyPath = [] }: CheckFinding): string {
  const place = [`file=${propertyText(path)}`, ...(line === undefined ? [] : [`line=${line}`, `endLine=${line}`])];
  const title = propertyText(CHECK_RULES[rule].title);
  const key = keyPath.length > 0 ? `${keyPath.join('.')}: ` : '';
  const text = next === undefined ? `${key}${message}` : `${key}${message}\n${next}`;
  return `::${severity} ${[...place, `title=${title}`].join(',')}::${dataText(`${text} [${rule}]`)}`;
}

/** Line breaks are escaped for the runner; whatever else a terminal would obey, for people. */
function dataText(text: string): string {
  const lines = text.split('\n').map(printable);
  return lines.join('\n').replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function propertyText(text: string): string {
  return dataText(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/** GitHub takes no more for a step. */
const MOST_BYTES = 1 << 20;

/** The same as a page for the summary of the step: of annotations GitHub shows about ten of a kind. */
export function checkSummaryPage(report: CheckReport): string {
  const rows = report.findings.map(({ severity, shown, line, rule, message, keyPath = [] }) => {
    const place = line === undefined ? shown : `${shown}:${line}`;
    return `| ${severity} | ${cell(place)} | ${cell(keyPath.join('.'))} | ${rule} | ${cell(message)} |\n`;
  });
  const head = `### sops-ts check\n\n${cell(summaryOf(report))}\n`;
  const table = rows.length > 0 ? '\n| | place | key | kind | what |\n|---|---|---|---|---|\n' : '';
  let length = Buffer.byteLength(head + table);
  for (const [at, row] of rows.entries()) {
    length += Buffer.byteLength(row);
    if (length > MOST_BYTES - 1024) return `${head}${table}${rows.slice(0, at).join('')}\nand more\n`;
  }
  return head + table + rows.join('');
}

/** Text in a cell of a table, with nothing in it that Markdown or HTML would take for its own. */
function cell(text: string): string {
  return printable(text).replaceAll(/[\\`*_{}[\]<>()#+!|&~$-]/g, (one) => `&#${one.charCodeAt(0)};`);
}
