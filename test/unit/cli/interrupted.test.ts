/** Ctrl+C while a command works on many files: those in work end whole, others are not begun, and the status says so. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { generateIdentity } from '../../../src/keys/age/x25519.js';
import { MOST_AT_A_TIME } from '../../../src/util/waiting/side-by-side.js';
import { Desk } from '../../support/desk.js';
import { Program } from '../../support/program.js';
import { defaultAnswer, Publishing } from '../../support/publishing.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(8);

/** Presses Ctrl+C when the file number PRESS_AT is put in its place, by PRESS_IN. */
const PRESSER = `
const fs = require('node:fs');
const name = process.env.PRESS_IN ?? 'renameSync';
const real = fs[name];
let count = 0;
fs[name] = (...given) => {
  if (++count === Number(process.env.PRESS_AT)) process.kill(process.pid, 'SIGINT');
  return real(...given);
};`;
/** More than are in work at a time. */
const FILES = MOST_AT_A_TIME + 20;
const bob = generateIdentity();
const desk = new Desk();
let program: Program;
let preload: string;
let sealed: Buffer;

beforeAll(async () => {
  program = new Program();
  preload = desk.write('presser.cjs', PRESSER);
  sealed = await desk.encrypt('p.yaml', 'a: 1\n');
}, 120_000);
afterEach(() => {
  for (const name of desk.names()) if (name !== 'presser.cjs') rmSync(desk.path(name), { recursive: true });
});
afterAll(() => desk.remove());

/** The numbers of the files that were written. */
function runInterrupted(words: readonly string[], at = 1): { ran: ReturnType<Program['run']>; written: number[] } {
  const names = Array.from({ length: FILES }, (_, at) => `p${String(at).padStart(3, '0')}.yaml`);
  for (const name of names) desk.write(name, sealed);
  const ran = program.run(words, {
    cwd: desk.folder,
    env: { ...desk.env, PRESS_AT: String(at) },
    before: ['--require', preload],
  });
  const written = names.flatMap((name, number) => (desk.read(name).equals(sealed) ? [] : [number]));
  return { ran, written };
}

function config(...recipients: string[]): string {
  return `creation_rules:\n  - age: ${recipients.join(',')}\n`;
}

test.skipIf(process.platform === 'win32')(
  'updatekeys',
  () => {
    desk.write('.sops.yaml', config(desk.recipient, bob.recipient));
    const { ran, written } = runInterrupted(['updatekeys', '--yes', '.']);
    expect(ran.stderr.toString()).toMatch(
      /Interrupted: the files that were in work are whole, others were not begun\.\n$/,
    );
    expect([ran.status, ran.signal]).toEqual([130, null]);
    expect(written.length).toBeGreaterThan(0);
    expect(written.length).toBeLessThan(FILES);
    for (const at of written) expect(desk.text(`p${String(at).padStart(3, '0')}.yaml`)).toContain(bob.recipient);
  },
  60_000,
);

test.skipIf(process.platform === 'win32')(
  'updatekeys --json says it, too',
  () => {
    desk.write('.sops.yaml', config(desk.recipient, bob.recipient));
    const { ran, written } = runInterrupted(['updatekeys', '--yes', '--json', '.']);
    expect(ran.status).toBe(130);
    const told = JSON.parse(ran.stdout.toString());
    expect(told).toMatchObject({ failed: 0, interrupted: true });
    expect(told.files).toHaveLength(written.length);
  },
  60_000,
);

test.skipIf(process.platform === 'win32')(
  'revoke: the configurations are written, and running it again with the recipient does the rest',
  async () => {
    sealed = await desk.encrypt('p.yaml', 'a: 1\n', '--age', `${desk.recipient},${bob.recipient}`);
    desk.write('.sops.yaml', config(desk.recipient, bob.recipient));
    // The first file that is put in its place is the configuration, for which nobody listens yet.
    const { ran, written } = runInterrupted(['revoke', '--yes', bob.recipient], 2);
    expect(ran.stderr.toString()).toMatch(/Interrupted: .* Go on with: sops-ts revoke RECIPIENT\n$/);
    expect([ran.status, ran.signal]).toEqual([130, null]);
    // Many are in work at a time.
    expect(written.length).toBeGreaterThan(1);
    expect(written.length).toBeLessThan(FILES);
    const again = await desk.run(['revoke', '--yes', bob.recipient]);
    expect(again.status).toBe(0);
    for (const name of desk.names().filter((one) => one.startsWith('p')))
      expect(desk.text(name), name).not.toContain(bob.recipient);
  },
  60_000,
);

test.skipIf(process.platform === 'win32')(
  'grant: the configuration is not written, and the same command again does the rest',
  async () => {
    sealed = await desk.encrypt('p.yaml', 'a: 1\n', '--age', desk.recipient);
    desk.write('.sops.yaml', config(desk.recipient));
    const words = ['grant', '--yes', 'bob', bob.recipient];
    const { ran, written } = runInterrupted(words);
    expect(ran.stderr.toString()).toMatch(/Interrupted: .* The same command again does the rest\.\n$/);
    expect([ran.status, ran.signal]).toEqual([130, null]);
    // Many are in work at a time.
    expect(written.length).toBeGreaterThan(1);
    expect(written.length).toBeLessThan(FILES);
    expect(desk.text('.sops.yaml')).toBe(config(desk.recipient));
    const again = await desk.run(words);
    expect(again).toMatchObject({ status: 0, stderr: expect.stringContaining('Granted.') });
    expect(again.stderr.match(/^File p/gm)).toHaveLength(FILES - written.length);
    expect((await desk.run(['updatekeys', '--check', '.'])).status).toBe(0);
  },
  60_000,
);

test.skipIf(process.platform === 'win32')(
  'import: what was in work is there and told, others are not begun',
  () => {
    const names = ['a', 'b', 'c', 'd'].map((name) => `${name}.env`);
    for (const name of names) desk.write(name, 'A=1\n');
    const ran = program.run(['import', 'env', '--age', desk.recipient, ...names], {
      cwd: desk.folder,
      env: { ...desk.env, PRESS_AT: '2', PRESS_IN: 'linkSync' },
      before: ['--require', preload],
    });
    expect(ran.stderr.toString()).toMatch(/Interrupted: .* were not begun\.\n$/);
    expect([ran.status, ran.signal]).toEqual([130, null]);
    expect(desk.names().filter((name) => name.endsWith('.enc.env'))).toEqual(['a.enc.env', 'b.enc.env']);
    expect(ran.stdout.toString().match(/was imported/g)).toHaveLength(2);
  },
  60_000,
);

/** Runs `publish` of four files with Ctrl+C as something happens to it; the store answers afterwards. */
async function publishInterrupted(
  words: readonly string[],
  pressAt: (happening: string) => boolean,
): Promise<{ status: number | null; stderr: string; sent: number }> {
  const publishing = await Publishing.start();
  try {
    publishing.rules('  - vault_path: p\n');
    for (const name of ['a', 'b', 'c', 'd']) await publishing.seal(`files/${name}.yaml`, 'k: v\n');
    const child = spawn(process.execPath, [program.file, 'publish', ...words], {
      cwd: publishing.folder,
      env: { PATH: process.env.PATH, ...publishing.env },
    });
    const press = (happening: string): void => {
      if (pressAt(happening)) child.kill('SIGINT');
    };
    publishing.answer = (request) => {
      press(`${request.method} ${request.path}`);
      return defaultAnswer(request);
    };
    child.stdout.on('data', (part) => press(String(part)));
    let stderr = '';
    child.stderr.on('data', (part) => {
      stderr += part;
    });
    const [status] = await once(child, 'close');
    return { status, stderr, sent: publishing.requests.filter((line) => !line.startsWith('GET')).length };
  } finally {
    await publishing.close();
  }
}

test.skipIf(process.platform === 'win32')(
  'publish: what was being sent is finished, and told with what was sent before',
  async () => {
    const told = await publishInterrupted(['--yes', '--recursive', 'files'], (line) => /^PUT .*b\.yaml/.test(line));
    expect(told.stderr).toMatch(/^2 files published\.\nInterrupted: .* The same command again does the rest\.\n$/);
    expect([told.status, told.sent]).toEqual([130, 2]);
  },
  60_000,
);

test.skipIf(process.platform === 'win32')(
  'publish: nobody has to answer before Ctrl+C ends it',
  async () => {
    const told = await publishInterrupted(['--recursive', 'files'], (line) => line.includes('(y/n)'));
    expect([told.status, told.sent]).toEqual([null, 0]);
  },
  60_000,
);
