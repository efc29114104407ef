/** The seam of the formats: outside of formats/ nobody asks which format something is, only what it can. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FORMATS } from '../../src/formats/registry.js';

const SOURCE = new URL('../../src', import.meta.url).pathname;
const NAMES = FORMATS.map(({ name }) => name).join('|');
const COMPARISON = new RegExp(`[!=]==?\\s*['"](?:${NAMES})['"]|['"](?:${NAMES})['"]\\s*[!=]==?`);
const DOWNCAST = /\bas (?:[A-Z]\w*)?(?:Yaml|Json|Dotenv|Ini|Toml|Binary)File\b/;

/** The lines of a source that ask for a format by its name, or take a file for one of a certain format. */
function breachesIn(text: string): string[] {
  return text.split('\n').filter((line) => COMPARISON.test(line) || DOWNCAST.test(line));
}

test('a comparison with the name of a format is found, and so is a downcast', () => {
  const lines = ["if (store.name === 'yaml')", "'toml' !== format", '(file as IniFile).ini'];
  expect(breachesIn(['const a = 1;', ...lines, "load('yaml')", "['json', 1]"].join('\n'))).toEqual(lines);
});

const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));

test('nothing outside of formats/ compares the names of formats', () => {
  const outside = files.filter((path) => !path.startsWith('formats/'));
  const found = outside.flatMap((path) =>
    breachesIn(readFileSync(join(SOURCE, path), 'utf8')).map((line) => [path, line.trim()]),
  );
  expect(outside.length).toBeGreaterThan(300);
  expect(found).toEqual([]);
});

test('every row says what its format can, and no two share an ending', () => {
  const endings = FORMATS.flatMap((row) => [...row.endings, ...(row.ownEndings ?? []), ...(row.beginnings ?? [])]);
  expect(new Set(endings).size).toBe(endings.length);
  for (const { name, container, contains, alsoReadBy = [] } of FORMATS) {
    const others = [container, contains, ...alsoReadBy].filter((other) => other !== undefined);
    for (const other of others) expect(FORMATS.some((row) => row.name === other && other !== name)).toBe(true);
  }
});
