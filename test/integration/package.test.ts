/** The package as npm packs it, laid out as `npm install -g` does: started through the links of a global installation. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Desk } from '../support/desk.js';
import { ROOT } from '../support/program.js';

let desk: Desk;

beforeAll(async () => {
  desk = new Desk();
  // `npm run test:integration` has built dist/; the scripts would build it again while other tests use it.
  const args = ['pack', '--ignore-scripts', '--silent', '--pack-destination', desk.folder];
  execFileSync('npm', args, { cwd: ROOT, env: { ...process.env, npm_config_cache: desk.path('cache') } });
  const [packed = ''] = readdirSync(desk.folder).filter((name) => name.endsWith('.tgz'));
  mkdirSync(desk.path('g/lib/node_modules'), { recursive: true });
  execFileSync('tar', ['xzf', desk.path(packed), '-C', desk.path('g/lib')]);
  execFileSync('mv', [desk.path('g/lib/package'), desk.path('g/lib/node_modules/sops-ts')]);
  chmodSync(desk.path('g/lib/node_modules/sops-ts/bin/sops-ts.js'), 0o755);
  mkdirSync(desk.path('g/bin'));
  symlinkSync('../lib/node_modules/sops-ts/bin/sops-ts.js', desk.path('g/bin/sops-ts'));
  symlinkSync('sops-ts', desk.path('g/bin/sops'));
  desk.write('e.yaml', await desk.encrypt('e.yaml', 'a: one\n'));
  // Ciphertext would be reported as such, whatever its name; this is only no JSON.
  desk.write('p.yaml', 'a: one\n');
});

afterAll(() => desk.remove());

function start(name: string, ...words: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { ...desk.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` };
  return spawnSync(desk.path(name), words, { cwd: desk.folder, env, encoding: 'utf8' });
}

describe.skipIf(process.platform === 'win32')('the package', () => {
  test.each(['g/bin/sops-ts', 'g/bin/sops'])('%s works through its links', (name) => {
    expect(start(name, 'decrypt', 'e.yaml')).toMatchObject({ status: 0, stdout: 'a: one\n', stderr: '' });
    expect(start(name, 'help', 'decrypt').stdout).toMatch(/^Usage: sops/);
    expect(start(name, 'encrypt', '--age', desk.recipient, '--filename-override', 'x.json', 'p.yaml').status).toBe(2);
  });

  test('answers by the name of the link', () => {
    expect(start('g/bin/sops', '--version').stdout).toMatch(/^sops 3\.13\.2\b/);
    expect(start('g/bin/sops-ts', '--version').stdout).toMatch(/^sops 3\.13\.2 \(sops-ts \d/);
  });

  test('has the types and no tests, and its library loads', () => {
    const folder = desk.path('g/lib/node_modules/sops-ts');
    expect(readdirSync(folder).sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'bin',
      'dist',
      'docs',
      'package.json',
    ]);
    expect(existsSync(join(folder, 'dist/types/index.d.ts'))).toBe(true);
    expect(existsSync(join(folder, 'dist/man/sops-ts.1'))).toBe(true);
    expect(existsSync(join(folder, 'dist/completions/_sops-ts'))).toBe(true);
    expect(existsSync(join(folder, 'dist/THIRD-PARTY-NOTICES.txt'))).toBe(true);
    const script = "import('sops-ts').then((it) => console.log(typeof it.decryptFile))";
    const ran = spawnSync(process.execPath, ['-e', script], {
      cwd: desk.path('g/lib'),
      env: { PATH: process.env.PATH ?? '' },
      encoding: 'utf8',
    });
    expect(ran.stdout, ran.stderr).toBe('function\n');
  });
});
