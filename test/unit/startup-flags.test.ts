/** A run for whose input V8 is given flags (docs/decisions.md#engine-flags) still takes what Node has compiled of its own. */
import { spawnSync } from 'node:child_process';
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

/** Of Node's own modules, those that it compiles in spite of having them compiled, since V8 was given flags before. */
function compiledAnew(words: readonly string[], before: readonly string[] = []): string[] {
  const usage = desk.write(
    'usage.cjs',
    `const { internalBinding } = require('internal/test/binding');
     process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(desk.path('usage'))},
       JSON.stringify([...internalBinding('builtins').getCacheUsage().compiledWithoutCache])));`,
  );
  const ran = spawnSync(
    process.execPath,
    ['--expose-internals', '--require', usage, ...before, program.file, ...words],
    {
      cwd: desk.folder,
      env: desk.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  expect(ran.status).toBe(0);
  return JSON.parse(desk.text('usage')) as string[];
}

describe('a run for whose input V8 is given flags', () => {
  const lines = Array.from({ length: 2000 }, (_, at) => `key_${at}: value number ${at}\n`).join('');

  test('has Node compile nothing of its own anew', async () => {
    desk.write('long.yaml', lines);
    expect(compiledAnew(['encrypt', 'long.yaml'])).toEqual([]);
    desk.write('sealed.yaml', await desk.encrypt('sealed.yaml', lines));
    for (const words of [
      ['decrypt', 'sealed.yaml'],
      ['encrypt', '-i', 'long.yaml'],
      ['set', 'sealed.yaml', '["key_1"]', '"other"'],
      ['decrypt', '-i', 'sealed.yaml'],
    ])
      expect(compiledAnew(words), words.join(' ')).toEqual([]);
  });

  test('and the check sees what is', () => {
    const late = desk.write('late.cjs', "require('node:v8').setFlagsFromString('--no-opt'); require('node:http');");
    expect(compiledAnew(['--version'], ['--require', late])).toContain('http');
  });
});
