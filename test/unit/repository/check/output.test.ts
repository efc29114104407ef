/** What `check` prints for GitHub and for code scanning: their rules, on every kind of finding and on odd names. */
import { expect, test } from 'vitest';
import { checkGithub, checkSummaryPage } from '../../../../src/cli/check/check-github.js';
import { checkSarif, uriOf } from '../../../../src/cli/check/check-sarif.js';
import { SopsError } from '../../../../src/errors.js';
import { type Discovery, findingsOf } from '../../../../src/repository/check/check-finding.js';
import { CHECK_RULES, type CheckRuleId } from '../../../../src/repository/check/check-rules.js';
import type { CheckReport } from '../../../../src/repository/check/collector.js';
import { CheckedRepository } from '../../../support/checked-repository.js';
import { sarifProblems } from '../../../support/sarif.js';

const IDS = Object.keys(CHECK_RULES) as CheckRuleId[];
const NONE: CheckReport = {
  findings: [],
  problems: [],
  notEntered: [],
  files: 3,
  encrypted: 1,
  allowed: 0,
  baselined: 0,
};

function reportWith(discoveries: readonly Discovery[], path = 'a/b.yaml', commit?: string): CheckReport {
  return { ...NONE, findings: findingsOf(discoveries, { path, shown: path, commit }) };
}

const every = reportWith(
  IDS.map((rule, at) => ({
    rule,
    message: `message of ${rule}`,
    line: at % 2 === 0 ? at + 1 : undefined,
    keyPath: ['a'],
  })),
);

type Json = Readonly<Record<string, unknown>>;

const sarifOf = (report: CheckReport): Json => JSON.parse(checkSarif(report));
const runOf = (log: Json): Json => (log.runs as Json[])[0] as Json;

test('SARIF keeps to the standard, with every kind of finding and with none', () => {
  expect(sarifProblems(sarifOf(every))).toEqual([]);
  expect(runOf(sarifOf(every)).results).toHaveLength(IDS.length);
  expect(sarifProblems(sarifOf(NONE))).toEqual([]);
  expect(runOf(sarifOf(NONE)).results).toEqual([]);
  expect(
    sarifProblems({ version: '2.1.0', runs: [{ tool: { driver: { rules: [] } }, x: 1, invocations: [] }] }),
  ).not.toEqual([]);
});

test('what could not be looked at is no success; where nothing was, there are no results', () => {
  const problems = [new SopsError('input-unreadable', 'cannot be read')];
  const some = sarifOf({ ...every, problems });
  expect(sarifProblems(some)).toEqual([]);
  expect(runOf(some).invocations).toMatchObject([{ executionSuccessful: false }]);
  expect(runOf(sarifOf({ ...NONE, files: 0, problems })).results).toBeUndefined();
});

test('of more than GitHub takes the errors stay', () => {
  const discoveries = Array.from({ length: 6000 }, (_, at): Discovery => {
    return { rule: at < 3000 ? 'plain-comment' : 'plain-value', message: 'x', line: at + 1 };
  });
  const results = runOf(sarifOf(reportWith(discoveries))).results as Json[];
  expect(results).toHaveLength(5000);
  expect(results.filter(({ level }) => level === 'error')).toHaveLength(3000);
});

test('names in URIs are percent-encoded from their bytes', () => {
  expect(uriOf('a b/é,:%\n.yaml')).toBe('a%20b/%C3%A9%2C%3A%25%0A.yaml');
  expect(uriOf('x\udcff')).toBe('x%FF');
});

test('annotations of GitHub: each on one line, whatever is in names and messages', () => {
  const name = 'a,b:c%d\n::error::x.yaml';
  const text = checkGithub(
    reportWith([{ rule: 'plain-value', message: 'one\n::set-output\r', line: 3, next: 'two' }], name),
  );
  const [first = '', ...rest] = text.split('\n');
  expect(rest).toHaveLength(2);
  expect(first).toMatch(
    /^::error file=a%2Cb%3Ac%25d%0A%3A%3Aerror%3A%3Ax\.yaml,line=3,endLine=3,title=[^:,]+::one%0A::set-output/,
  );
  expect(first.slice('::error '.length).split('::')[0]).not.toContain('\r');
  expect(rest[0]).toMatch(/^::notice title=sops-ts check::looked at 3 file\(s\)/);
});

test('the page for a step is bounded, and nothing in it is Markdown of others', () => {
  const page = checkSummaryPage(reportWith([{ rule: 'plain-value', message: '<img src=x> | [x](y)' }], 'a|b`.yaml'));
  expect(page).not.toContain('<img');
  expect(
    page
      .split('\n')
      .find((line) => line.startsWith('| error'))
      ?.split(' | '),
  ).toHaveLength(5);
  const many = Array.from({ length: 20_000 }, (): Discovery => ({ rule: 'plain-value', message: 'x'.repeat(100) }));
  expect(Buffer.byteLength(checkSummaryPage(reportWith(many)))).toBeLessThan(2 ** 20);
});

test('the real command prints them, and appends the page where GitHub says', async () => {
  const repository = new CheckedRepository();
  repository.write({ 'secrets/a b.yaml': 'password: hunter2\n', 'summary.md': 'before\n' });
  const env = { GITHUB_STEP_SUMMARY: 'summary.md' };
  const github = await repository.sops(['check', '--format', 'github'], { env });
  expect(github.status).toBe(1);
  expect(github.stdout.toString()).toContain('::error file=secrets/a b.yaml,line=1,endLine=1,');
  expect(repository.read('summary.md')).toMatch(/^before\n### sops-ts check\n/);
  const sarif = await repository.sops(['check', '--format', 'sarif'], { folder: 'secrets' });
  const log = JSON.parse(sarif.stdout.toString()) as Json;
  expect(sarifProblems(log)).toEqual([]);
  expect(sarif.stdout.toString()).toContain('"uri": "secrets/a%20b.yaml"');
  repository.remove();
});
