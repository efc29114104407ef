/** The seams of formats and key types: outside of their homes nobody asks which one something is, only what it can. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FORMATS } from '../../src/formats/registry.js';
import { HOOK_MANAGERS } from '../../src/git/hook-managers/registry.js';
import { KEY_TYPES } from '../../src/keys/registry.js';
import { STORES } from '../../src/kubernetes/stores/registry.js';
import { SCHEMES } from '../../src/references/registry.js';
import { REMOTES } from '../../src/remotes/registry.js';
import type { SourceText } from '../support/circles.js';

const SOURCE = new URL('../../src', import.meta.url).pathname;
const NAMES = FORMATS.map(({ name }) => name);
const ROW = `formatNamed\\(['"](?:${NAMES.join('|')})['"]\\)`;
const NAMED = new RegExp(`\\b${ROW}\\.(?!load\\()|\\} = ${ROW}`);
const CASE = new RegExp(`\\bcase ['"](?:${NAMES.join('|')})['"]:`);
const DOWNCAST = /\bas (?:[A-Z]\w*)?(?:Yaml|Json|Dotenv|Ini|Toml|Binary)File\b/;

/** The lines of a source that compare one of some names. */
function comparisonsIn(text: string, names: readonly string[]): string[] {
  const any = `['"](?:${names.join('|')})['"]`;
  const comparison = new RegExp(`[!=]==?\\s*${any}|${any}\\s*[!=]==?`);
  return text.split('\n').filter((line) => comparison.test(line));
}

/** The lines of a source that ask for a format by its name, or take a file for one of a certain format. */
function breachesIn(text: string): string[] {
  const compared = comparisonsIn(text, NAMES);
  const others = [NAMED, CASE, DOWNCAST];
  return text.split('\n').filter((line) => compared.includes(line) || others.some((one) => one.test(line)));
}

test('a comparison with the name of a format is found, and so is a downcast', () => {
  const lines = [
    "if (store.name === 'yaml')",
    "'toml' !== format",
    "    case 'json':",
    '(file as IniFile).ini',
    "name === formatNamed('ini').name",
  ];
  expect(breachesIn(['const a = 1;', ...lines, "load('yaml')", "['json', 1]"].join('\n'))).toEqual(lines);
});

const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));

test('nothing outside of formats/ compares the names of formats', () => {
  // What it prints is one of four forms of manifests, two of which are called as formats are.
  const outside = files.filter((path) => !path.startsWith('formats/') && path !== 'kubernetes/manifest/print.ts');
  const found = outside.flatMap((path) =>
    breachesIn(readFileSync(join(SOURCE, path), 'utf8')).map((line) => [path, line.trim()]),
  );
  expect(outside.length).toBeGreaterThan(300);
  expect(found).toEqual([]);
});

/** Files of a seam, and the names of its kinds, which none of them compares: what a kind does otherwise stands in its row. */
const OTHER_SEAMS = [
  { folder: 'kubernetes/stores/', names: STORES.map(({ name }) => name) },
  // `file` is also where an input comes from.
  { folder: 'references/', names: SCHEMES.filter((name) => name !== 'file') },
  { folder: 'remotes/', names: REMOTES.map(({ field }) => field) },
  { folder: 'git/', names: HOOK_MANAGERS.map(({ name }) => name) },
];

test.each(OTHER_SEAMS)('nothing in $folder compares the names of its kinds', ({ folder, names }) => {
  const compared = (text: string): string[] => comparisonsIn(text, names);
  expect(compared(`if (kind === '${names[0]}')`)).toHaveLength(1);
  const found = sources.filter(({ path }) => path.startsWith(folder)).flatMap(({ text }) => compared(text));
  expect(found).toEqual([]);
});

/** Where a format is at home, the row that brings it in, and the package for reading it. */
const isHome = (path: string): boolean =>
  path.startsWith('formats/toml/') || path === 'formats/registry.ts' || path === 'packages/toml-eslint-parser.ts';

/** The files outside of a kind's home and registry whose code has its name as a word. */
function othersNaming(name: string, isOwn: (path: string) => boolean, sources: readonly SourceText[]): string[] {
  const word = new RegExp(`\\b${name}\\b`, 'i');
  return sources
    .filter(({ path, text }) => !isOwn(path) && word.test(text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')))
    .map(({ path }) => path);
}

/** The same for a name that is a word of other meaning, too: in quotes it is the kind's. */
function othersQuoting(name: string, isOwn: (path: string) => boolean, texts: readonly SourceText[]): string[] {
  return texts.filter(({ path, text }) => !isOwn(path) && text.includes(`'${name}'`)).map(({ path }) => path);
}

const sources = files.map((path) => ({ path, text: readFileSync(join(SOURCE, path), 'utf8') }));

test('TOML is one folder and one row: no other file names it', () => {
  expect(othersNaming('toml', isHome, sources)).toEqual([]);
  expect(othersNaming('toml', () => false, sources)).toContain('formats/registry.ts');
});

test('a file that names a format is found, a comment about it is not one', () => {
  const others = [
    { path: 'formats/toml/read.ts', text: 'const name = "toml";' },
    { path: 'config/a.ts', text: "// TOML has it, too\nconst kinds = ['toml'];" },
    { path: 'config/b.ts', text: '/** TOML has it, too. */' },
  ];
  expect(othersNaming('toml', isHome, others)).toEqual(['config/a.ts']);
});

/** What stands for other programs, or for what people write, and need not know a new type of keys. */
const OF_OTHERS = [
  // SOPS's order of decryption where nobody asks for another.
  'datakey/decryption-order.ts',
  // What people call a type that is called otherwise.
  'config/misspelt.ts',
  // What Flux's controller takes.
  'kubernetes/flux/',
  // What rops writes in one way and SOPS in another.
  'formats/toml/metadata.ts',
  // The key that `init` makes.
  'cli/commands/init.ts',
  'operations/recipients/init.ts',
  // The words of helm-secrets.
  'kubernetes/helm/secrets-url.ts',
];

test('a type of keys is one folder and one row: no other file gives its name', () => {
  const isOwn = (path: string): boolean => path.startsWith('keys/') || OF_OTHERS.some((own) => path.startsWith(own));
  for (const { type } of KEY_TYPES) expect(othersQuoting(type, isOwn, sources), type).toEqual([]);
  expect(othersQuoting('age', () => false, sources)).toContain('keys/registry.ts');
  for (const own of OF_OTHERS)
    expect(
      sources.some(({ path }) => path.startsWith(own)),
      own,
    ).toBe(true);
});

test('the orders of keys are those of SOPS, and no two types share a place', () => {
  const by = (place: 'rulePlace' | 'flagPlace'): string[] =>
    KEY_TYPES.toSorted((one, other) => one[place] - other[place]).map(({ type }) => type);
  expect(by('rulePlace')).toEqual(['age', 'pgp', 'kms', 'gcp_kms', 'hckms', 'azure_kv', 'hc_vault']);
  expect(by('flagPlace')).toEqual(['kms', 'gcp_kms', 'hckms', 'azure_kv', 'pgp', 'hc_vault', 'age']);
  expect(new Set(FORMATS.map(({ turn }) => turn)).size).toBe(FORMATS.length);
});

test('the key under which a format of one text has it is named by its store, and by nobody else', async () => {
  for (const row of FORMATS) {
    const { contentKey, parsePlain } = await row.load();
    expect([contentKey !== undefined, parsePlain !== undefined], row.name).toEqual(Array(2).fill(row.whole === true));
    if (contentKey === undefined) continue;
    const [document] = parsePlain?.(new Uint8Array()).documents ?? [];
    expect(document?.items).toMatchObject([{ kind: 'item', key: contentKey }]);
  }
});

test('every row says what its format can, and no two share an ending', () => {
  const endings = FORMATS.flatMap((row) => [...row.endings, ...(row.ownEndings ?? []), ...(row.beginnings ?? [])]);
  expect(new Set(endings).size).toBe(endings.length);
  for (const { name, container, contains, alsoReadBy = [] } of FORMATS) {
    const others = [container, contains, ...alsoReadBy].filter((other) => other !== undefined);
    for (const other of others) expect(FORMATS.some((row) => row.name === other && other !== name)).toBe(true);
  }
});
