/** Holds the code to one meaning for each exported name, and the glossary to names that the code has. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { codeNamesIn, homesOf, type SourceText, twinsIn } from '../support/exported-names.js';

const ROOT = new URL('../..', import.meta.url).pathname;

function textsBelow(folder: string): SourceText[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({ path, text: readFileSync(join(folder, path), 'utf8') }));
}

/** What a glossary names and no file exports, as `term: name`. */
function missingFrom(files: readonly SourceText[], glossary: string): string[] {
  const homes = homesOf(files);
  return [...codeNamesIn(glossary)].flatMap(([term, names]) =>
    names.filter((name) => !homes.has(name)).map((name) => `${term}: ${name}`),
  );
}

describe('names', () => {
  const files = textsBelow(join(ROOT, 'src'));
  const glossary = readFileSync(join(ROOT, 'docs/glossary.md'), 'utf8');

  test('every exported name has one home', () => {
    expect(homesOf(files).size).toBeGreaterThan(1500);
    // The library's interface has its users' words, which may be those of the operations below it.
    const isOfLibrary = ({ path }: SourceText): boolean => path.startsWith('library/');
    expect(twinsIn(files.filter((file) => !isOfLibrary(file)))).toEqual([]);
    expect(twinsIn(files.filter(isOfLibrary))).toEqual([]);
  });

  test('what the glossary names in the code is there', () => {
    expect(codeNamesIn(glossary).size).toBeGreaterThan(20);
    expect(missingFrom(files, glossary)).toEqual([]);
  });

  test('a twin is seen, whatever it is declared as, and what is passed on is none', () => {
    const tree = textsBelow(join(ROOT, 'test/support/trees/twins'));
    expect(tree.map(({ path }) => path).sort()).toEqual(['index.ts', 'one/place.ts', 'other/place.ts']);
    expect(twinsIn(tree).sort()).toEqual([
      'Place: one/place.ts, other/place.ts',
      'placeOf: one/place.ts, other/place.ts',
    ]);
  });

  test('a term whose name the code lacks is seen', () => {
    const tree = textsBelow(join(ROOT, 'test/support/trees/twins'));
    const table = [
      '| term | meaning | in the code | not |',
      '|---|---|---|---|',
      '| place | a position | `Place`, `Site` | |',
    ];
    expect(missingFrom(tree, table.join('\n'))).toEqual(['place: Site']);
  });
});
