/** What a release is made of: workflows under their linters, the action and the mirror as they run, the manual, what must be filled in. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { Desk } from '../support/desk.js';
import { Program, ROOT } from '../support/program.js';
import { announceSkipped, findTool } from '../support/programs.js';
import { TestRepository } from '../support/repository.js';

const ACTIONLINT = findTool('actionlint', 'ACTIONLINT_BIN', ['-version']);
const SCHEMAS = findTool('check-jsonschema', 'CHECK_JSONSCHEMA_BIN', ['--version']);
const GROFF = findTool('groff', 'GROFF_BIN', ['--version']);
if (!ACTIONLINT) announceSkipped(1, 'there is no actionlint');
if (!SCHEMAS) announceSkipped(1, 'there is no check-jsonschema');
if (!GROFF) announceSkipped(1, 'there is no groff');

const scratch = mkdtempSync(join(tmpdir(), 'sops-ts-release-'));
afterAll(() => rmSync(scratch, { recursive: true }));
const WORKFLOWS = readdirSync(join(ROOT, '.github/workflows')).map((name) => join(ROOT, '.github/workflows', name));

function start(file: string, words: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const ran = spawnSync(file, words, { cwd: scratch, env: { ...process.env, ...more }, encoding: 'utf8' });
  return { status: ran.status, said: ran.stdout + ran.stderr, stdout: ran.stdout };
}

describe('linters', () => {
  test.skipIf(!ACTIONLINT)('actionlint is content', () => {
    expect(start(ACTIONLINT ?? '', WORKFLOWS)).toMatchObject({ status: 0, said: '' });
    const evil = readFileSync(WORKFLOWS[0] ?? '', 'utf8').replace(
      'run: npm test',
      `run: echo \${{ github.event.pull_request.title }}`,
    );
    writeFileSync(join(scratch, 'evil.yml'), evil);
    expect(start(ACTIONLINT ?? '', [join(scratch, 'evil.yml')]).status).toBe(1);
  });

  test.skipIf(!SCHEMAS)('their schemas hold', () => {
    const check = (schema: string, files: readonly string[]) =>
      start(SCHEMAS ?? '', ['--builtin-schema', schema, ...files]);
    expect(check('vendor.github-workflows', WORKFLOWS)).toMatchObject({ status: 0 });
    expect(check('vendor.github-actions', [join(ROOT, 'action.yml')])).toMatchObject({ status: 0 });
  });
});

describe('what must be filled in', () => {
  const place = join(scratch, 'root');
  const check = (...words: readonly string[]) =>
    start(process.execPath, [join(ROOT, '.ci/release.mjs'), ...words], {
      SOPS_TS_RELEASE_ROOT: place,
      GITHUB_REPOSITORY: '',
    });
  const edit = (name: string, change: (text: string) => string): void =>
    writeFileSync(join(place, name), change(readFileSync(join(place, name), 'utf8')));

  test('is said, and is all that keeps a release back', () => {
    mkdirSync(place);
    for (const name of ['package.json', 'package-lock.json', 'action.yml', 'CHANGELOG.md', 'docs'])
      cpSync(join(ROOT, name), join(place, name), { recursive: true });
    const { version } = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')) as { version: string };
    edit('package.json', (text) => text.replaceAll(/github\.com\/[^/]+/g, 'github.com/OWNER'));
    edit('docs/check.md', (text) => text.replaceAll(/uses: [\w-]+\/sops-ts@/g, 'uses: OWNER/sops-ts@'));
    edit('CHANGELOG.md', (text) => text.split(/^## \d/m, 1)[0] ?? '');
    const before = check('check', 'v9.9.9');
    expect(before.status).toBe(1);
    for (const part of [
      'repository still says OWNER',
      'homepage',
      'bugs',
      'docs/check.md',
      'v9.9.9',
      `no entry "## ${version}"`,
    ])
      expect(before.said).toContain(part);
    edit('package.json', (text) => text.replaceAll('/OWNER/', '/somebody/'));
    edit('docs/check.md', (text) => text.replaceAll('OWNER/', 'somebody/'));
    edit('CHANGELOG.md', (text) => text.replace('## Unreleased', `## Unreleased\n\n## ${version}`));
    expect(check('check', `v${version}`)).toEqual({ status: 0, said: '', stdout: '' });
    expect(check('notes').stdout).toMatch(/^- /);
    edit('package-lock.json', (text) => text.replaceAll(`"version": "${version}"`, '"version": "0.0.9"'));
    expect(check('check').said).toContain('package-lock.json has another version');
  });

  test('the mirror for pre-commit is what docs/git.md shows', () => {
    expect(check('mirror', join(scratch, 'mirror')).status).toBe(0);
    const [hook] = parse(readFileSync(join(scratch, 'mirror/.pre-commit-hooks.yaml'), 'utf8')) as Record<
      string,
      string[]
    >[];
    expect(hook).toMatchObject({ id: 'sops-ts-check', language: 'node', entry: 'sops-ts check --staged' });
    expect(hook?.additional_dependencies).toEqual([expect.stringMatching(/^sops-ts@\d+\.\d+\.\d+$/)]);
    expect(JSON.parse(readFileSync(join(scratch, 'mirror/package.json'), 'utf8'))).toMatchObject({ version: '0.0.0' });
  });
});

describe.skipIf(process.platform === 'win32')('the action', () => {
  interface Action {
    readonly runs: { readonly steps: readonly [{ readonly run: string }] };
  }
  const action = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as Action;
  const desk = new Desk();
  afterAll(() => desk.remove());

  /** Runs its script in a repository, with npx giving the built program. */
  function runIn(repository: TestRepository, env: Readonly<Record<string, string>>) {
    const bin = join(scratch, 'bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(
      join(bin, 'npx'),
      `#!/bin/sh\n[ "$1 $2 $3" = '--yes --ignore-scripts sops-ts@1.2.3' ] || exit 99\nshift 3\nexec '${process.execPath}' '${new Program().file}' "$@"\n`,
    );
    chmodSync(join(bin, 'npx'), 0o755);
    const given = { SINCE: '', PATHS: '', VERSION: '1.2.3', PATH: [bin, process.env.PATH].join(delimiter), ...env };
    const words = ['--noprofile', '--norc', '-eo', 'pipefail', '-c', action.runs.steps[0].run];
    const ran = spawnSync('bash', words, { cwd: repository.folder, env: given, encoding: 'utf8' });
    return { status: ran.status, said: ran.stdout + ran.stderr };
  }

  test('marks what a branch leaves in clear, and is content with what was there', () => {
    const repository = new TestRepository({ env: { PATH: process.env.PATH ?? '' } });
    const rules = `creation_rules:\n  - path_regex: ^secrets/\n    age: ${desk.recipient}\n`;
    repository.write({ '.sops.yaml': rules, 'secrets/old.yaml': 'a: hunter2\n' });
    repository.git('add', '--all');
    repository.git('commit', '--quiet', '--message=one');
    const base = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: repository.folder, encoding: 'utf8' }).trim();
    expect(runIn(repository, { SINCE: base })).toMatchObject({ status: 0 });
    for (const SINCE of ['', '0'.repeat(40)])
      expect(runIn(repository, { SINCE }), SINCE).toMatchObject({
        status: 1,
        said: expect.stringContaining('::error file=secrets/old.yaml'),
      });
    repository.write({ 'secrets/new $(id).yaml': 'a: hunter3\n' });
    repository.git('add', '--all');
    repository.git('commit', '--quiet', '--message=two');
    const ran = runIn(repository, { SINCE: base, PATHS: 'secrets/new $(id).yaml\n' });
    expect(ran).toMatchObject({ status: 1, said: expect.stringContaining('::error file=secrets/new $(id).yaml') });
    expect(ran.said).not.toContain('hunter');
    repository.remove();
  });
});

describe('the manual and completions', () => {
  const dist = join(ROOT, 'dist');
  const page = readFileSync(join(dist, 'man/sops-ts.1'), 'utf8');
  const told = readFileSync(join(ROOT, 'docs/cli.md'), 'utf8');
  const commands = [...told.matchAll(/^### (.*)$/gm)].map(([, name = '']) => name);

  test('the page tells every command and flag that docs/cli.md tells', () => {
    expect(commands.length).toBeGreaterThan(60);
    const plain = page.replaceAll('\\-', '-');
    expect(commands.filter((name) => !plain.includes(`.SS "sops-ts ${name} [flags]`))).toEqual([]);
    const flags = new Set([...told.matchAll(/`(--[a-z][\w-]*)/g)].map(([, name = '']) => name));
    expect([...flags].filter((name) => name !== '--help' && !plain.includes(`\\fB${name}\\fP`))).toEqual([]);
  });

  test.skipIf(!GROFF)('groff has nothing to say of it', () => {
    const ran = start(GROFF ?? '', ['-man', '-ww', '-z', '-Tutf8', '-Kutf8', join(dist, 'man/sops-ts.1')]);
    expect(ran).toMatchObject({ status: 0, said: '' });
  });

  test('a script for each shell', () => {
    for (const name of ['sops-ts.bash', '_sops-ts', 'sops-ts.fish', 'sops-ts.ps1'])
      expect(readFileSync(join(dist, 'completions', name), 'utf8')).toContain('sops-ts');
  });
});
