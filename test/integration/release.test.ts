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
    edit('package.json', (text) => text.replaceAll(/github\.com\/[^/]+/g, 'github.com/<owner>'));
    edit('docs/check.md', (text) => text.replaceAll(/uses: [\w<>-]+\/sops-ts@/g, 'uses: <owner>/sops-ts@'));
    edit('CHANGELOG.md', (text) => text.split(/^## \d/m, 1)[0] ?? '');
    const before = check('check', 'v9.9.9');
    expect(before.status).toBe(1);
    for (const part of [
      'repository still says <owner>',
      'homepage',
      'bugs',
      'docs/check.md',
      'v9.9.9',
      `no entry "## ${version}"`,
    ])
      expect(before.said).toContain(part);
    edit('package.json', (text) => text.replaceAll('/<owner>/', '/somebody/'));
    for (const page of ['docs/check.md', 'docs/git.md'])
      edit(page, (text) => text.replaceAll('<owner>/', 'somebody/').replaceAll(/(?<=sops-ts@v)[\d.]+/g, version));
    edit('CHANGELOG.md', (text) => text.replace('## Unreleased', `## Unreleased\n\n## ${version}`));
    expect(check('check', `v${version}`)).toEqual({ status: 0, said: '', stdout: '' });
    expect(check('notes').stdout).toMatch(/^### Files and the command line\n/);
    edit('package-lock.json', (text) => text.replaceAll(`"version": "${version}"`, '"version": "0.0.9"'));
    expect(check('check').said).toContain('package-lock.json has another version');
  });

  test('what npm would pack without a word is not: a package of which parts were not built', () => {
    expect(check('pack', join(scratch, 'half'))).toMatchObject({
      status: 1,
      said: expect.stringContaining('npm run build'),
    });
  });

  test('the mirror for pre-commit is what docs/git.md shows', () => {
    expect(check('mirror', join(scratch, 'mirror')).status).toBe(0);
    type Hook = Readonly<Record<'language' | 'entry' | 'additional_dependencies' | 'stages', string | string[]>>;
    const hooks = parse(readFileSync(join(scratch, 'mirror/.pre-commit-hooks.yaml'), 'utf8')) as readonly Hook[];
    // Of what is staged nothing is said where commits are pushed, or in builds.
    expect(hooks.map(({ entry, stages }) => [entry, stages])).toEqual([
      ['sops-ts check --staged', ['pre-commit', 'pre-merge-commit']],
      ['sops-ts git pre-push', ['pre-push']],
      ['sops-ts check', ['manual']],
    ]);
    for (const { language, additional_dependencies: packages } of hooks)
      expect([language, packages]).toEqual(['node', [expect.stringMatching(/^sops-ts@\d+\.\d+\.\d+$/)]]);
    expect(JSON.parse(readFileSync(join(scratch, 'mirror/package.json'), 'utf8'))).toMatchObject({ version: '0.0.0' });
  });
});

test('an executable is tried though artifacts keep no modes', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const folder = mkdtempSync(join(scratch, 'built-'));
  const text = `#!/bin/sh\nexec '${process.execPath}' '${new Program().file}' "$@"\n`;
  writeFileSync(join(folder, `sops-ts-v${version}-linux-x64`), text, { mode: 0o644 });
  const ran = start(process.execPath, [join(ROOT, '.ci/release.mjs'), 'try', folder, 'linux-x64']);
  expect(ran).toMatchObject({ status: 0, said: expect.stringContaining(`sops-ts ${version}`) });
});

describe('what publishes', () => {
  const { jobs } = parse(readFileSync(join(ROOT, '.github/workflows/release.yml'), 'utf8')) as {
    jobs: Readonly<Record<string, { readonly steps: readonly { readonly run?: string }[] }>>;
  };

  /** What the last step of a job calls its program with, for a tag. */
  function calledWith(job: string, program: string, tag: string): string {
    const [folder, bin] = [join(scratch, `publish-${tag}`), join(scratch, 'publish-bin')];
    for (const one of [join(folder, 'release'), bin]) mkdirSync(one, { recursive: true });
    writeFileSync(join(folder, 'release', `sops-ts-${tag.slice(1)}.tgz`), '');
    writeFileSync(join(bin, program), '#!/bin/sh\nprintf "%s " "$@"\n', { mode: 0o755 });
    const env = {
      PATH: [bin, process.env.PATH].join(delimiter),
      GITHUB_REF_NAME: tag,
      GITHUB_REPOSITORY: 'somebody/it',
    };
    const words = ['--noprofile', '--norc', '-eo', 'pipefail', '-c', jobs[job]?.steps.at(-1)?.run ?? 'exit 9'];
    return execFileSync('bash', words, { cwd: folder, env, encoding: 'utf8' });
  }

  // `release/x.tgz` is for npm the repository x.tgz of somebody called release.
  test('names the file so that npm takes it for one, and keeps versions that are tried from being the latest', () => {
    const usual = 'publish --ignore-scripts --provenance --access public ';
    expect(calledWith('npm', 'npm', 'v1.0.0')).toBe(`${usual}./release/sops-ts-1.0.0.tgz `);
    expect(calledWith('npm', 'npm', 'v1.0.0-rc.1')).toBe(`${usual}--tag next ./release/sops-ts-1.0.0-rc.1.tgz `);
    const page = (tag: string, more: string): string =>
      `release create ${tag} --repo somebody/it --verify-tag --notes-file NOTES.md ${more}release/sops-ts-${tag.slice(1)}.tgz `;
    expect(calledWith('github', 'gh', 'v1.0.0')).toBe(page('v1.0.0', ''));
    expect(calledWith('github', 'gh', 'v1.0.0-rc.1')).toBe(page('v1.0.0-rc.1', '--prerelease '));
  });
});

describe.skipIf(process.platform === 'win32')('the action', () => {
  interface Action {
    readonly runs: { readonly steps: readonly [{ readonly run: string }] };
  }
  const action = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as Action;
  const desk = new Desk();
  afterAll(() => desk.remove());

  /** Runs its script in a repository, with npm installing the built program. */
  function runIn(repository: Pick<TestRepository, 'folder'>, env: Readonly<Record<string, string>>) {
    const bin = join(scratch, 'bin');
    mkdirSync(bin, { recursive: true });
    const program = `#!/bin/sh\nexec '${process.execPath}' '${new Program().file}' "$@"`;
    writeFileSync(
      join(bin, 'npm'),
      `#!/bin/sh
case "$*" in 'install --prefix . --ignore-scripts '*' sops-ts@1.2.3') ;; *) exit 99 ;; esac
mkdir -p node_modules/.bin && cat >node_modules/.bin/sops-ts <<'END' && chmod +x node_modules/.bin/sops-ts
${program}
END
`,
    );
    chmodSync(join(bin, 'npm'), 0o755);
    const given = { SINCE: '', PATHS: '', VERSION: '1.2.3', RUNNER_TEMP: scratch, ...env };
    const words = ['--noprofile', '--norc', '-eo', 'pipefail', '-c', action.runs.steps[0].run];
    const ran = spawnSync('bash', words, {
      cwd: repository.folder,
      env: { ...given, PATH: [bin, process.env.PATH].join(delimiter) },
      encoding: 'utf8',
    });
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

  test('fetches what was there before a forced push, and fails where that is gone', () => {
    const upstream = new TestRepository({ env: { PATH: process.env.PATH ?? '' } });
    const headOf = () => execFileSync('git', ['rev-parse', 'HEAD'], { cwd: upstream.folder, encoding: 'utf8' }).trim();
    const commit = (files: Readonly<Record<string, string>>): string => {
      upstream.write(files);
      upstream.git('add', '--all');
      upstream.git('commit', '--quiet', '--message=c');
      return headOf();
    };
    const rules = `creation_rules:\n  - path_regex: ^secrets/\n    age: ${desk.recipient}\n`;
    const first = commit({ '.sops.yaml': rules, 'secrets/old.yaml': 'a: hunter2\n' });
    const before = commit({ note: 'x' });
    upstream.git('reset', '--quiet', '--hard', first);
    commit({ 'secrets/new.yaml': 'a: hunter3\n' });
    upstream.git('config', 'uploadpack.allowAnySHA1InWant', 'true');
    const folder = join(scratch, 'forced');
    execFileSync('git', ['clone', '--quiet', `file://${upstream.folder}`, folder]);
    const ran = runIn({ folder }, { SINCE: before });
    expect(ran).toMatchObject({ status: 1, said: expect.stringContaining('::error file=secrets/new.yaml') });
    expect(ran.said).not.toContain('secrets/old.yaml');
    expect(runIn({ folder }, { SINCE: '1'.repeat(40) }).said).toContain('there is no commit 1111');
    upstream.remove();
  });

  test('is not checked by a sops-ts that the repository brings', () => {
    const repository = new TestRepository({ env: { PATH: process.env.PATH ?? '' } });
    const rules = `creation_rules:\n  - path_regex: ^secrets/\n    age: ${desk.recipient}\n`;
    const fake = '#!/bin/sh\necho nothing found\n';
    repository.write({ '.sops.yaml': rules, 'secrets/a.yaml': 'a: hunter2\n', 'node_modules/.bin/sops-ts': fake });
    repository.write({ 'node_modules/sops-ts/package.json': '{"name":"sops-ts","version":"1.2.3"}', '.npmrc': 'x=y' });
    chmodSync(join(repository.folder, 'node_modules/.bin/sops-ts'), 0o755);
    repository.git('add', '--all', '--force');
    expect(runIn(repository, {})).toMatchObject({ status: 1, said: expect.stringContaining('secrets/a.yaml') });
    repository.remove();
  });
});

test('what CI runs on each system passes here', () => {
  const packed = join(scratch, 'packed');
  expect(start(process.execPath, [join(ROOT, '.ci/release.mjs'), 'pack', packed])).toMatchObject({ status: 0 });
  const words = ['--test', join(ROOT, 'test/platform/platform.test.mjs')];
  const ran = start(process.execPath, words, { SOPS_TS_PACKED: packed });
  expect(ran, ran.said).toMatchObject({ status: 0 });
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

  test.skipIf(!GROFF)('groff has nothing to say of it, even with nothing but ASCII', () => {
    const ran = start(GROFF ?? '', ['-man', '-ww', '-z', '-Tascii', join(dist, 'man/sops-ts.1')]);
    expect(ran).toMatchObject({ status: 0, said: '' });
  });

  test.skipIf(!GROFF)('no word of it is broken at the end of a line, where nobody would find a flag', () => {
    const { said } = start(GROFF ?? '', ['-man', '-Tascii', '-P-c', join(dist, 'man/sops-ts.1')]);
    expect(said).toContain('encrypted');
    expect(said.match(/^.*[\w\b]-$/gm) ?? []).toEqual([]);
  });

  test('a script for each shell', () => {
    for (const name of ['sops-ts.bash', '_sops-ts', 'sops-ts.fish', 'sops-ts.ps1'])
      expect(readFileSync(join(dist, 'completions', name), 'utf8')).toContain('sops-ts');
  });
});
