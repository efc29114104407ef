/** The program killed at every step it takes with files, and at random times: the old file or the new one stands, and it can be run again. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, rmSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';
import { Program } from '../../support/program.js';
import { sample, WHOLE } from '../../support/sweep.js';

/**
 * Loaded before the program: kills it (no handler can see that) before the file operation number KILL_AT, a write when half of
 * it is done.
 */
const KILLER = `
const fs = require('node:fs');
const files = require('node:fs/promises');
let steps = 0;
const step = () => ++steps === Number(process.env.KILL_AT) && process.kill(process.pid, 'SIGKILL');
for (const name of ['open', 'rename', 'unlink']) {
  const real = files[name];
  files[name] = async (...given) => { step(); return real(...given); };
}
for (const name of ['openSync', 'renameSync', 'unlinkSync', 'fsyncSync', 'ftruncateSync']) {
  const real = fs[name];
  fs[name] = (...given) => { step(); return real(...given); };
}
const writeSync = fs.writeSync;
fs.writeSync = (descriptor, bytes, ...rest) => {
  if (steps + 1 === Number(process.env.KILL_AT)) writeSync(descriptor, bytes.subarray(0, bytes.length / 2), 0, undefined, rest[2]);
  step();
  return writeSync(descriptor, bytes, ...rest);
};
files.open(__filename).then(async (handle) => {
  const prototype = Object.getPrototypeOf(handle);
  await handle.close();
  for (const name of ['writeFile', 'write', 'sync', 'chmod', 'chown', 'close']) {
    const real = prototype[name];
    prototype[name] = async function (...given) {
      if (name === 'writeFile' && steps + 1 === Number(process.env.KILL_AT)) {
        const bytes = Buffer.from(given[0]);
        await real.call(this, bytes.subarray(0, bytes.length / 2));
      }
      step();
      return real.apply(this, given);
    };
  }
  steps = 0;
});`;

const desk = new Desk();
let program: Program;
let preload: string;

beforeAll(() => {
  program = new Program();
  preload = desk.write('killer.cjs', KILLER);
});
afterAll(() => {
  desk.remove();
});

/** The file as either content, and nothing beside it that others may read, as far as it may be plaintext. */
async function checkWhole(command: string, name: string, before: Buffer, plain: string): Promise<void> {
  const now = desk.read(name);
  if (!now.equals(before)) {
    const text = now.includes('sops') ? (await desk.decrypt(name, now)).stdout.toString() : now.toString();
    expect(text).toBe(plain);
  }
  for (const other of desk.names().filter((each) => each.endsWith('.tmp'))) {
    expect(other).toMatch(/^\.sops-ts-[0-9a-f]+\.tmp$/);
    // A lock on its way to its name says who made it, to everybody.
    const isPlain = command === 'decrypt' && !/^(?:\{"pid":.*\n)?$/.test(desk.text(other));
    if (isPlain) expect(statSync(desk.path(other)).mode & 0o077).toBe(0);
    rmSync(desk.path(other));
  }
}

/** Every step, or some of them. */
const STRIDE = WHOLE ? 1 : 12;
const ROUNDS = WHOLE ? 4 : 1;

const PLAIN = 'a: secret\nb: 1.10\n# note\n';

describe.skipIf(process.platform === 'win32')('killed at every step', () => {
  test.each(['encrypt', 'decrypt'])('%s --in-place', async (command) => {
    const before = command === 'encrypt' ? Buffer.from(PLAIN) : await desk.encrypt('p.yaml', PLAIN);
    let killed = 0;
    for (let at = command === 'encrypt' ? 1 : STRIDE; at < 60; at += STRIDE) {
      chmodSync(desk.write('p.yaml', before), 0o600);
      const env = { ...desk.env, KILL_AT: String(at) };
      const ran = program.run([command, '--in-place', 'p.yaml'], {
        cwd: desk.folder,
        env,
        before: ['--require', preload],
      });
      await checkWhole(command, 'p.yaml', before, PLAIN);
      if (ran.signal !== 'SIGKILL') {
        expect(ran.status, ran.stderr.toString()).toBe(0);
        break;
      }
      killed += 1;
      // Again, from what was left: it succeeds, or says that it was done already.
      const again = await desk.run([command, '--in-place', 'p.yaml']);
      const done = command === 'encrypt' ? 203 : 1;
      expect(desk.read('p.yaml').equals(before) ? [0] : [0, done]).toContain(again.status);
    }
    expect(killed).toBeGreaterThan(4 / STRIDE);
  });

  test('encrypt --output', async () => {
    desk.write('p.yaml', PLAIN);
    let killed = 0;
    for (let at = 1; at < 60; at += STRIDE) {
      rmSync(desk.path('new.yaml'), { force: true });
      const env = { ...desk.env, KILL_AT: String(at) };
      const ran = program.run(['encrypt', '--output', 'new.yaml', 'p.yaml'], {
        cwd: desk.folder,
        env,
        before: ['--require', preload],
      });
      if (desk.names().includes('new.yaml')) await checkWhole('encrypt', 'new.yaml', Buffer.from(''), PLAIN);
      if (ran.signal !== 'SIGKILL') break;
      killed += 1;
    }
    expect(killed).toBeGreaterThan(4 / STRIDE);
  });
});

describe.skipIf(process.platform === 'win32')('killed at random times, with a file of a megabyte', () => {
  const plain = [...Array(9000).keys()].map((n) => `key${n}: value of some length ${n} ${'x'.repeat(70)}\n`).join('');

  test.each(
    sample(
      [
        ['encrypt', 700],
        ['decrypt', 500],
      ] as const,
      2,
    ),
  )('%s --in-place', async (command, most) => {
    const before = command === 'encrypt' ? Buffer.from(plain) : await desk.encrypt('big.yaml', plain);
    for (let round = 0; round < ROUNDS; round++) {
      chmodSync(desk.write('big.yaml', before), 0o600);
      const env = { PATH: process.env.PATH ?? '', ...desk.env };
      const running = spawn(process.execPath, [program.file, command, '--in-place', 'big.yaml'], {
        cwd: desk.folder,
        env,
        stdio: 'ignore',
      });
      await sleep(most * Math.random());
      running.kill('SIGKILL');
      if (running.exitCode === null && running.signalCode === null) await once(running, 'exit');
      await checkWhole(command, 'big.yaml', before, plain);
    }
    const end = await desk.run([command, '--in-place', 'big.yaml']);
    expect([0, command === 'encrypt' ? 203 : 1]).toContain(end.status);
  });
});
