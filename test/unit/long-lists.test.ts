/** Lists may be as long as a document: spread into a call, their entries are more arguments than the stack has room for. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { listingText } from '../../src/cli/output/list-text.js';

const SOURCE = new URL('../../src/', import.meta.url);

/** Calls that take any number of entries. */
const SPREADING = /\.(?:push|unshift)\(\s*\.\.\.|\bMath\.(?:max|min)\((?:[^;()]|\([^;()]*\))*?\.\.\./;

test('no list is spread into a call that takes its entries one by one', () => {
  const found = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.ts') && name !== 'util/lists.ts')
    .filter((name) => SPREADING.test(readFileSync(new URL(name, SOURCE), 'utf8')));
  expect(found).toEqual([]);
});

test.each([
  'found.push(...more);',
  'found.push(\n  ...more,\n);',
  'Math.max(0, ...sizes)',
  'Math.min(at(1), ...sizes)',
])('that is seen in %s', (text) => {
  expect(SPREADING.test(text)).toBe(true);
});

test('list shows a file of 200,000 values', () => {
  const entries = Array.from({ length: 200_000 }, (_, at) => ({
    kind: 'value' as const,
    path: [`k${at}`],
    place: `["k${at}"]`,
    type: 'str' as const,
    encrypted: true,
  }));
  const selection = { option: 'unencrypted_suffix', text: '_unencrypted', isDefault: true } as const;
  const text = listingText({
    format: 'yaml',
    version: '3.13.2',
    selection,
    macOnlyEncrypted: false,
    lastModified: '2026-12-01T00:00:00Z',
    entries,
  });
  expect(text.split('\n').at(-2)).toBe('200000 values, 200000 encrypted');
});
