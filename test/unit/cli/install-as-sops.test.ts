/** A program called `sops`, for what calls that name. */
import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { Desk } from '../../support/desk.js';
import { Program } from '../../support/program.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(6);

let program: Program;
const desk = new Desk();
beforeAll(() => {
  program = new Program();
});
afterEach(() => desk.clear());
afterAll(() => {
  desk.remove();
});

function install(folder: string, path = ''): { status: number | null; stderr: string } {
  const env = { ...desk.env, PATH: `${path}:${desk.env.PATH}` };
  return spawnSync(process.execPath, [program.file, 'install-as-sops', folder], {
    cwd: desk.folder,
    env,
    encoding: 'utf8',
  });
}

describe.skipIf(process.platform === 'win32')('install-as-sops', () => {
  test('makes a program that stands in for sops', async () => {
    const bin = desk.path('my bin');
    expect(install(bin, bin)).toMatchObject({ status: 0, stderr: `installed ${join(bin, 'sops')}\n` });
    desk.write('e.yaml', await desk.encrypt('e.yaml', 'a: x\n'));
    const sops = (...words: string[]) =>
      spawnSync(join(bin, 'sops'), words, { cwd: desk.folder, env: desk.env, encoding: 'utf8' });
    expect(sops('--version').stdout).toMatch(/^sops 3\.13\.2 \(sops-ts /);
    expect(sops('-d', 'e.yaml')).toMatchObject({ status: 0, stdout: 'a: x\n', stderr: '' });
    expect(sops('help', 'decrypt').stdout).toMatch(/^Usage: sops decrypt /);
    expect(install(bin, bin).status).toBe(0);
  });

  test('a folder that is not on PATH is told', () => {
    expect(install('bin').stderr).toMatch(/\nwarning: .*\/bin is not on PATH, so nothing finds this sops there yet\n$/);
  });

  test("nobody's own sops is overwritten", () => {
    desk.write('sops', '#!/bin/sh\n');
    chmodSync(desk.path('sops'), 0o755);
    const { status, stderr } = install('.');
    expect([status, stderr]).toEqual([
      8,
      expect.stringContaining(`there is another program already: ${desk.path('sops')}`),
    ]);
    expect(desk.text('sops')).toBe('#!/bin/sh\n');
    expect(install('bin', `${desk.folder}:${desk.path('bin')}`).stderr).toContain(
      `warning: ${desk.path('sops')} stands before it on PATH`,
    );
  });

  test.each([[[]], [['a', 'b']]])('it takes one folder: %j', async (words) => {
    expect(await desk.run(['install-as-sops', ...words])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('install-as-sops takes one folder'),
    });
  });
});
