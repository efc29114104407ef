/** What Node keeps of the program compiled: where, and that a start gets along with whatever is there. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import module from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Desk } from '../support/desk.js';
import { Program } from '../support/program.js';

let program: Program;
let desk: Desk;

beforeAll(() => {
  program = new Program();
  desk = new Desk();
});

afterAll(() => desk?.remove());

/** What Node has from 22.1 on. */
const KEEPS_COMPILED = 'enableCompileCache' in module;
/** Bytes that are overwritten. */
const DAMAGE = 8;

describe.skipIf(!KEEPS_COMPILED)('the program compiled by Node', () => {
  const decrypt = (env: Record<string, string> = {}) => {
    const ran = program.run(['decrypt', 'kept.yaml'], {
      cwd: desk.folder,
      env: { ...desk.env, HOME: desk.folder, ...env },
    });
    return [ran.status, ran.stdout.toString(), ran.stderr.toString()];
  };
  const entries = (folder: string): string[] =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));

  beforeAll(async () => desk.write('kept.yaml', await desk.encrypt('kept.yaml', 'a: 1\n')));

  test('is kept in the private folder', () => {
    mkdirSync(desk.path('caches'));
    expect(decrypt({ XDG_CACHE_HOME: desk.path('caches') })).toEqual([0, 'a: 1\n', '']);
    const kept = entries(desk.path('caches/sops-ts'));
    // What is loaded once it is switched on: the first part, which is one file.
    expect(kept.map((file) => statSync(file).size > 10_000)).toEqual([true]);
    const before = kept.map((file) => statSync(file).mtimeMs);
    expect(decrypt({ XDG_CACHE_HOME: desk.path('caches') })).toEqual([0, 'a: 1\n', '']);
    expect(kept.map((file) => statSync(file).mtimeMs)).toEqual(before);
  });

  test.each([0, 0.5, 1])('damaged at %d of its length, it is made anew', (at) => {
    mkdirSync(desk.path('damaged'), { recursive: true });
    decrypt({ XDG_CACHE_HOME: desk.path('damaged') });
    for (const file of entries(desk.path('damaged'))) {
      const bytes = readFileSync(file);
      const from = Math.floor((bytes.length - DAMAGE) * at);
      bytes.fill(0x5a, from, from + DAMAGE);
      writeFileSync(file, bytes);
    }
    expect(decrypt({ XDG_CACHE_HOME: desk.path('damaged') })).toEqual([0, 'a: 1\n', '']);
  });

  test.each([
    ['it is switched off', { SOPS_TS_COMPILE_CACHE: '0' }],
    ['no folder can be made', { XDG_CACHE_HOME: '/proc/nothing/here' }],
  ])('is not kept where %s', (_, env) => expect(decrypt(env)).toEqual([0, 'a: 1\n', '']));
});
