/** Values of flags are read by the names that their definitions have, never by a text that may be misspelt. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FlagValues } from '../../../src/cli/words/flag-values.js';
import { START_FLAGS } from '../../../src/cli/words/flags.js';
import { PROGRAM } from '../../../src/cli/words/program-flags.js';
import { ROOT } from '../../support/program.js';

/** What would read a flag by a bare text, or call any text the name of one. */
const BARE = /\.(?:isOn|isTyped)\(\s*['"`]|\b(?:values|given)\??\.(?:text|list|integer|of|get)\(\s*['"`]/;
const CAST = /\bas FlagName\b/;
/** Where flags are defined, derived and told apart by kind. */
const MAKES_NAMES: ReadonlySet<string> = new Set(['words/flag.ts', 'words/flag-values.ts', 'commands/derive.ts']);

const FOLDER = join(ROOT, 'src/cli');
const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));

test('nothing in cli/ reads a flag by a bare text', () => {
  expect(files.length).toBeGreaterThan(100);
  const found = files.filter((path) => {
    const text = readFileSync(join(FOLDER, path), 'utf8');
    return BARE.test(text) || (CAST.test(text) && !MAKES_NAMES.has(path));
  });
  expect(found).toEqual([]);
});

test.each([
  "values.isOn('verbose')",
  'values.text("output")',
  "given.get('help') === true",
  "line.values.isTyped('x')",
])('that is seen in %s', (text) => {
  expect(BARE.test(text)).toBe(true);
});

describe('the compiler refuses', () => {
  const values = new FlagValues(
    new Map<string, boolean | string>([
      ['verbose', true],
      ['output', 'f'],
    ]),
    [],
  );

  test('a bare text, and the name of a flag of another kind', () => {
    // @ts-expect-error it might be misspelt
    expect(values.isOn('verbose')).toBe(true);
    // @ts-expect-error a yes/no flag has no text
    expect(values.text(PROGRAM.verbose.name)).toBeUndefined();
  });

  test('nothing else', () => {
    expect(values.isOn(START_FLAGS.verbose)).toBe(true);
    expect(values.text(START_FLAGS.output)).toBe('f');
  });
});

test('what start-up reads are the flags of the program', () => {
  const { version, checkForUpdates, verbose, output } = PROGRAM;
  expect(START_FLAGS).toEqual({
    version: version.name,
    checkForUpdates: checkForUpdates.name,
    verbose: verbose.name,
    output: output.name,
  });
});
