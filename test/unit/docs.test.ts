/** Holds the pages to what they refer to: links, citations in code, and shell blocks that are marked as runnable. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT_STATUS } from '../../src/errors.js';
import { KEY_TYPES } from '../../src/keys/registry.js';
import { type Block, brokenReferences, runnableBlocks, sourcesOf, textOfPages } from '../support/docs.js';
import { Program, ROOT } from '../support/program.js';

const MOST_LINES_OF_README = 150;
const BLOCK_TIMEOUT = 60_000;

/** Variables by which the program tells something to itself, in a process that it starts. */
const INTERNAL = new Set(['SOPS_TS_KUSTOMIZE_MIRROR', 'SOPS_TS_KUSTOMIZE_SOURCE', 'SOPS_TS_START']);

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'sops-ts-docs-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Runs a block as somebody would who pastes it into an empty folder, but that it ends with the first command that fails. */
function runBlock({ script }: Block, programs: string): Promise<Ended> {
  const cwd = mkdtempSync(join(scratch, 'block-'));
  const home = join(cwd, 'home');
  mkdirSync(home);
  const env = { PATH: [programs, process.env.PATH].join(delimiter), HOME: home, USER: 'reader' };
  return new Promise((resolve) => {
    const child = spawn('sh', ['-eu', '-c', script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('close', (status) => resolve({ status, output: Buffer.concat(chunks).toString('utf8') }));
  });
}

describe('the pages', () => {
  test('every link, and every citation in code, leads to a page and a heading of it', () => {
    expect(brokenReferences(ROOT)).toEqual([]);
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
});

describe('what the code has a table of', () => {
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

describe.skipIf(process.platform === 'win32')('shell blocks that can be run', () => {
  let program: Program;
  let programs: string;
  beforeAll(() => {
    program = new Program();
    programs = join(scratch, 'bin');
    mkdirSync(programs);
    for (const name of ['sops-ts', 'sops-ts-kustomize']) {
      const script = `#!/bin/sh\nexec "${process.execPath}" "${join(dirname(program.file), name)}.js" "$@"\n`;
      writeFileSync(join(programs, name), script);
      chmodSync(join(programs, name), 0o755);
    }
  });

  test('there are some', () => {
    expect(runnableBlocks(ROOT).map(({ place }) => place.replace(/:.*/, ''))).toContain('README.md');
  });

  test.each(runnableBlocks(ROOT))('$place', { timeout: BLOCK_TIMEOUT }, async (block) => {
    const { status, output } = await runBlock(block, programs);
    expect(status, output).toBe(0);
  });

  test('one that fails in the middle is found', async () => {
    const script = 'sops-ts decrypt absent.yaml\ntrue\n';
    const { status, output } = await runBlock({ place: 'here', script }, programs);
    expect(output).toContain('absent.yaml');
    expect(status).toBe(100);
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
