/** A command that writes several files and fails at one of them says what it has written, and how it goes on. */
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, expect } from 'vitest';
import { generateIdentity } from '../../../src/keys/age/x25519.js';
import { Desk } from '../../support/desk.js';
import { Program } from '../../support/program.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(2);

/** The file FAIL_AT is not put in its place. */
const FAILER = `
const fs = require('node:fs');
const real = fs.renameSync;
fs.renameSync = (from, to) => {
  if (to === process.env.FAIL_AT) throw Object.assign(new Error('no'), { code: 'EIO' });
  return real(from, to);
};`;

const bob = generateIdentity();
const desk = new Desk();
let program: Program;
let preload: string;

beforeAll(() => {
  program = new Program();
  preload = desk.write('failer.cjs', FAILER);
}, 120_000);
afterAll(() => desk.remove());

function runFailing(words: readonly string[], at: string): { status: number | null; stderr: string } {
  const env = { ...desk.env, FAIL_AT: desk.path(at) };
  const ran = program.run(words, { cwd: desk.folder, env, before: ['--require', preload] });
  return { status: ran.status, stderr: ran.stderr.toString() };
}

const config = (...recipients: string[]): string => `creation_rules:\n  - age: ${recipients.join(',')}\n`;

test.skipIf(process.platform === 'win32')('grant, when the configuration cannot be written', async () => {
  desk.write('p.yaml', await desk.encrypt('p.yaml', 'a: 1\n'));
  desk.write('.sops.yaml', config(desk.recipient));
  const words = ['grant', '--yes', 'bob', bob.recipient];
  const { status, stderr } = runFailing(words, '.sops.yaml');
  expect(status).toBe(1);
  expect(stderr).toContain('File p.yaml written\n');
  expect(stderr).toContain(
    'The files that are told above are written, .sops.yaml is not. The same command again does the rest.\n',
  );
  expect(stderr).not.toContain('Nothing was changed');
  expect(desk.text('.sops.yaml')).toBe(config(desk.recipient));
  expect(await desk.run(words)).toMatchObject({ status: 0, stderr: expect.stringContaining('Granted.') });
});

test.skipIf(process.platform === 'win32')('revoke, when one of the configurations cannot be written', async () => {
  mkdirSync(desk.path('sub'));
  for (const folder of ['.', 'sub']) {
    const sealed = await desk.encrypt('p.yaml', 'a: 1\n', '--age', `${desk.recipient},${bob.recipient}`);
    desk.write(`${folder}/p.yaml`, sealed);
    desk.write(`${folder}/.sops.yaml`, config(desk.recipient, bob.recipient));
  }
  const words = ['revoke', '--yes', bob.recipient];
  const { status, stderr } = runFailing(words, 'sub/.sops.yaml');
  expect(status).toBe(1);
  expect(stderr).toContain('What is told above is written, and no other file. Go on with: sops-ts revoke RECIPIENT\n');
  expect(stderr).not.toContain('Nothing was changed');
  expect([desk.text('.sops.yaml'), desk.text('sub/.sops.yaml')].map((text) => text.includes(bob.recipient))).toEqual([
    false,
    true,
  ]);
  expect((await desk.run(words)).status).toBe(0);
  for (const name of ['p.yaml', 'sub/p.yaml', 'sub/.sops.yaml']) expect(desk.text(name)).not.toContain(bob.recipient);
});
