/** What is temporary goes: on signals at every stage, and what SIGKILL leaves by the next run, whatever it does. */

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { SopsError } from '../../../src/errors.js';
import { makePrivateFolder } from '../../../src/exec/private-folder.js';
import { generateIdentity } from '../../../src/keys/age/x25519.js';
import { errorAfterCleanup } from '../../../src/util/cleanup.js';
import { writeFileSafely } from '../../../src/util/files/atomic-write.js';
import { makerOf, temporaryIn } from '../../../src/util/files/temporary-name.js';
import { ownText } from '../../../src/util/locks/lock-owner.js';
import { bootTag, machineTag } from '../../../src/util/locks/processes.js';
import { Desk } from '../../support/desk.js';
import { Program } from '../../support/program.js';
import { sample, sampledTest, WHOLE } from '../../support/sweep.js';

const test = sampledTest(3);

/** Sends a signal to the program itself before or behind the step number SIGNAL_AT, and goes on with it; at 0 it tells how many there are. */
const SIGNALLER = `
const fs = require('node:fs');
let steps = 0;
const step = () => ++steps === Number(process.env.SIGNAL_AT) && process.kill(process.pid, process.env.SIGNAL);
for (const name of ['openSync', 'renameSync', 'unlinkSync', 'closeSync', 'mkdtempSync', 'rmSync', 'writeFileSync', 'fchmodSync']) {
  const real = fs[name];
  fs[name] = (...given) => { step(); const made = real(...given); step(); return made; };
}
for (const name of ['writeFile', 'fsync']) {
  const real = fs[name];
  const wrapped = (...given) => { step(); return real(...given); };
  fs[name] = wrapped;
}
process.nextTick(() => { steps = 0; });
if (process.env.SIGNAL_AT === '0') process.on('exit', () => fs.writeSync(2, 'steps: ' + steps));`;

const desk = new Desk();
let program: Program;
let preload: string;

beforeAll(() => {
  program = new Program();
  preload = desk.write('signaller.cjs', SIGNALLER);
}, 120_000);
afterEach(() => {
  for (const name of desk.names())
    if (name !== 'signaller.cjs') rmSync(desk.path(name), { recursive: true, force: true });
});
afterAll(() => {
  desk.remove();
});

const PLAIN = 'a: hunter2canary\n';
const temporaries = (folder: string): string[] => readdirSync(folder).filter((name) => name.startsWith('.sops-ts-'));

describe.skipIf(process.platform === 'win32')('a signal', () => {
  const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

  test.each(sample(SIGNALS, 4))(
    '%s at any step of decrypt --in-place and exec-file leaves the old file or the new one, and nothing else',
    async (signal) => {
      const sealed = await desk.encrypt('p.yaml', PLAIN);
      for (const words of [
        ['decrypt', '-i', 'p.yaml'],
        ['exec-file', '--no-fifo', 'p.yaml', 'cat {} >/dev/null'],
      ]) {
        const runTo = (at: number): ReturnType<Program['run']> => {
          desk.write('p.yaml', sealed);
          const env = { ...desk.env, SIGNAL: signal, SIGNAL_AT: String(at) };
          return program.run(words, { cwd: desk.folder, env, before: ['--require', preload] });
        };
        let hits = 0;
        const steps = Number(/steps: (\d+)$/.exec(runTo(0).stderr.toString())?.[1]);
        expect(steps).toBeGreaterThan(10);
        // All steps for all signals would make the test long.
        const stride = WHOLE ? 1 : 5;
        for (let at = 1 + (SIGNALS.indexOf(signal) % stride); at <= steps; at += stride) {
          const ran = runTo(at);
          expect([sealed.toString(), PLAIN]).toContain(desk.text('p.yaml'));
          expect(temporaries(desk.folder)).toEqual([]);
          expect(temporaries('/dev/shm').filter((name) => name.includes(`-${ran.pid}-`))).toEqual([]);
          if (ran.signal === signal) hits += 1;
        }
        expect(hits).toBeGreaterThan(0);
      }
    },
    120_000,
  );
});

/** A temporary file of a process that has ended. */
function leftOver(folder = desk.folder): string {
  const dead = spawnSync('true').pid;
  const path = temporaryIn(folder);
  const own = process.pid.toString(16).padStart(6, '0');
  const left = path.replace(own, dead.toString(16).padStart(6, '0'));
  writeFileSync(left, PLAIN, { mode: 0o600 });
  return left;
}

/** A lock of a process that has ended. */
function leftLock(folder = desk.folder): string {
  const left = join(folder, '.p.yaml.sops-ts-lock');
  writeFileSync(left, textOfDead());
  return left;
}

const textOfDead = (): string => ownText().replace(/"pid":\d+/, `"pid":${spawnSync('true').pid}`);
const told = (...left: string[]): string =>
  left.map((path) => `warning: removed ${path}, which a run that was killed had left behind\n`).join('');

describe.skipIf(process.platform !== 'linux')('what a killed run left', () => {
  test('is removed by the next run of any command there, and told', async () => {
    desk.write('p.yaml', await desk.encrypt('p.yaml', PLAIN));
    const left = leftOver();
    const ran = await desk.run(['filestatus', 'p.yaml']);
    expect(ran.status).toBe(0);
    expect(ran.stderr).toBe(told(left));
    expect(temporaries(desk.folder)).toEqual([]);
  });

  test('and so is its lock, but not that of a run that goes on, nor what only ends like one', async () => {
    desk.write('p.yaml', await desk.encrypt('p.yaml', PLAIN));
    desk.write('.q.yaml.sops-ts-lock', ownText());
    desk.write('notes.sops-ts-lock', textOfDead());
    const left = leftLock();
    expect(await desk.run(['filestatus', 'p.yaml'])).toMatchObject({ status: 0, stderr: told(left) });
    expect(await desk.run(['filestatus', 'p.yaml'])).toMatchObject({ status: 0, stderr: '' });
    expect(desk.names().filter((name) => name.endsWith('lock'))).toEqual([
      '.q.yaml.sops-ts-lock',
      'notes.sops-ts-lock',
    ]);
  });

  test('where a link leads to is removed by a run that goes through it', async () => {
    mkdirSync(desk.path('real'));
    desk.write('real/p.yaml', await desk.encrypt('p.yaml', PLAIN));
    symlinkSync(desk.path('real/p.yaml'), desk.path('link.yaml'));
    const [lock, left] = [leftLock(desk.path('real')), leftOver(desk.path('real'))];
    expect((await desk.run(['filestatus', 'link.yaml'])).stderr).toBe(told(lock, left));
  });

  test('in a folder for results, which git ignores, is removed by the next run that writes there', async () => {
    spawnSync('git', ['init', '-q'], { cwd: desk.folder });
    desk.write('.gitignore', 'out\n');
    mkdirSync(desk.path('files'));
    mkdirSync(desk.path('out/files'), { recursive: true });
    for (const name of ['p.yaml', 'q.yaml']) desk.write(`files/${name}`, await desk.encrypt(name, PLAIN));
    const left = leftOver(desk.path('out/files'));
    const { stderr } = await desk.run(['decrypt', '--output-dir', 'out', 'files']);
    expect(stderr).toContain(told(left));
    expect(readdirSync(desk.path('out/files'))).toEqual(['p.yaml', 'q.yaml']);
  });

  test.each([
    ['git install', '.git/hooks'],
    ['git uninstall', '.git/info'],
    ['trust .', 'conf/sops-ts/trust'],
    ['install-as-sops bin', 'bin'],
    ['kustomize install bin', 'bin'],
    ['helm install', 'plugins/sops-ts'],
  ])('beside what is not of the working folder is removed by %s', (words, place) => {
    const home = { HOME: desk.folder, XDG_CONFIG_HOME: desk.path('conf'), HELM_PLUGINS: desk.path('plugins') };
    const run = (line: string) => program.run(line.split(' '), { cwd: desk.folder, env: { ...desk.env, ...home } });
    spawnSync('git', ['init', '-q'], { cwd: desk.folder });
    desk.write('.sops.yaml', 'creation_rules:\n  - hc_vault_transit_uri: http://127.0.0.1:1/v1/transit/keys/x\n');
    if (words === 'git uninstall') run('git install');
    mkdirSync(desk.path(place), { recursive: true });
    const left = leftOver(desk.path(place));
    expect([run(words).status, existsSync(left)]).toEqual([0, false]);
  });

  test.each([
    'encrypt -i files',
    'decrypt --output-dir out files',
    'rotate -i files',
    'updatekeys --yes files',
    'filestatus files',
    'check files',
    'who files',
    'revoke --yes NOBODY files',
  ])('in a folder of a folder is removed by a run for all that is in it: %s', async (words) => {
    mkdirSync(desk.path('files/sub'), { recursive: true });
    desk.write('.sops.yaml', `creation_rules:\n  - path_regex: none\n    age: ${desk.recipient}\n`);
    desk.write('files/p.yaml', await desk.encrypt('p.yaml', PLAIN));
    desk.write('files/sub/q.txt', 'whatever');
    for (const place of ['nowhere', 'in a repository', 'where git ignores them']) {
      if (place !== 'nowhere') spawnSync('git', ['init', '-q'], { cwd: desk.folder });
      if (place === 'where git ignores them') await desk.run(['git', 'install']);
      const [lock, left] = [leftLock(desk.path('files/sub')), leftOver(desk.path('files/sub'))];
      const { stderr } = await desk.run(words.replace('NOBODY', generateIdentity().recipient).split(' '));
      expect(stderr, place).toContain(told(lock, left));
      expect([lock, left].filter((path) => existsSync(path))).toEqual([]);
      rmSync(desk.path('out'), { recursive: true, force: true });
    }
  });
});

describe.skipIf(process.platform !== 'linux')('what was left', () => {
  test('by the shell of a merge is removed when it is old', async () => {
    const [old, young] = [desk.write('.sops-ts-4711.tmp', 'a: ENC'), desk.write('.sops-ts-4712.tmp', 'a: ENC')];
    utimesSync(old, 0, 0);
    expect((await desk.run(['filestatus', 'missing.yaml'])).stderr).toContain(told(old));
    expect(existsSync(young)).toBe(true);
  });

  test('in memory is removed by the next run of any command anywhere, but not what is of others', () => {
    const machine = machineTag();
    const boot = bootTag();
    const dead = spawnSync('true').pid;
    const left = [`${machine}-${boot}-${dead}-77-aaaaaa`, `${machine}-00000000-${dead}-77-bbbbbb`];
    const kept = [`${machine}-${boot}-${process.pid}-0-cccccc`, `00000000-${boot}-${dead}-77-dddddd`];
    const others = `${machine}-${boot}-${dead}-78-eeeeee`;
    const places = [...left, ...kept, others].map((name) => `/dev/shm/.sops-ts-${name}`);
    for (const place of places) mkdirSync(place);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) chownSync(`/dev/shm/.sops-ts-${others}`, 65534, 65534);
    writeFileSync(`${places[0]}/p.yaml`, PLAIN);
    try {
      const ran = program.run(['filestatus', 'missing.yaml'], { cwd: desk.folder, env: desk.env });
      expect(ran.stderr.toString()).not.toContain('/dev/shm');
      const there = temporaries('/dev/shm').map((name) => name.slice('.sops-ts-'.length));
      expect(left.filter((name) => there.includes(name))).toEqual([]);
      const staying = isRoot ? [...kept, others] : kept;
      expect(staying.filter((name) => !there.includes(name))).toEqual([]);
    } finally {
      for (const place of places) rmSync(place, { recursive: true, force: true });
    }
  });

  test('of locks is swept and listed by doctor, but not the lock of a run that goes on, nor a young one of another host', async () => {
    mkdirSync(desk.path('sub'));
    const dead = textOfDead();
    const left = desk.write('sub/.a.yaml.sops-ts-lock', dead);
    const old = desk.write('sub/.b.yaml.sops-ts-lock', 'whatever');
    utimesSync(old, 0, 0);
    const held = desk.write('.c.yaml.sops-ts-lock', ownText());
    const foreign = desk.write('.d.yaml.sops-ts-lock', dead.replace('"machine":"', '"machine":"x'));
    const { stdout } = await desk.run(['doctor']);
    for (const path of [left, old]) expect(stdout.toString()).toContain(`  removed: ${path}\n`);
    for (const path of [held, foreign])
      expect(stdout.toString()).toContain(`in use by a run that goes on, or may: ${path}\n`);
    expect([left, old, held, foreign].map((path) => existsSync(path))).toEqual([false, false, true, true]);
  });

  test('is listed by doctor, also below the folder', async () => {
    mkdirSync(desk.path('sub'));
    const left = leftOver();
    const deeper = left.replace(desk.folder, desk.path('sub'));
    writeFileSync(deeper, PLAIN);
    const ran = await desk.run(['doctor']);
    expect(ran.stdout.toString()).toContain(`  removed: ${left}\n`);
    expect(ran.stdout.toString()).toContain(`  removed: ${deeper}\n`);
    expect(temporaries(desk.folder)).toEqual([]);
  });

  test('stays while its process is there', async () => {
    const path = temporaryIn(desk.folder);
    writeFileSync(path, PLAIN);
    expect(makerOf(path.slice(desk.folder.length + 1))).toBe('running');
    desk.write('p.yaml', await desk.encrypt('p.yaml', PLAIN));
    expect((await desk.run(['filestatus', 'p.yaml'])).stderr).toBe('');
    expect(temporaries(desk.folder)).toHaveLength(1);
  });
});

test('plaintext that cannot be removed is reported with the file, also beside another error', () => {
  const host = {
    env: { TMPDIR: desk.folder },
    cwd: desk.folder,
    platform: process.platform,
    askSecret: async () => '',
    warn: () => undefined,
  };
  const folder = makePrivateFolder({ pid: process.pid, userId: process.geteuid?.() }, host);
  folder.remove();
  const stuck = new SopsError('write-failed', 'cannot remove /x');
  const first = new SopsError('failed', 'first', { hint: 'Do this.' });
  const fail = (): never => {
    throw stuck;
  };
  expect(errorAfterCleanup(first, fail)).toMatchObject({ code: 'failed', hint: 'Do this.\ncannot remove /x' });
  expect(errorAfterCleanup(new Error('other'), fail)).toBe(stuck);
  expect(errorAfterCleanup(first, () => undefined)).toBe(first);
});

const asRoot = process.getuid?.() === 0;
const has = (tool: string): boolean => spawnSync(tool, ['--version'], { stdio: 'ignore' }).status === 0;

describe.runIf(asRoot && process.platform === 'linux')('a sticky folder where everybody may write', () => {
  const NOBODY = 65534;

  test.each(['file', 'link', 'folder'])('a %s of somebody else is refused', async (kind) => {
    desk.write('victim', 'old');
    mkdirSync(desk.path('shared'));
    chmodSync(desk.path('shared'), 0o1777);
    const trap = desk.path('shared/trap');
    if (kind === 'file') writeFileSync(trap, 'old');
    else symlinkSync(kind === 'link' ? desk.path('victim') : desk.folder, trap);
    spawnSync('chown', ['-h', String(NOBODY), trap]);
    const path = kind === 'folder' ? `${trap}/victim` : trap;
    await expect(writeFileSafely(path, Buffer.from('new'))).rejects.toMatchObject({
      code: 'output-unwritable',
      message: expect.stringContaining('of another user (65534) in a folder where everybody may put files'),
    });
    expect(desk.text('victim')).toBe('old');
  });

  test('one of the folder’s owner is not', async () => {
    mkdirSync(desk.path('shared'));
    chmodSync(desk.path('shared'), 0o1777);
    writeFileSync(desk.path('shared/f'), 'old');
    chownSync(desk.path('shared'), NOBODY, NOBODY);
    chownSync(desk.path('shared/f'), NOBODY, NOBODY);
    await writeFileSafely(desk.path('shared/f'), Buffer.from('new'));
    expect(desk.text('shared/f')).toBe('new');
  });
});

describe.runIf(process.platform === 'linux' && has('setfacl') && has('setfattr'))('attributes of a file', () => {
  test('an access list and extended attributes stay when it is replaced', async () => {
    desk.write('p.yaml', await desk.encrypt('p.yaml', PLAIN));
    const path = desk.path('p.yaml');
    chmodSync(path, 0o600);
    spawnSync('setfacl', ['-m', 'u:1:rw,g::-', path]);
    spawnSync('setfattr', ['-n', 'user.note', '-v', 'kept', path]);
    const look = (): string =>
      spawnSync('getfacl', ['-c', path], { encoding: 'utf8' }).stdout +
      spawnSync('getfattr', ['-d', path], { encoding: 'utf8' }).stdout;
    const [before, inode] = [look(), statSync(path).ino];
    expect(before).toContain('user.note="kept"');
    expect((await desk.run(['set', 'p.yaml', '["a"]', '"new"'])).status).toBe(0);
    expect(look()).toBe(before);
    expect(statSync(path).ino).not.toBe(inode);
  });
});

test.skipIf(process.platform === 'win32').each(['p.yaml', 'p.env', 'p.ini'])(
  'exec-file --redact masks comments that stood encrypted (%s)',
  async (name) => {
    const mark = name.endsWith('.ini') ? ';' : '#';
    const plain = `${mark} hunter2comment here\n${name.endsWith('.yaml') ? 'a: x' : name.endsWith('.ini') ? '[s]\na = x' : 'a=x'}\n`;
    desk.write(name, await desk.encrypt(name, plain));
    const ran = program.run(['exec-file', '--redact', name, 'cat {}'], { cwd: desk.folder, env: desk.env });
    expect(ran.stdout.toString()).toContain(`${mark} ***\n`);
    expect(ran.stdout.toString()).not.toContain('hunter2comment');
  },
);
