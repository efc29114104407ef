/** Holds files, functions, and groups of tests to the lengths of docs/architecture.md#what-the-code-is-held-to. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stretchesOf } from '../support/lengths.js';

const ROOT = new URL('../..', import.meta.url).pathname;
const MOST = { file: 400, group: 120, function: 40 };

/** Files with a loop that calls nothing, since V8 compiles what it calls into it (their comments say so). */
const ONE_LOOP = new Set(['src/formats/json/read.ts']);

const texts = ['src', 'test'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ path: `${folder}/${name}`, text: readFileSync(join(ROOT, folder, name), 'utf8') })),
);

const tooLong = (text: string): string[] =>
  stretchesOf(text)
    .filter(({ lines, isGroup }) => lines > (isGroup ? MOST.group : MOST.function))
    .map(({ line, lines, isGroup }) => `${line}: a ${isGroup ? 'group' : 'function'} of ${lines} lines`);

describe('lengths', () => {
  test('no file is longer than 400 lines', () => {
    expect(texts.length).toBeGreaterThan(900);
    const long = texts.filter(({ text }) => text.trimEnd().split('\n').length > MOST.file);
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  test('no function is longer than 40 lines, no group of tests than 120', () => {
    expect(texts.flatMap(({ text }) => stretchesOf(text)).length).toBeGreaterThan(10_000);
    const held = texts.filter(({ path }) => !ONE_LOOP.has(path));
    expect(held.flatMap(({ path, text }) => tooLong(text).map((what) => `${path}:${what}`))).toEqual([]);
  });

  test('what is too long is seen, with its first line', () => {
    const lines = (count: number): string => '    run();\n'.repeat(count);
    const parameters = 'async function told(\n  one: string,\n  other: string,\n): Promise<void> {\n';
    const text = [
      `test('short', () => {\n${lines(38)}});`,
      `test('long', async () => {\n${lines(39)}});`,
      `${parameters}${lines(36)}}`,
      `describe.skipIf(!SOPS)('a group', () => {\n  test.each([\n    1,\n  ])('in it', (one) => {\n${lines(118)}  });\n});`,
      `if (isLong) {\n${lines(50)}}`,
      `const all = isShort\n  ? few.map((one) => {\n${lines(3)}    })\n  : none;\n${lines(50)}`,
    ];
    expect(tooLong(text.join('\n'))).toEqual([
      '41: a function of 41 lines',
      '82: a function of 41 lines',
      '123: a group of 124 lines',
      '126: a function of 120 lines',
    ]);
  });
});
