/** The library as programs have it: from the packed package, in an empty folder, by import and by require, with its types. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InstalledPackage } from '../support/installed-package.js';
import { ROOT } from '../support/program.js';

/** As zod has it, as far as the page needs it. */
const ZOD = {
  'package.json': '{"type": "module", "exports": {"types": "./index.d.ts", "default": "./index.js"}}',
  'index.js': `export const z = {
  number: () => 'number',
  object: (shape) => ({ '~standard': { version: 1, vendor: 'zod', validate: (value) => {
    const issues = Object.entries(shape).filter(([key, type]) => typeof value[key] !== type).map(([key]) => ({ message: 'Invalid input', path: [key] }));
    return issues.length > 0 ? { issues } : { value };
  } } }),
};`,
  'index.d.ts': `export interface Schema<T> { '~standard': { version: 1; vendor: string; validate: (value: unknown) => { value: T } | { issues: { message: string; path: PropertyKey[] }[] }; types?: { input: T; output: T } | undefined } }
export declare const z: { number(): Schema<number>; object<S extends Record<string, Schema<unknown>>>(shape: S): Schema<{ [K in keyof S]: S[K] extends Schema<infer T> ? T : never }> };`,
};

interface Job {
  readonly number: string;
  readonly text: string;
}

/** The jobs of a page: blocks of TypeScript that have a number. */
function jobsOf(page: string): Job[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(/^```ts job=(\d+)\n([\s\S]*?)^```/gm)].map(([, number = '', block = '']) => ({
    number,
    text: block,
  }));
}

let app: InstalledPackage;
beforeAll(async () => {
  app = new InstalledPackage();
  app.addNodeTypes();
  for (const [name, text] of Object.entries(ZOD)) app.put(`node_modules/zod/${name}`, text);
  app.write('.sops.yaml', `creation_rules:\n  - age: ${app.recipient}\n`);
  await app.seal('secrets.yaml', 'port: 5432\ndb:\n  password: old # why\n');
  await app.seal('s.enc.json', '{"a": 1}');
  await app.seal('.env.enc', 'TOKEN=from the file\nSET=no\n', '--input-type', 'dotenv', '--output-type', 'dotenv');
  app.write('plain.yaml', 'a: 1\n');
  app.write('app.js', 'console.log(process.env.TOKEN);\n');
});
afterAll(() => app.remove());

test('a program that exits while a file is replaced leaves nothing beside it', async () => {
  mkdirSync(join(app.folder, 'kept'));
  await app.seal('kept/s.yaml', 'a: 1\n');
  const script = `
    const fs = require('fs');
    fs.fsync = () => process.exit(fs.readdirSync('kept').length === 2 ? 7 : 8);
    require('module').syncBuiltinESMExports();
    const { rotate } = require('sops-ts');
    rotate('kept/s.yaml', { onWarning() {} });`;
  expect(app.node(['-e', script])).toMatchObject({ status: 7, stderr: '' });
  expect(readdirSync(join(app.folder, 'kept'))).toEqual(['s.yaml']);
});

describe('the twelve jobs of the page', () => {
  const jobs = jobsOf('docs/library.md');
  /** What stands for what the page only declares, and what is to be true after the job. */
  const GIVEN: Readonly<Record<string, string>> = {
    5: 'declare const recipient: string;|const recipient: string = process.env.SOPS_AGE_RECIPIENTS ?? "";',
    9: 'declare const files: string[];|const files: string[] = ["secrets.yaml"];',
    11: 'declare const key: string;|const key: string = process.env.SOPS_AGE_KEY ?? "";',
  };
  const CHECKS: Readonly<Record<string, string>> = {
    1: 'console.log(db.port)',
    2: 'console.log(port + 1)',
    3: 'console.log(new TextDecoder().decode(text))',
    4: '',
    5: '',
    6: 'console.log(new TextDecoder().decode(sealed).includes("ENC["))',
    7: 'child.stdout.on("data", (part) => console.log(String(part).trim()))',
    8: 'console.log(keys.length, groups.length, rule?.line)',
    11: 'console.log(secrets.port)',
  };
  const PRINTED: Readonly<Record<string, string>> = {
    1: '5432\n',
    2: '5433\n',
    3: 'a: 1\n\n',
    6: 'true\n',
    7: 'from the file\n',
    8: '2 1 2\n',
    11: '5432\n',
  };

  test('are twelve of at most five lines, each compiled by a strict compiler', () => {
    expect(jobs.map(({ number }) => Number(number))).toEqual(Array.from({ length: 12 }, (_, at) => at + 1));
    for (const { number, text } of jobs) {
      const lines = text.split('\n').filter((line) => line !== '' && !/^(?:import|declare) /.test(line));
      expect(lines.length, text).toBeLessThanOrEqual(5);
      const [declared = '', given = ''] = (GIVEN[number] ?? '').split('|');
      app.put(`job${number}.ts`, `${text.replace(declared, given)}\n${CHECKS[number] ?? ''};\nexport {};\n`);
    }
    const files = jobs.map(({ number }) => `job${number}.ts`);
    expect(app.compile(files, { types: ['node'] })).toBe('');
  });

  test.each(jobs)('job $number does what it says', ({ number }) => {
    expect(app.node([`job${number}.js`])).toMatchObject({ status: 0, stdout: PRINTED[number] ?? '', stderr: '' });
  });

  test('what they wrote is there', async () => {
    expect(await app.plain('secrets.yaml')).toBe('port: 5432\ndb:\n  password: correct horse # why\n');
    expect(await app.plain('other.yaml')).toBe('a: 1\n');
  });
});

describe('the types', () => {
  test('hold in an empty project, without any other package', () => {
    app.put(
      'bare.ts',
      "import { decryptFile, type SecretsFile } from 'sops-ts';\nimport { startFile } from 'sops-ts/cli';\nimport 'sops-ts/config';\nexport type F = SecretsFile;\nexport const made = [decryptFile, startFile];\n",
    );
    expect(app.compile(['bare.ts'], { noEmit: true, typeRoots: [] })).toBe('');
    expect(
      app.compile(['bare.ts'], { noEmit: true, typeRoots: [], module: 'esnext', moduleResolution: 'bundler' }),
    ).toBe('');
  });

  test('serve a CommonJS program', () => {
    app.put(
      'common.cts',
      "import sops = require('sops-ts');\nexport const found: Promise<number> = sops.decryptFile<number>('x');\n",
    );
    expect(app.compile(['common.cts'], { noEmit: true, typeRoots: [] })).toBe('');
  });

  test('name no SDK, and a wrong option does not compile', () => {
    const text = readFileSync(app.path('node_modules/sops-ts/dist/types/index.d.ts'), 'utf8');
    expect(text).not.toMatch(/\bfrom '|import\(|@aws-sdk|openpgp|grpc/);
    app.put(
      'wrong.ts',
      "import { decryptFile } from 'sops-ts';\nexport const wrong = decryptFile('x', { enviroment: {} });\n",
    );
    expect(app.compile(['wrong.ts'], { noEmit: true, typeRoots: [] })).toContain('enviroment');
  });
});

describe('the page of the interface', () => {
  test('is what the types say', async () => {
    const { apiPage } = (await import('../../.ci/api-page.mjs' as string)) as { apiPage(text: string): string };
    const types = readFileSync(app.path('node_modules/sops-ts/dist/types/index.d.ts'), 'utf8');
    expect(readFileSync(join(ROOT, 'docs/library-api.md'), 'utf8')).toBe(apiPage(types));
  });
});

describe('by require', () => {
  test('the library is there', () => {
    const script =
      "const { decryptFile, SopsError } = require('sops-ts'); decryptFile('secrets.yaml').then(({ port }) => console.log(port, typeof SopsError.is));";
    expect(app.node(['--no-warnings', '--input-type=commonjs', '-e', script])).toMatchObject({
      stdout: '5432 function\n',
      stderr: '',
    });
  });

  test('the start files are found', () => {
    const script =
      "const { startFile } = require('sops-ts/cli'); const { pluginFile } = require('sops-ts/kustomize'); for (const file of [startFile, pluginFile]) require('node:fs').accessSync(file);";
    expect(app.node(['--no-warnings', '--input-type=commonjs', '-e', script])).toMatchObject({ status: 0, stderr: '' });
  });
});

test('a signal ends a call that nothing else keeps the process for, which then ends', () => {
  const script = `
    import { decryptData, encrypt } from 'sops-ts';
    const never = () => new Promise(() => {});
    const o = { format: 'json', env: {}, config: false };
    const sealed = await encrypt({ a: 1 }, { ...o, recipients: ['${app.recipient}'] });
    const keyServices = [{ encrypt: never, decrypt: never }];
    await decryptData(sealed, { ...o, keyServices, signal: AbortSignal.timeout(50) }).catch(({ code }) => console.log(code));
    const { signal } = new AbortController();
    await encrypt({ a: 1 }, { ...o, recipients: ['${app.recipient}'], signal });
  `;
  app.put('hanging.mjs', script);
  expect(app.node(['hanging.mjs'])).toMatchObject({ status: 0, stdout: 'aborted\n', stderr: '' });
});

test('an error that nobody catches is told under its own name, and not beside a page of source', () => {
  app.put('uncaught.mjs', "import { decryptFile } from 'sops-ts';\nawait decryptFile('absent.yaml');\n");
  const { stderr } = app.node(['uncaught.mjs']);
  expect(stderr).toMatch(/^SopsError: .*cannot operate on non-existent file/m);
  expect(stderr.split('\n', 2)[1]?.length).toBeLessThan(1000);
});

describe('a working directory that was removed', () => {
  const LEAVING =
    "import { mkdirSync, rmdirSync } from 'node:fs'; mkdirSync('gone'); process.chdir('gone'); rmdirSync('../gone');\n";

  test('is told as that by a call that needs it', () => {
    const calls =
      "const said = await Promise.all([decryptFile('/x.yaml'), inspect('/x.yaml')].map((call) => call.catch(({ code }) => code)));";
    app.put('gone.js', `import { decryptFile, inspect } from 'sops-ts';\n${LEAVING}${calls}\nconsole.log(...said);\n`);
    expect(app.node(['gone.js'])).toMatchObject({ stdout: 'input-unreadable input-unreadable\n', stderr: '' });
  });

  test.each(['sops-ts/env', 'sops-ts/config'])('keeps a program with %s from starting', (entry) => {
    app.put('gone.js', `${LEAVING}await import('${entry}');\n`);
    const wanted = /^sops-ts: the working directory cannot be told: no such file or directory\n/;
    expect(app.node(['gone.js'])).toMatchObject({ status: 1, stderr: expect.stringMatching(wanted) });
  });
});

test('errors and data are whole where a program has frozen what is inherited', () => {
  app.put(
    'frozen.js',
    `import { decryptFile, encryptFile } from 'sops-ts';
     for (const { prototype } of [Object, Array, Error]) Object.freeze(prototype);
     await encryptFile('frozen.yaml');
     const error = await decryptFile('nothing.yaml').catch((thrown) => thrown);
     console.log(error.name, error.code, JSON.stringify(await decryptFile('frozen.yaml')));`,
  );
  app.write('frozen.yaml', 'toString: a\nb: {constructor: 1}\n');
  const stdout = 'SopsError no-file {"toString":"a","b":{"constructor":1}}\n';
  expect(app.node(['frozen.js'])).toMatchObject({ stderr: '', stdout });
});

test.skipIf(process.platform === 'win32')(
  'a pipe of a shell is at its end once it has been read, as nobody can write to it anew',
  () => {
    app.write('keys', app.identity);
    const script = `import { decryptFile } from 'sops-ts';
    for (let time = 0; time < 2; time++)
      await decryptFile('s.enc.json').then(({ a }) => console.log(a), ({ code }) => console.log(code));`;
    const command = 'SOPS_AGE_KEY= SOPS_AGE_KEY_FILE=<(cat keys) exec "$0" --input-type=module -e "$1"';
    const ran = spawnSync('bash', ['-c', command, process.execPath, script], {
      cwd: app.folder,
      env: app.env,
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect(ran.stdout).toBe('1\ndata-key-not-recovered\n');
  },
);
