/** Holds the pages to what they refer to: links, and citations in code. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { REGISTRY } from '../../src/cli/commands/registry.js';
import { EXIT_STATUS } from '../../src/errors.js';
import { KEY_TYPES } from '../../src/keys/registry.js';
import { brokenReferences, runnableBlocks, sourcesOf, textOfPages } from '../support/docs.js';
import { ROOT } from '../support/program.js';

const MOST_LINES_OF_README = 150;

/** The commands that SOPS has as well. */
const OF_SOPS = new Set(
  'encrypt decrypt rotate edit set unset updatekeys groups exec-env exec-file publish keyservice filestatus completion'.split(
    ' ',
  ),
);

/** Variables by which the program tells something to itself, in a process that it starts. */
const INTERNAL = new Set(['SOPS_TS_KUSTOMIZE_MIRROR', 'SOPS_TS_KUSTOMIZE_SOURCE', 'SOPS_TS_START']);

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'sops-ts-docs-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('the pages', () => {
  test('every link, and every citation in code, leads to a page and a heading of it', () => {
    expect(brokenReferences(ROOT)).toEqual([]);
  });

  test('the list of pages has them all', () => {
    const list = readFileSync(join(ROOT, 'docs/README.md'), 'utf8');
    const pages = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
      .map((name) => name.replaceAll('\\', '/'))
      .filter((name) => name.endsWith('.md') && name !== 'README.md');
    expect(pages.length).toBeGreaterThan(40);
    expect(pages.filter((name) => !list.includes(`](${name})`))).toEqual([]);
  });

  test('the change log tells of nothing twice', () => {
    const entries = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('- '));
    expect(entries.filter((entry, at) => entries.indexOf(entry) !== at)).toEqual([]);
  });

  test('README is one that can be read', () => {
    const lines = readFileSync(join(ROOT, 'README.md'), 'utf8').split('\n');
    expect(lines.length).toBeLessThanOrEqual(MOST_LINES_OF_README + 1);
  });

  test('the layers that docs/architecture.md tells of are the folders of src', () => {
    const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
    const told = [...page.matchAll(/^\| (?:\d+|–) \| `((?!bin\/)[\w.]+)\/?` \|/gm)].map(([, name]) => name);
    const there = readdirSync(join(ROOT, 'src')).filter((name) => name !== 'tsconfig.json');
    expect(told.toSorted()).toEqual(there.toSorted());
  });

  test('the files that adding something takes are counted', () => {
    const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
    expect(miscounted(page)).toEqual([]);
    for (const [told, wrong] of [
      ['| 2 new, 2 changed |', '| 1 new, 2 changed |'],
      ['; a row in `keys/registry.ts`', ''],
      ['`remotes/registry.ts`', '`remotes/rows.ts`'],
    ] as const)
      expect(miscounted(page.replace(told, wrong)), wrong).toHaveLength(1);
  });
});

/** Rows of what adding something takes, of which the files and their count do not agree, or that name a place which is not there. */
function miscounted(page: string): string[] {
  const [, table = ''] = page.split('\n## Where do I add');
  return [...table.matchAll(/^\| (an? [^|]+) \| (.+) \| (\d) new, (\d) changed \|$/gm)].flatMap(
    ([, what = '', files = '', fresh, changed]) => {
      const parts = files.split('; ');
      const rows = parts.filter((part) => part.startsWith('a row in ')).length;
      // A command is a module and a row of its own.
      const commands = parts.filter((part) => part === 'a command').length;
      const isCounted = Number(fresh) === parts.length - rows && Number(changed) === rows + commands;
      const places = [...files.matchAll(/`([\w./-]+)`/g)].map(([, name = '']) => name.replace(/NAME.*/, ''));
      const areThere = places.length > 0 && places.every((place) => existsSync(join(ROOT, 'src', place)));
      return isCounted && areThere ? [] : [what];
    },
  );
}

/** What the program has inside: the packages that its room of packages imports. */
function bundledPackages(): Set<string> {
  const folder = join(ROOT, 'src/packages');
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  const modules = texts.flatMap((text) => [...text.matchAll(/from '([@\w][^']*)'/g)].map(([, name = '']) => name));
  return new Set(modules.map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? ''));
}

/** Sentences that say of something inside the program that it is needed, as if somebody had to install it. */
function needless(page: string): string[] {
  const bundled = bundledPackages();
  return page.split(/\n\n|(?<=\.)\s/).filter((sentence) => {
    const named = [...sentence.matchAll(/`([@\w][\w@/.-]*)`/g)].some(([, name = '']) => bundled.has(name));
    return named && /\bpackages?\b/.test(sentence) && /\bneed(?:s|ed)?\b/i.test(sentence);
  });
}

describe('what is inside', () => {
  test('no page asks for a package that is', () => {
    const pages = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.md'),
    );
    expect(pages.flatMap((name) => needless(readFileSync(join(ROOT, 'docs', name), 'utf8')))).toEqual([]);
  });

  test('one that does is found', () => {
    expect(needless('Keys. Needs the package `@aws-sdk/client-kms`. The package `pg` is inside.')).toHaveLength(1);
  });
});

describe('what the code has a table of', () => {
  test('each command that SOPS does not have is described where it differs', () => {
    const page = readFileSync(join(ROOT, 'docs/differences-from-sops.md'), 'utf8');
    const [, own = ''] = page.split('\n## What SOPS does not have\n');
    const words = new Set(REGISTRY.map(({ name }) => name.split(' ')[0] ?? ''));
    expect([...words].filter((word) => !OF_SOPS.has(word) && !own.includes(`\`${word}`))).toEqual([]);
  });

  test('each key type is told of with its flag, variable and fields', () => {
    const rows = readFileSync(join(ROOT, 'docs/keys/README.md'), 'utf8').split('\n');
    for (const { type, flag, variable, ruleField, groupField, fields } of KEY_TYPES) {
      const row = rows.find((line) => line.includes(`\`${variable}\``)) ?? '';
      for (const word of [type, `--${flag}`, ruleField, groupField, ...fields.map(({ name }) => name), 'enc'])
        expect(row, type).toContain(`\`${word}\``);
    }
  });

  test('each exit status is', () => {
    const page = readFileSync(join(ROOT, 'docs/command-line.md'), 'utf8');
    const told = [...page.matchAll(/^\| ([\d, ]+) \| /gm)].flatMap(([, numbers = '']) =>
      numbers.split(', ').map(Number),
    );
    expect(Object.values(EXIT_STATUS).filter((status) => !told.includes(status))).toEqual([]);
  });

  test('each variable of ours and of SOPS is', () => {
    const pages = textOfPages(ROOT);
    const read = sourcesOf(ROOT).flatMap((text) => [...text.matchAll(/'(SOPS_[A-Z_]+)'|\benv\.(SOPS_[A-Z_]+)/g)]);
    const names = new Set(read.map(([, quoted, taken]) => quoted ?? taken ?? ''));
    expect(names.size).toBeGreaterThan(20);
    expect([...names].filter((name) => !INTERNAL.has(name) && !pages.includes(`\`${name}`))).toEqual([]);
  });
});

describe('what is broken is found', () => {
  /** A small project of these files. */
  function project(files: Readonly<Record<string, string>>): string {
    const root = mkdtempSync(join(scratch, 'project-'));
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), text);
    }
    return root;
  }
  const PAGE = '# Page\n\n## The `MAC`: what it covers\n\n### Twice\n\n### Twice\n';
  /** Apart from the names of pages, so that this file cites none of them. */
  const DOCS = 'docs';
  const cite = (page: string): string => `/** As told elsewhere (${DOCS}/${page}). */\n`;

  test('nothing, where all is well', () => {
    const root = project({
      'README.md': `# R\n\n[a](${DOCS}/page.md#the-mac-what-it-covers) [b](#r) [c](https://example.com/x#y) \`[d](nowhere.md)\`\n`,
      [`${DOCS}/page.md`]: `${PAGE}\n[up](../README.md) [second](#twice-1)\n`,
      'src/a.ts': cite('page.md#twice') + cite('page.md'),
    });
    expect(brokenReferences(root)).toEqual([]);
  });

  test.each([
    ['a link to a file', { 'README.md': `[a](${DOCS}/absent.md)\n` }],
    ['a link to a heading', { 'README.md': `[a](${DOCS}/page.md#absent)\n` }],
    ['a link within a page', { 'CONTRIBUTING.md': '[a](#absent)\n' }],
    ['a link from a page below', { [`${DOCS}/keys/age.md`]: '[a](page.md)\n' }],
    ['a link to a heading within a code block', { 'SECURITY.md': '```sh\n# absent\n```\n[a](#absent)\n' }],
    ['a source file', { [`${DOCS}/a.md`]: 'See `src/a.ts` and `keys/absent.ts`, `keys/NAME.ts`.\n', 'src/a.ts': '' }],
    ['a citation of a page', { 'src/a.ts': cite('absent.md') }],
    ['a citation of a heading', { 'bin/a.js': cite('page.md#absent') }],
    ['a citation in a test', { 'test/unit/a.test.ts': cite('keys/page.md#twice') }],
    ['a link of a comment to a name of elsewhere', { 'src/a.ts': '/** As {@link other} has it. */\nconst one = 1;\n' }],
    ['a page of working notes', { 'src/a.ts': `// ${'spec'} ${'file'}-format.md section 10, D1\n` }],
    ['a section of them', { 'src/a.ts': `// ${'spec'} section 2.4\n` }],
    ['the design', { 'src/a.ts': `// ${'design'}.md section 4\n` }],
  ])('%s', (_, files) => {
    const root = project({ [`${DOCS}/page.md`]: PAGE, ...files });
    expect(brokenReferences(root)).toHaveLength(1);
  });

  test('blocks are those that are marked, with their place', () => {
    const root = project({ 'README.md': '# R\n\n```sh\nfalse\n```\n\n```sh runnable\ntrue\nfalse\n```\n' });
    expect(runnableBlocks(root)).toEqual([{ place: 'README.md:7', script: 'true\nfalse\n' }]);
  });
});
