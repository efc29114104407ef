/** The contract page of the services names every one of them, and who calls it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = new URL('../..', import.meta.url).pathname;
const SOURCE = join(ROOT, 'src');
const table = readFileSync(join(ROOT, 'docs/services.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim()));

/** The folders of keys, and the files of remotes and references, that import from a service. */
function callersOf(service: string): string[] {
  const imported = new RegExp(`from '(?:\\.\\./)+services/${service}/`);
  const paths = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  const calling = paths.filter((path) => imported.test(readFileSync(join(SOURCE, path), 'utf8')));
  return [
    ...new Set(
      calling.flatMap(
        (path) =>
          /^(?:keys\/[\w-]+(?=\/)|(?:remotes|references|references\/backends)\/[\w-]+(?=\.ts))/.exec(path)?.[0] ?? [],
      ),
    ),
  ];
}

const folders = readdirSync(join(SOURCE, 'services'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

test.each(folders)('%s has a row, with its callers', (folder) => {
  const rows = table.filter(([, name]) => name?.startsWith(`\`${folder}/\``));
  const callers = rows.map(([, , named = '']) => named).join();
  expect(callers).not.toBe('');
  if (folder === 'http') return;
  expect(callersOf(folder).filter((caller) => !callers.includes(caller))).toEqual([]);
});

test('no service knows another, but for http/', () => {
  const known = folders.flatMap((folder) =>
    readdirSync(join(SOURCE, 'services', folder)).flatMap((name) => {
      const text = readFileSync(join(SOURCE, 'services', folder, name), 'utf8');
      const others = [...text.matchAll(/'\.\.\/([\w-]+)\//g)].map(([, other = '']) => other);
      return others.filter((other) => other !== 'http').map((other) => `${folder}/${name}: ${other}`);
    }),
  );
  expect(known).toEqual([]);
});

test('no row is left of a service that is gone', () => {
  const named = table.flatMap(([, name = '']) => /^`([\w-]+)\/`/.exec(name)?.[1] ?? []);
  expect([...new Set(named)].toSorted()).toEqual(folders.toSorted());
});
