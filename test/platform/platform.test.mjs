/**
 * What differs between systems, with the package as npm installs it: CI runs this on Linux, macOS and Windows, where the other tests lean on
 * Linux. `node --test test/platform/platform.test.mjs`, after `node .ci/release.mjs pack release`; `SOPS_TS_PACKED` names another folder. It
 * needs git.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const PACKED = process.env.SOPS_TS_PACKED ?? fileURLToPath(new URL('../../release', import.meta.url));
const ON_WINDOWS = process.platform === 'win32';

const scratch = realpathSync.native(mkdtempSync(join(tmpdir(), 'sops-ts-platform-')));
after(() => rmSync(scratch, { recursive: true, force: true, maxRetries: 5 }));
const [app, home, work, temporary] = ['app', 'home', 'a folder', 'temporary'].map((name) => join(scratch, name));
for (const folder of [app, home, work, temporary]) mkdirSync(folder);

const env = {
  ...process.env,
  ...{ HOME: home, USERPROFILE: home, XDG_CONFIG_HOME: home, APPDATA: home, LOCALAPPDATA: home },
  ...{ TMPDIR: temporary, TEMP: temporary, TMP: temporary, GIT_CONFIG_NOSYSTEM: '1' },
  ...{ GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@b' },
};

function start(file, words, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(file, words, { cwd: work, env, encoding: 'utf8', ...options });
  if (error) throw error;
  return { status, stdout, stderr };
}

/** npm is a batch file on Windows, which Node starts by a shell alone. */
const npm = (...words) => start(`npm ${words.join(' ')}`, [], { cwd: app, shell: true });
const SCRIPT = join(app, 'node_modules/sops-ts/bin/sops-ts.js');
const sops = (words, options) => start(process.execPath, [SCRIPT, ...words], options);

function fine(ran) {
  assert.equal(ran.status, 0, ran.stderr + ran.stdout);
  return ran.stdout;
}

function put(name, text) {
  const path = join(work, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

test('the package is installed, and its command starts', () => {
  writeFileSync(join(app, 'package.json'), '{ "name": "app", "private": true }');
  const tarball = readdirSync(PACKED).find((name) => name.endsWith('.tgz'));
  assert.ok(tarball, `there is no package in ${PACKED}`);
  copyFileSync(join(PACKED, tarball), join(app, tarball));
  fine(npm('install', '--no-audit', '--no-fund', '--offline', `./${tarball}`));
  assert.match(fine(npm('exec', '--offline', '--', 'sops-ts', '--version')), /^sops 3\./);
});

test('init makes a key, and text is given back byte for byte', () => {
  fine(sops(['init', '--yes']));
  for (const [name, text] of [
    ['lf.yaml', 'a: 1 # so\nb: "\u00fc"\n'],
    ['crlf.yaml', 'a: 1 # so\r\nb: 2\r\n'],
    ['none.json', '{"a": 1}'],
  ]) {
    const path = put(join('secrets', name), text);
    fine(sops(['encrypt', '--in-place', path]));
    assert.doesNotMatch(readFileSync(path, 'utf8'), /so\r?\n/);
    assert.equal(fine(sops(['decrypt', join('secrets', name)])), text);
  }
});

test('rules are for files however these are named', () => {
  const [key] = /age1\w+/.exec(readFileSync(join(work, '.sops.yaml'), 'utf8'));
  put('named/.sops.yaml', `creation_rules:\n  - path_regex: ^schl\u00fcssel\n    age: ${key}\n`);
  const name = 'schl\u00fcssel.yaml';
  const path = put(join('named', process.platform === 'darwin' ? name.normalize('NFD') : name), 'a: 1\n');
  const names = {
    darwin: [name, name.toUpperCase()],
    win32: [path.toLowerCase(), path.replaceAll('\\', '/'), name.toUpperCase()],
  };
  for (const one of [path, ...(names[process.platform] ?? [])])
    fine(sops(['encrypt', '--output', join(work, 'out.yaml'), one], { cwd: dirname(path) }));
});

test('a name that Windows cannot have is refused there', { skip: !ON_WINDOWS }, () => {
  for (const name of ['NUL', 'com1.txt', 'a.', 'a:b']) {
    const ran = sops(['decrypt', '--output', name, 'secrets/lf.yaml']);
    assert.equal(ran.status, 3, ran.stdout);
    assert.match(ran.stderr, /on Windows/);
  }
});

test('a program is given values, and its status comes back', () => {
  put('secrets/app.env', 'GREETING=hello\n');
  fine(sops(['encrypt', '--in-place', 'secrets/app.env']));
  const print = `"${process.execPath}" -e "console.log(process.env.GREETING);process.exit(7)"`;
  const ran = sops(['exec-env', 'secrets/app.env', print]);
  assert.deepEqual([ran.status, ran.stdout.trim()], [7, 'hello'], ran.stderr);
});

test('a program is given a file, of which nothing is left', () => {
  const read = `"${process.execPath}" -e "console.log(require('fs').readFileSync(process.argv[1],'utf8'))" {}`;
  const bare = sops(['exec-file', 'secrets/none.json', read]);
  if (ON_WINDOWS) assert.match(bare.stderr, /no FIFOs/);
  else assert.equal(fine(bare).trim(), '{"a": 1}');
  assert.equal(fine(sops(['exec-file', '--no-fifo', 'secrets/none.json', read])).trim(), '{"a": 1}');
  assert.deepEqual(
    readdirSync(temporary).filter((name) => name.startsWith('.sops-ts')),
    [],
  );
});

test('git shows plaintext, and its hook stops what is not encrypted', () => {
  const git = (...words) => start('git', words);
  for (const words of [
    ['init', '--quiet'],
    ['config', 'core.autocrlf', 'false'],
  ])
    fine(git(...words));
  fine(sops(['git', 'install']));
  fine(git('add', '.sops.yaml', '.gitattributes', 'secrets'));
  fine(git('commit', '--quiet', '--message', 'one'));
  fine(sops(['set', 'secrets/lf.yaml', '["a"]', '2']));
  assert.match(fine(git('diff')), /^-a: 1 # so\r?$[\s\S]*^\+a: 2 # so\r?$/m);
  put('secrets/plain.yaml', 'password: hunter2\n');
  fine(git('add', 'secrets'));
  const stopped = git('commit', '--quiet', '--message', 'two');
  assert.notEqual(stopped.status, 0);
  assert.match(stopped.stderr + stopped.stdout, /plain\.yaml/);
});

test('the library opens files, by import and by require, and the loader before the program', () => {
  const file = join(work, 'secrets/lf.yaml');
  const read = `decryptFile(${JSON.stringify(file)}).then((data) => console.log(data.b))`;
  writeFileSync(join(app, 'a.mjs'), `import { decryptFile } from 'sops-ts';\n${read};\n`);
  writeFileSync(join(app, 'a.cjs'), `const { decryptFile } = require('sops-ts');\n${read};\n`);
  const warnings = process.allowedNodeEnvironmentFlags.has('--disable-warning')
    ? ['--disable-warning=ExperimentalWarning']
    : [];
  for (const name of ['a.mjs', 'a.cjs'])
    assert.equal(fine(start(process.execPath, [...warnings, name], { cwd: app })).trim(), '\u00fc');
  const loaded = start(process.execPath, ['--import', 'sops-ts/env', '-e', 'console.log(process.env.GREETING)'], {
    cwd: app,
    env: { ...env, SOPS_FILE: join(work, 'secrets/app.env') },
  });
  assert.equal(fine(loaded).trim(), 'hello');
});
