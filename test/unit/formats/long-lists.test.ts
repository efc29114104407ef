/** Documents of many lines: nothing of a text is spread into a call, copied for each of its entries, or repeated in each of its documents. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { formatNamed } from '../../../src/formats/registry.js';
import { Desk } from '../../support/desk.js';

/** More than a call takes as arguments. */
const MANY = 150_000;

test.each([
  ['comments behind a key', 'yaml', `a: 1\n${'#x\n'.repeat(MANY)}`],
  ['comments in a map', 'yaml', `a:\n  b: 1\n${'  #x\n'.repeat(MANY)}  c: 2\n`],
  ['comments above dashes without a value', 'yaml', `a:\n${'#x\n-\n#y\n- &z\n'.repeat(MANY / 8)}`],
  ['comments parted from dashes', 'yaml', `a:\n${'-\n#x\n\n-\n#y\n\n  b\n#z\n'.repeat(MANY / 8)}`],
  ['comments that wait for a value', 'yaml', `a:\n${'-\n#x\n\n#y\n'.repeat(MANY / 8)}`],
  ['comments in brackets', 'yaml', `a: [\n${'  #x\n'.repeat(MANY)}  2]\n`],
  ['empty lines in a folded text', 'yaml', `a: >\n${'\n'.repeat(MANY)}  x\n`],
  ['comments', 'toml', `${'#x\n'.repeat(MANY)}a = 1\n`],
  ['lines with the same key', 'ini', 'a = b\n'.repeat(MANY / 4)],
])('%s (%s)', async (_, name, text) => {
  const store = await formatNamed(name).load();
  const file = store.parse(Buffer.from(text));
  const metadata = { kind: 'branch', items: [] } as const;
  expect(() => file.edits({ ...metadata, items: [] })).not.toThrow();
});

describe('of many documents', () => {
  const desk = new Desk();
  afterAll(() => desk.remove());

  test('only the first has what all of the text needs', async () => {
    const text = Array.from({ length: 20 }, (_, at) => `a: ${at}.10\n`).join('---\n');
    const path = desk.write('many.yaml', text);
    expect((await desk.run(['encrypt', '-i', '--age', desk.recipient, 'many.yaml'])).status).toBe(0);
    const sealed = readFileSync(path, 'utf8');
    expect(sealed.match(/^sops:/gm)).toHaveLength(20);
    expect(sealed.match(/sops_ts_layout/g)).toHaveLength(1);
    expect(String((await desk.run(['decrypt', 'many.yaml'])).stdout)).toBe(text);
    expect((await desk.run(['check', 'many.yaml'])).status).toBe(0);
    expect((await desk.run(['set', 'many.yaml', '["a"]', '"new"'])).status).toBe(0);
    expect(String((await desk.run(['decrypt', 'many.yaml'])).stdout)).toBe(text.replace('0.10', 'new'));
  });
});

const ROOMS = ['formats', 'tree', 'git/merge', 'git/conflict', 'repository/diff', 'kubernetes/manifest', 'references'];

test('no list of a document is spread into a call', () => {
  const found = ROOMS.flatMap((room) => {
    const folder = new URL(`../../../src/${room}/`, import.meta.url);
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    return names.filter((name) => /\.(?:push|unshift)\(\.\.\./.test(readFileSync(new URL(name, folder), 'utf8')));
  });
  expect(found).toEqual([]);
});
