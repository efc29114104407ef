/** No room, no rights: the program says so in a few words with the right status, and the old file stands. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, linkSync, mkdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { Desk } from '../../support/desk.js';
import { Program } from '../../support/program.js';
import { inSweeps, sample, sampledTest } from '../../support/sweep.js';

const test = sampledTest(6);

const CANARY = 'hunter2canary';
/** Larger than a file may grow in these tests, encrypted or not. */
const PLAIN = [...Array(600).keys()].map((n) => `key${n}: ${CANARY} ${n}\n`).join('');
const LIMIT_KIB = 8;
const asRoot = process.getuid?.() === 0;
/** Root may write everywhere; the program then runs as nobody. */
const NOBODY = 65534;

const desk = new Desk();
let program: string;

beforeAll(() => {
  // A copy that every user may read; no package is needed for what it does here.
  const built = new Program();
  const folder = desk.path('program');
  mkdirSync(folder);
  for (const part of ['bin', 'dist', 'package.json'])
    cpSync(join(dirname(built.file), '..', part), join(folder, part), { recursive: true });
  program = join(folder, 'bin', 'sops-ts.js');
  chmodSync(desk.folder, 0o755);
});
afterAll(() => {
  spawnSync('chmod', ['-R', 'u+rwx', desk.folder]);
  desk.remove();
});

/** A new folder of whoever the program runs as, with a file. */
function folderWith(name: string, content: Uint8Array | string): string {
  const folder = desk.path(`f${Math.random().toString(36).slice(2)}`);
  mkdirSync(folder);
  desk.write(join(folder.slice(desk.folder.length + 1), name), content);
  if (asRoot) for (const path of [folder, join(folder, name)]) chownSync(path, NOBODY, NOBODY);
  return folder;
}

/** Runs the program under a shell's words, e.g. a limit. */
function run(
  before: string,
  words: readonly string[],
  cwd: string,
): { status: number | null; stdout: string; stderr: string } {
  const rights = asRoot ? { uid: NOBODY, gid: NOBODY } : {};
  const { status, stdout, stderr } = spawnSync(
    'bash',
    ['-c', `${before} "$0" "$@"`, process.execPath, program, ...words],
    {
      ...rights,
      cwd,
      env: { ...desk.env, HOME: cwd },
      encoding: 'utf8',
    },
  );
  expect(stderr).not.toContain(CANARY);
  expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(5);
  return { status, stdout, stderr };
}

const contents = (folder: string): Record<string, string> => {
  const name = folder.slice(desk.folder.length + 1);
  return Object.fromEntries(
    spawnSync('ls', ['-A', folder], { encoding: 'utf8' })
      .stdout.split('\n')
      .filter(Boolean)
      .map((file) => [file, desk.text(join(name, file))]),
  );
};

describe.skipIf(process.platform === 'win32')('a full disk', () => {
  test.each(sample(['encrypt', 'decrypt'], 2))('%s --in-place: 1, and the old file stands', async (command) => {
    const before = command === 'encrypt' ? PLAIN : (await desk.encrypt('p.yaml', PLAIN)).toString();
    const folder = folderWith('p.yaml', before);
    const { status, stderr } = run(`ulimit -f ${LIMIT_KIB};`, [command, '-i', 'p.yaml'], folder);
    expect(status, stderr).toBe(1);
    expect(stderr).toContain('file too large');
    expect(contents(folder)).toEqual({ 'p.yaml': before });
  });

  inSweeps(() => {
    test('a file of two names: 1, and both stand', () => {
      const folder = folderWith('p.yaml', PLAIN);
      linkSync(join(folder, 'p.yaml'), join(folder, 'other.yaml'));
      expect(run(`ulimit -f ${LIMIT_KIB};`, ['encrypt', '-i', 'p.yaml'], folder).status).toBe(1);
      expect(contents(folder)).toEqual({ 'p.yaml': PLAIN, 'other.yaml': PLAIN });
    });
  });

  test('--output: 1, and no new file', () => {
    const folder = folderWith('p.yaml', PLAIN);
    expect(run(`ulimit -f ${LIMIT_KIB};`, ['encrypt', '--output', 'new.yaml', 'p.yaml'], folder).status).toBe(1);
    expect(contents(folder)).toEqual({ 'p.yaml': PLAIN });
  });

  test.runIf(existsSync('/dev/full'))('standard output: 1', async () => {
    const folder = folderWith('p.yaml', await desk.encrypt('p.yaml', PLAIN));
    const { status, stderr } = run('exec > /dev/full;', ['decrypt', 'p.yaml'], folder);
    expect({ status, stderr }).toEqual({ status: 1, stderr: 'write /dev/stdout: no space left on device\n' });
    expect(run('', ['decrypt', '--output', '/dev/full', 'p.yaml'], folder)).toMatchObject({ status: 1 });
  });
});

describe.skipIf(process.platform === 'win32')('no rights', () => {
  test.each(sample(['encrypt', 'decrypt'], 2, 1))(
    '%s --in-place of a file that may not be written: 3',
    async (command) => {
      const before = command === 'encrypt' ? PLAIN : (await desk.encrypt('p.yaml', PLAIN)).toString();
      const folder = folderWith('p.yaml', before);
      chmodSync(join(folder, 'p.yaml'), 0o444);
      const { status, stderr } = run('', [command, '-i', 'p.yaml'], folder);
      expect(status, stderr).toBe(3);
      expect(stderr).toContain('Could not open in-place file for writing: ');
      expect(contents(folder)).toEqual({ 'p.yaml': before });
    },
  );

  test('--output into a folder that may not be written: 3', () => {
    const folder = folderWith('p.yaml', PLAIN);
    chmodSync(folder, 0o555);
    const { status, stderr } = run('', ['encrypt', '--output', 'new.yaml', 'p.yaml'], folder);
    expect(status, stderr).toBe(3);
    expect(stderr).toContain('Could not open output file for writing: ');
    expect(contents(folder)).toEqual({ 'p.yaml': PLAIN });
  });

  test('--in-place in a folder that may not be written: done all the same, as SOPS does', async () => {
    const folder = folderWith('p.yaml', 'a: 1\n');
    chmodSync(folder, 0o555);
    expect(run('', ['encrypt', '-i', 'p.yaml'], folder).status).toBe(0);
    const [name = '', sealed = ''] = Object.entries(contents(folder))[0] ?? [];
    expect((await desk.decrypt(name, sealed)).stdout.toString()).toBe('a: 1\n');
  });

  test.each([
    ['a file that may not be read', 2, (folder: string) => chmodSync(join(folder, 'p.yaml'), 0o000)],
    ['a folder that may not be searched', 2, (folder: string) => chmodSync(folder, 0o600)],
  ])('%s: %i', (_what, status, close) => {
    const folder = folderWith('p.yaml', PLAIN);
    close(folder);
    const ran = run('', ['encrypt', join(folder, 'p.yaml')], desk.folder);
    expect(ran.status, ran.stderr).toBe(status);
    expect(ran.stdout).toBe('');
  });

  test('--output into what is not a folder, or a folder: 3', () => {
    const folder = folderWith('p.yaml', PLAIN);
    symlinkSync('circle', join(folder, 'circle'));
    for (const target of sample(['p.yaml/x', 'absent/x', '.', 'circle', `${'x'.repeat(300)}`, '/proc/x'], 4)) {
      const ran = run('', ['encrypt', '--output', target, 'p.yaml'], folder);
      expect(ran.status, target + ran.stderr).toBe(3);
    }
    unlinkSync(join(folder, 'circle'));
    expect(contents(folder)).toEqual({ 'p.yaml': PLAIN });
  });
});
