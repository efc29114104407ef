/** Many files are shared out between two processes of the program where that helps; nobody can tell from what comes of them. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { text as textIn } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Sharing, type Worker } from '../../../src/cli/many/sharing.js';
import { WORKER_WORD } from '../../../src/cli/many/worker-messages.js';
import { type Answer, WorkerProcess } from '../../../src/cli/many/worker-process.js';
import { untoldOnce } from '../../../src/config/warnings.js';
import { generateIdentity } from '../../../src/keys/age/x25519.js';
import { Desk } from '../../support/desk.js';
import { Program } from '../../support/program.js';
import { sampledTest } from '../../support/sweep.js';

const longTest = sampledTest(3);

/** Makes a process believe that it has two cores, and notes which files a second one puts in their place. */
const BUSY = `
const fs = require('node:fs');
require('node:os').availableParallelism = () => 2;
const isSecond = process.argv.includes('--work-for-another-process');
const real = fs.renameSync;
let count = 0;
fs.renameSync = (from, to) => {
  if (!isSecond) return real(from, to);
  fs.appendFileSync('notes/second', to + '\\n');
  if (count++ === 0) fs.writeFileSync('notes/pid', String(process.pid));
  if (process.env.AT_SECOND === 'wait' && count === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
  if (process.env.AT_SECOND === 'die' && count === 3) process.kill(process.pid, 'SIGKILL');
  if (process.env.AT_SECOND === 'press' && count === 3) {
    process.kill(process.pid, 'SIGINT');
    process.kill(process.ppid, 'SIGINT');
  }
  return real(from, to);
};`;
const ONE_CORE = "require('node:os').availableParallelism = () => 1;";
/** As few as are shared out. */
const FILES = 250;

const desk = new Desk();
const names = Array.from({ length: FILES }, (_, at) => `${String(at).padStart(3, '0')}.yaml`);
let program: Program;
let preload: string;

beforeAll(() => {
  program = new Program();
}, 120_000);
beforeEach(() => {
  preload = desk.write('busy.cjs', BUSY);
  mkdirSync(desk.path('notes'));
  mkdirSync(desk.path('files'));
  desk.write('.sops.yaml', `creation_rules:\n  - path_regex: files/.*\n    age: ${desk.recipient}\n`);
  for (const name of names) desk.write(`files/${name}`, textOf(name));
});
afterEach(() => {
  for (const name of desk.names()) rmSync(desk.path(name), { recursive: true });
});
afterAll(() => desk.remove());

const textOf = (name: string): string => `# of ${name}\na: "${name}"\n`;
const bySecond = (): string[] => readFileSync(desk.path('notes/second'), 'utf8').trimEnd().split('\n');
const isEncrypted = (name: string): boolean => desk.text(`files/${name}`).includes('ENC[');

function run(words: readonly string[], env: Record<string, string> = {}): { status: number | null; told: string } {
  const before = ['--require', preload];
  const ran = program.run(words, { cwd: desk.folder, env: { ...desk.env, ...env }, before, timeout: 60_000 });
  return { status: ran.status, told: ran.stderr.toString() };
}

/** Every file is what it was or what it was to be, and nothing temporary is left. */
function expectWhole(): void {
  expect(readdirSync(desk.path('files')).sort()).toEqual(names);
  for (const name of names) if (!isEncrypted(name)) expect(desk.text(`files/${name}`)).toBe(textOf(name));
}

longTest('both work, and every file comes back as it was', () => {
  expect(run(['encrypt', '-i', 'files'])).toEqual({
    status: 0,
    told: `${FILES} files encrypted, 0 files encrypted already\n`,
  });
  expect(bySecond().length).toBeGreaterThan(20);
  expect(names.filter((name) => !isEncrypted(name))).toEqual([]);
  rmSync(desk.path('notes/second'));
  expect(run(['decrypt', '--output-dir', 'out', 'files'])).toEqual({ status: 0, told: '' });
  expect(bySecond().length).toBeGreaterThan(20);
  for (const name of names) expect(desk.text(`out/files/${name}`)).toBe(textOf(name));
});

longTest(
  'what fails and what is warned of is told as by one process',
  () => {
    // Of each kind some are late enough for the second process.
    const [broken, odd] = [names.filter((_, at) => at % 7 === 0), names.filter((_, at) => at % 7 === 1)];
    for (const name of broken) desk.write(`files/${name}`, 'a: [\n');
    for (const name of odd) desk.write(`files/${name}`, 'a: 1\na: 2\n');
    const words = ['encrypt', '-i', ...names.map((name) => `files/${name}`)];
    const shared = run(words);
    expect(bySecond().length).toBeGreaterThan(20);
    for (const name of names) desk.write(`files/${name}`, textOf(name));
    for (const name of broken) desk.write(`files/${name}`, 'a: [\n');
    for (const name of odd) desk.write(`files/${name}`, 'a: 1\na: 2\n');
    preload = desk.write('idle.cjs', ONE_CORE);
    rmSync(desk.path('notes/second'));
    expect(run(words)).toEqual(shared);
    expect(readdirSync(desk.path('notes'))).not.toContain('second');
    expect(shared.status).not.toBe(0);
    expect(shared.told).toContain(`of ${FILES} files failed`);
  },
  60_000,
);

longTest(
  'updatekeys tells of the files of both in their order, with the names of recipients',
  async () => {
    const sealed = await desk.encrypt('p.yaml', 'a: 1\n');
    const { recipient } = generateIdentity();
    const config = `keys:\n  - &bob ${recipient}\ncreation_rules:\n  - age: [${desk.recipient}, *bob]\n`;
    desk.write('.sops.yaml', config);
    const unreadable = sealed.toString().replace(/ +mac: .*\n/, '');
    const broken = names.filter((_, at) => at % 50 === 49);
    const update = (cores: number): { status: number | null; told: string; printed: string } => {
      for (const name of names) desk.write(`files/${name}`, broken.includes(name) ? unreadable : sealed);
      const before = ['--require', cores > 1 ? preload : desk.write('idle.cjs', ONE_CORE)];
      const ran = program.run(['updatekeys', '--yes', 'files'], { cwd: desk.folder, env: desk.env, before });
      return { status: ran.status, told: ran.stderr.toString(), printed: ran.stdout.toString() };
    };
    const shared = update(2);
    expect(bySecond().length).toBeGreaterThan(20);
    expect(shared.printed).toContain(`+++ ${recipient} (bob)\n`);
    const done = [...shared.told.matchAll(/^File (\S+) synced with new keys/gm)].map(([, path]) => path?.slice(-8));
    expect(done).toEqual(names.filter((name) => !broken.includes(name)));
    for (const name of names) expect(desk.text(`files/${name}`).includes(recipient)).toBe(!broken.includes(name));
    expect(update(1)).toEqual(shared);
  },
  60_000,
);

longTest('a command for keys, which may ask somebody, is not run by both', () => {
  run(['encrypt', '-i', 'files']);
  rmSync(desk.path('notes/second'));
  const script = desk.write('key.sh', `echo run >> notes/commands; echo ${desk.identity}`);
  const { status } = run(['decrypt', '-i', 'files'], { SOPS_AGE_KEY: '', SOPS_AGE_KEY_CMD: `sh ${script}` });
  expect([status, desk.text('notes/commands')]).toEqual([0, 'run\n']);
  expect(readdirSync(desk.path('notes'))).not.toContain('second');
});

test('the word that starts one is for the program itself', () => {
  expect(run([WORKER_WORD])).toEqual({ status: 1, told: expect.stringContaining('is for sops-ts itself') });
});

longTest.skipIf(process.platform === 'win32')('Ctrl+C lets both end what they have in work', () => {
  const { status, told } = run(['encrypt', '-i', 'files'], { AT_SECOND: 'press' });
  expect([status, told]).toEqual([130, expect.stringMatching(/^Interrupted: the files that were in work are whole/m)]);
  expectWhole();
  for (const name of bySecond()) expect(isEncrypted(name.slice(-8)), name).toBe(true);
});

longTest.skipIf(process.platform === 'win32')(
  'Ctrl+C at any moment leaves no file broken, and calls none so',
  async () => {
    for (const wait of [100, 200, 300, 450, 600]) {
      for (const name of names) desk.write(`files/${name}`, textOf(name));
      const words = ['--require', preload, program.file, 'encrypt', '-i', 'files'];
      const options = { cwd: desk.folder, env: desk.env, detached: true };
      const first = spawn(process.execPath, words, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
      const told = textIn(first.stderr);
      await pause(wait);
      // A terminal sends it to both.
      if (first.pid !== undefined && first.exitCode === null) process.kill(-first.pid, 'SIGINT');
      expect(await told).not.toContain('failed');
      expectWhole();
    }
  },
  60_000,
);

longTest.skipIf(process.platform === 'win32')('a second process that is killed fails its files alone', () => {
  const { status, told } = run(['encrypt', '-i', 'files'], { AT_SECOND: 'die' });
  expect(status).toBe(1);
  expect(told).toMatch(/the process that worked on files\/\d+\.yaml ended: SIGKILL/);
  const failed = new Set([...told.matchAll(/^ {2}files\/(\S+) \(1\)$/gm)].map(([, name]) => name));
  expect(failed.size).toBeGreaterThan(0);
  // SIGKILL leaves temporary files and locks, which the next run takes away.
  expect(names.filter((name) => !isEncrypted(name) && !failed.has(name))).toEqual([]);
  expect(run(['encrypt', '-i', 'files']).status).toBe(0);
  expectWhole();
  expect(names.filter((name) => !isEncrypted(name))).toEqual([]);
});

longTest.skipIf(process.platform === 'win32')(
  'the second process does not outlive the first, and leaves nothing',
  async () => {
    const words = ['--require', preload, program.file, 'encrypt', '-i', 'files'];
    const first = spawn(process.execPath, words, {
      cwd: desk.folder,
      // So that the first has something to wait for.
      env: { ...desk.env, AT_SECOND: 'wait' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const told = textIn(first.stderr);
    await vi.waitUntil(() => desk.names().includes('notes') && readdirSync(desk.path('notes')).includes('pid'), 30_000);
    first.kill('SIGKILL');
    const second = Number(desk.text('notes/pid'));
    await vi.waitUntil(() => !isAlive(second), 30_000);
    expect(await told).toBe('');
    expect(run(['encrypt', '-i', 'files']).status).toBe(0);
    expectWhole();
    const inMemory = existsSync('/dev/shm') ? readdirSync('/dev/shm') : [];
    expect(inMemory.filter((name) => name.includes(`-${first.pid}-`) || name.includes(`-${second}-`))).toEqual([]);
  },
);

function isAlive(pid: number): boolean {
  try {
    // A process that nobody has buried yet counts as one.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] !== 'Z';
  } catch {
    return false;
  }
}

describe('whether there is a second process', () => {
  const sharing = (parts: object) => {
    const worker = new FakeWorker();
    const start = vi.fn(() => worker);
    const shared = vi.fn();
    const one = new Sharing({ files: FILES, start, shared, helps: () => true, cores: 2, ...parts });
    return { start, shared, worker, one };
  };
  const all = async (one: Sharing): Promise<string[]> =>
    Promise.all(names.map((path) => one.work({ path, absolute: path, isNamed: false }, here, () => 'aside')));
  const here = async (): Promise<string> => {
    await pause(1);
    return 'here';
  };

  test('is decided when some files are done, of which few are in work until then', async () => {
    const { shared, one } = sharing({});
    expect(one.most).toBe(4);
    expect(new Set(await all(one))).toEqual(new Set(['here']));
    expect(shared).toHaveBeenCalledOnce();
    expect(one.most).toBe(384);
    expect(new Set(await all(one))).toEqual(new Set(['here', 'aside']));
  });

  test('it gets files ahead, until there are so few left that both would not end together', async () => {
    const { one, worker } = sharing({ files: 2 * FILES + 200 });
    await all(one);
    worker.inWork = 127;
    const turns = await all(one);
    const ahead = turns.indexOf('here');
    // 700 files: when 316 were begun there are 384 left, of which it gets as many as are in work here.
    expect(new Set(turns.slice(0, ahead))).toEqual(new Set(['aside']));
    expect(ahead).toBe(316 - FILES);
    expect(turns.slice(ahead, ahead + 128)).toEqual(Array.from({ length: 128 }, () => 'here'));
  });

  test('one that waits for services is alone, and lets the other go', async () => {
    const { shared, worker, one } = sharing({ helps: () => false });
    await all(one);
    expect(new Set(await all(one))).toEqual(new Set(['here']));
    await one.end();
    expect([shared.mock.calls.length, worker.isEnded]).toEqual([0, true]);
  });

  test.each([
    ['has one core', { cores: 1 }],
    ['has few files', { files: FILES - 1 }],
  ])('one that %s starts none', async (_what, parts) => {
    const { start, one } = sharing(parts);
    expect(one.most).toBe(128);
    expect(new Set(await all(one))).toEqual(new Set(['here']));
    expect(start).not.toHaveBeenCalled();
  });

  test('not where the system has none to give', async () => {
    const { one } = sharing({
      start: () => {
        throw new Error('spawn ENOMEM');
      },
    });
    expect(new Set(await all(one))).toEqual(new Set(['here']));
  });
});

/** A second process that takes files, begins none of them, and ends in the middle of it. */
const DYING = `
let files = 0;
process.send('begins');
process.on('message', ({ file }) => {
  if (file && ++files === 200) process.kill(process.pid, 'SIGKILL');
});`;

test.skipIf(process.platform === 'win32')(
  'when it ends, the files behind those that it may have begun are done by the first',
  async () => {
    const worker = new WorkerProcess([], [process.execPath, '-e', DYING, '--']);
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, at) => worker.work({ path: `${at}`, absolute: `/${at}`, isNamed: false })),
    );
    const failed = answers.map((answer) => answer !== undefined && 'error' in answer);
    expect(failed).toEqual(Array.from({ length: 200 }, (_, at) => at < 128));
    expect(worker.takesFiles).toBe(false);
  },
);

test('what a run tells once is reported once, whoever of the two came upon it first', () => {
  const memory = new Map<symbol, unknown>();
  const once = <Kept>(key: symbol, make: () => Kept): Kept => {
    if (!memory.has(key)) memory.set(key, make());
    return memory.get(key) as Kept;
  };
  const host = { once } as Parameters<typeof untoldOnce>[0];
  expect(untoldOnce(host, ['one', 'two'])).toEqual(['one', 'two']);
  expect(untoldOnce(host, ['two', 'three'])).toEqual(['three']);
});

class FakeWorker implements Worker {
  readonly takesFiles = true;
  inWork = 0;

  async work(): Promise<Answer> {
    return { done: {} };
  }

  isEnded = false;

  async end(): Promise<void> {
    this.isEnded = true;
  }
}
