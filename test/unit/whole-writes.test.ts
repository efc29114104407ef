/** Who writes or renames files by the system's calls: what users keep is written whole (docs/architecture.md#layers), by the modules for that. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const SOURCE = new URL('../../src/', import.meta.url);

/** Files with such calls, and why what they write need not be whole at every moment. */
const PLAINLY: Readonly<Record<string, string>> = {
  'cli/commands/check.ts': 'adds to a page of GitHub Actions',
  'exec/fifo.ts': 'a pipe in a private folder takes the place of the one before',
  'exec/memory-guards.ts': 'a setting of the system',
  'git/hooks.ts': "somebody else's hook is put aside, and back",
  'kubernetes/kustomize/made-ahead.ts': 'a private folder',
  'kubernetes/kustomize/mirror.ts': 'a private folder',
  'operations/programs/exec-file.ts': 'a private folder',
  'operations/programs/export.ts': 'adds to a file of variables',
  'operations/write/edit-file.ts': 'a private folder',
};

const WRITES = /(?<![.\w])(?:writeFile|appendFile|copyFile|rename|createWriteStream)(?:Sync)?\(/;

/** Whether a source writes or renames so, its comments and declarations aside. */
function writesPlainly(text: string): boolean {
  const code = text
    .replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
    .replaceAll(/\b(?:function|async) \w+\(|^ {2}\w+\(/gm, '');
  return WRITES.test(code);
}

test('files are written by the modules that write them whole', () => {
  const found = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.ts') && !name.startsWith('util/'))
    .filter((name) => writesPlainly(readFileSync(new URL(name, SOURCE), 'utf8')));
  expect(found.sort()).toEqual(Object.keys(PLAINLY).sort());
});

test('a plain write is seen, a method of that name and a comment are not', () => {
  expect(["writeFileSync(path, '');", 'await rename(one, other);'].map(writesPlainly)).toEqual([true, true]);
  expect(['  rename(prefix: string): void {', 'objects.rename(a);', '// rename(a)'].map(writesPlainly)).toEqual([
    false,
    false,
    false,
  ]);
});
