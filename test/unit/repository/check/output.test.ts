/** What `check` prints for GitHub and for code scanning: their rules, on every kind of finding and on odd names. */
import { expect, test } from 'vitest';
import { checkGithub, checkSummaryPage } from '../../../../src/cli/check/check-github.js';
import { checkSarif, uriOf } from '../../../../src/cli/check/check-sarif.js';
import { SopsError } from '../../../../src/errors.js';
import { type Discovery, findingsOf } from '../../../../src/repository/check/check-finding.js';
import { CHECK_RULES, type CheckRuleId } from '../../../../src/repository/check/check-rules.js';
import type { CheckReport } from '../../../../src/repository/check/collector.js';
import { CheckedRepository } from '../../../support/checked-repository.js';

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

/** What SARIF 2.1.0 asks for of the members that are used (OASIS); unknown members fail. */
class SarifReader {
  readonly breaches: string[] = [];

  log(log: Json): string[] {
    const { version, runs } = this.only('log', log, ['$schema', 'version', 'runs']);
    this.need('version', version === '2.1.0');
    for (const one of runs as Json[]) this.run(one);
    return this.breaches;
  }

  private run(one: Json): void {
    const members = ['tool', 'automationDetails', 'columnKind', 'originalUriBaseIds', 'invocations', 'results'];
    const run = this.only('run', one, members);
    this.need('columnKind', run.columnKind === 'utf16CodeUnits');
    const ids = this.rules(this.only('tool', run.tool, ['driver']).driver);
    for (const invocation of run.invocations as Json[]) this.invocation(invocation);
    for (const result of (run.results ?? []) as Json[]) this.result(result, ids);
  }

  private rules(of: unknown): unknown[] {
    const driver = this.only('driver', of, ['name', 'version', 'rules']);
    this.need('driver.name', typeof driver.name === 'string');
    const ids = (driver.rules as Json[]).map((rule) => {
      const names = ['id', 'shortDescription', 'fullDescription', 'defaultConfiguration', 'properties'];
      const { properties } = this.only('rule', rule, names);
      this.need('security-severity', typeof (properties as Json)['security-severity'] === 'string');
      return rule.id;
    });
    this.need('ids once', new Set(ids).size === ids.length);
    return ids;
  }

  private invocation(invocation: Json): void {
    this.only('invocation', invocation, ['executionSuccessful', 'toolExecutionNotifications']);
    this.need('executionSuccessful', typeof invocation.executionSuccessful === 'boolean');
    for (const one of invocation.toolExecutionNotifications as Json[]) {
      const { message } = this.only('notification', one, ['level', 'message', 'properties']);
      this.need('notification', typeof (message as Json).text === 'string');
    }
  }

  private result(result: Json, ids: readonly unknown[]): void {
    const names = ['ruleId', 'ruleIndex', 'level', 'message', 'locations', 'partialFingerprints', 'properties'];
    this.only('result', result, names);
    this.need('ruleIndex', ids[Number(result.ruleIndex)] === result.ruleId);
    this.need('level', ['none', 'note', 'warning', 'error'].includes(String(result.level)));
    this.need('message', typeof (result.message as Json).text === 'string');
    for (const location of result.locations as Json[]) this.location(location);
  }

  private location(location: Json): void {
    const { physicalLocation } = this.only('location', location, ['physicalLocation', 'logicalLocations']);
    const { artifactLocation, region } = this.only('physical', physicalLocation, ['artifactLocation', 'region']);
    const { uri } = this.only('artifact', artifactLocation, ['uri', 'uriBaseId']);
    this.need('uri', /^(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+$/.test(String(uri)));
    if (region) this.need('startLine', Number((region as Json).startLine) >= 1);
  }

  private only(what: string, of: unknown, names: readonly string[]): Json {
    const value = (of ?? {}) as Json;
    for (const name of Object.keys(value)) if (!names.includes(name)) this.breaches.push(`${what}: ${name}`);
    return value;
  }

  private need(what: string, isThere: boolean): void {
    if (!isThere) this.breaches.push(what);
  }
}

const breachesIn = (log: Json): string[] => new SarifReader().log(log);
const sarifOf = (report: CheckReport): Json => JSON.parse(checkSarif(report));
const runOf = (log: Json): Json => (log.runs as Json[])[0] as Json;

test('SARIF keeps to the standard, with every kind of finding and with none', () => {
  expect(breachesIn(sarifOf(every))).toEqual([]);
  expect(runOf(sarifOf(every)).results).toHaveLength(IDS.length);
  expect(breachesIn(sarifOf(NONE))).toEqual([]);
  expect(runOf(sarifOf(NONE)).results).toEqual([]);
  expect(
    breachesIn({ version: '2.1.0', runs: [{ tool: { driver: { rules: [] } }, x: 1, invocations: [] }] }),
  ).not.toEqual([]);
});

test('what could not be looked at is no success; where nothing was, there are no results', () => {
  const problems = [new SopsError('input-unreadable', 'cannot be read')];
  const some = sarifOf({ ...every, problems });
  expect(breachesIn(some)).toEqual([]);
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
  expect(breachesIn(log)).toEqual([]);
  expect(sarif.stdout.toString()).toContain('"uri": "secrets/a%20b.yaml"');
  repository.remove();
});
