/** The start-up loader, from the packed package: what programs of every kind find in their environment, and when they do not begin. */
import { execFileSync, spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Ended, InstalledPackage } from '../support/installed-package.js';

const SHOW = 'console.log(JSON.stringify([process.env.TOKEN, process.env.SET]))';
const SHOWN = '["from the file","in the file"]\n';

let app: InstalledPackage;
beforeAll(async () => {
  app = new InstalledPackage();
  await app.seal(
    '.env.enc',
    'TOKEN="from the file"\nSET=in the file\n',
    '--input-type',
    'dotenv',
    '--output-type',
    'dotenv',
  );
  await app.seal('nested.yaml', 'db: {password: deep}\nTOKEN: t\n');
  await app.seal('hostile.yaml', 'PATH: /evil\nNODE_OPTIONS: --inspect\nLD_PRELOAD: /x\nSOPS_AGE_KEY: k\nTOKEN: t\n');
  app.put('watched.mjs', "console.log('first', process.env.TOKEN);\n");
  app.put(
    'cluster.cjs',
    `const c = require('cluster');\nif (c.isPrimary) c.fork(); else { ${SHOW}; process.exit(); }\n`,
  );
  app.put(
    'checked.test.mjs',
    "import test from 'node:test';\ntest('t', () => { if (process.env.TOKEN !== 'from the file') throw new Error(); });\n",
  );
  app.put('app.mjs', `${SHOW};\n`);
  app.put('app.cjs', `${SHOW};\n`);
  app.put('first.mjs', "import 'sops-ts/config';\nimport './app.mjs';\n");
  app.put('first.cjs', "require('sops-ts/config');\nrequire('./app.cjs');\n");
});
afterAll(() => app.remove());

/** Node with the loader in front. */
function loaded(words: readonly string[], env: Record<string, string> = {}): Ended {
  return app.node(['--import', 'sops-ts/env', ...words], { NODE_NO_WARNINGS: '1', ...env });
}

/** Both ways to load, with a program that shows what it finds. */
const WAYS: readonly (readonly [string, (env?: Record<string, string>) => Ended])[] = [
  ['--import sops-ts/env', (env) => loaded(['app.mjs'], env)],
  ["import 'sops-ts/config'", (env) => app.node(['first.mjs'], { NODE_NO_WARNINGS: '1', ...env })],
];

test('where no process may be started, sops-ts/config says so', () => {
  const script = "process.execPath = '/none'; require('sops-ts/config'); console.log('started');";
  const { status, stdout, stderr } = app.node(['-e', script]);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^sops-ts: sops-ts\/config cannot start the process that opens the files: .*\nnode --import/);
});

test.skipIf(process.platform === 'win32').each(['--import sops-ts/env app.mjs', 'first.mjs'])(
  'node %s reads standard input where that is the file',
  (words) => {
    const line = `cat .env.enc | SOPS_FILE=/dev/stdin "${process.execPath}" ${words}`;
    const script = `process.stdout.write(require('child_process').execSync(${JSON.stringify(line)}))`;
    expect(app.node(['-e', script], { NODE_NO_WARNINGS: '1' })).toMatchObject({ status: 0, stdout: SHOWN });
  },
);

describe.each(WAYS)('%s', (_, start) => {
  test('gives the values before the program begins', () => {
    expect(start()).toMatchObject({ status: 0, stdout: SHOWN, stderr: '' });
  });

  test('leaves what is set, even when it is empty, unless told otherwise', () => {
    expect(start({ SET: '' }).stdout).toBe('["from the file",""]\n');
    expect(start({ SET: 'before', SOPS_OVERRIDE: '1' }).stdout).toBe(SHOWN);
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ['a file that is not there', { SOPS_FILE: 'none.yaml' }, /none\.yaml/],
    ['a file that is not encrypted', { SOPS_FILE: 'package.json' }, /metadata not found\nin file package\.json\n/],
    ['nobody who opens it', { SOPS_AGE_KEY: '' }, /Failed to get the data key(?:.*\n)+in file \.env\.enc\n/],
    ['nested keys', { SOPS_FILE: 'nested.yaml' }, /db/],
  ])('does not let the program begin with %s', (__, env, said) => {
    const ended = start(env);
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    expect(ended.stderr).toMatch(said);
    expect(ended.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(5);
    expect(ended.stderr).not.toMatch(/deep|from the file/);
  });

  test.skipIf(process.platform === 'win32')('reads a named pipe once', () => {
    execFileSync('sh', ['-c', 'rm -f pipe.env; mkfifo pipe.env'], { cwd: app.folder });
    spawn('sh', ['-c', 'cat .env.enc > pipe.env'], { cwd: app.folder, stdio: 'ignore' });
    expect(start({ SOPS_FILE: 'pipe.env' })).toMatchObject({ status: 0, stdout: SHOWN });
  });

  test('joins nested keys when asked, and takes several files', () => {
    const env = {
      SOPS_FILE: ['.env.enc', 'nested.yaml'].join(process.platform === 'win32' ? ';' : ':'),
      SOPS_FLATTEN: '1',
    };
    expect(start(env).stdout).toBe('["t","in the file"]\n');
  });

  test('does not let a file steer the program', () => {
    const ended = start({ SOPS_FILE: 'hostile.yaml', NODE_NO_WARNINGS: '' });
    expect(ended).toMatchObject({ status: 0, stdout: '["t",null]\n' });
    expect(ended.stderr).toMatch(/NODE_OPTIONS, LD_PRELOAD, SOPS_AGE_KEY/);
  });
});

describe('programs', () => {
  test.each<[string, () => Ended]>([
    ['CommonJS', () => loaded(['app.cjs'])],
    ['CommonJS by require', () => app.node(['first.cjs'], { NODE_NO_WARNINGS: '1' })],
    ['node -e', () => loaded(['-e', SHOW])],
    ['NODE_OPTIONS', () => app.node(['app.mjs'], { NODE_NO_WARNINGS: '1', NODE_OPTIONS: '--import sops-ts/env' })],
    [
      'a worker',
      () => loaded(['-e', `new (require('worker_threads').Worker)(${JSON.stringify(SHOW)}, { eval: true })`]),
    ],
    ['a fork', () => loaded(['-e', "require('child_process').fork('./app.cjs')"])],
    ['a cluster', () => loaded(['cluster.cjs'])],
    ['both ways at once', () => loaded(['first.mjs'])],
  ])('%s', (_, start) => {
    expect(start()).toMatchObject({ status: 0, stdout: SHOWN, stderr: '' });
  });

  test.each<[string, Record<string, string>]>([
    ['found by its name', {}],
    ['that SOPS_FILE names', { SOPS_FILE: '.env.enc' }],
  ])('a fork that works in another folder has the values of the file %s', (_, env) => {
    app.put('below/note', '');
    const script =
      "require('child_process').fork('./app.cjs', { cwd: 'below', execArgv: ['--import', 'sops-ts/env'] })";
    const start = script.replace("'./app.cjs'", JSON.stringify(app.path('app.cjs')));
    expect(loaded(['-e', start], env)).toMatchObject({ status: 0, stdout: SHOWN, stderr: '' });
  });

  test('a fork that works in another folder has the file that is there', async () => {
    app.put('own/note', '');
    await app.seal('own/.env.enc', 'TOKEN=its own\n', '--input-type', 'dotenv', '--output-type', 'dotenv');
    const fork = `require('child_process').fork(${JSON.stringify(app.path('app.cjs'))}, { cwd: 'own' })`;
    expect(loaded(['-e', fork], { SOPS_OVERRIDE: '1' }).stdout).toBe('["its own","in the file"]\n');
  });

  test('a worker without the environment says that there is no file', () => {
    const worker = "new (require('worker_threads').Worker)('./app.mjs', { env: { SOPS_FILE: 'none.yaml' } })";
    expect(loaded(['-e', worker]).stderr).toContain('sops-ts: Error reading file: none.yaml');
  });

  test('a fork does not decrypt again: it needs no key', () => {
    const script = `delete process.env.SOPS_AGE_KEY; require('child_process').fork('./app.cjs');`;
    expect(loaded(['-e', script])).toMatchObject({ status: 0, stdout: SHOWN });
  });

  test('node --test', () => {
    const ended = loaded(['--test', '--test-reporter=tap', 'checked.test.mjs']);
    expect(ended.stdout).toMatch(/^# pass 1$/m);
    expect(ended.status, ended.stdout).toBe(0);
  });

  test('node --watch has them anew after each change', async () => {
    const env = { ...app.env, NODE_NO_WARNINGS: '1' };
    const words = ['--watch', '--import', 'sops-ts/env', 'watched.mjs'];
    const child = spawn(process.execPath, words, { cwd: app.folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const ended = new Promise((settle) => child.on('exit', settle));
    await expect.poll(() => said, { timeout: 20_000 }).toContain('first from the file');
    app.put('watched.mjs', "console.log('second', process.env.TOKEN);\n");
    await expect.poll(() => said, { timeout: 20_000 }).toContain('second from the file');
    child.kill();
    await ended;
  });

  test('keys are gone after use when asked, for children too', () => {
    const script = `console.log(process.env.SOPS_AGE_KEY, require('child_process').execFileSync(process.execPath, ['-p', 'process.env.SOPS_AGE_KEY'], { encoding: 'utf8' }).trim())`;
    expect(loaded(['-e', script], { SOPS_DROP_KEYS: '1' })).toMatchObject({ stdout: 'undefined undefined\n' });
    expect(loaded(['-e', script]).stdout).toContain(app.identity);
  });
});

describe('which file', () => {
  test('that of NODE_ENV comes first, and an empty SOPS_FILE names none', async () => {
    const from = (env: Record<string, string> = {}): Ended =>
      app.node(['--import', 'sops-ts/env', '-e', `process.chdir('.'); ${SHOW}`], { NODE_NO_WARNINGS: '1', ...env });
    await app.seal('.env.test.enc', 'TOKEN=of tests\n', '--input-type', 'dotenv', '--output-type', 'dotenv');
    expect(from({ NODE_ENV: 'test' }).stdout).toBe('["of tests",null]\n');
    expect(from({ NODE_ENV: 'production' }).stdout).toBe(SHOWN);
    const empty = (env: Record<string, string> = {}) => loaded(['-e', SHOW], { SOPS_FILE: '', ...env });
    expect(empty().status).toBe(0);
  });
});
