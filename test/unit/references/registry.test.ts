/** What can be referred to is told: to whoever misspells it, and in the docs. */
import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { BACKENDS } from '../../../src/references/registry.js';
import { Desk } from '../../support/desk.js';

const page = (name: string): string => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');
const desk = new Desk();
afterAll(() => desk.remove());

test('a scheme that is not known is told with those that are', async () => {
  const { status, stderr } = await desk.run(['refs', 'get', 'ref+awssecret://prod/db']);
  expect(status).toBe(65);
  expect(stderr).toContain('no provider registered for scheme "awssecret"');
  for (const { schemes } of BACKENDS) for (const scheme of schemes) expect(stderr).toContain(scheme);
});

test('every scheme has its row in the docs', () => {
  const rows = page('references.md').match(/^\| `.*/gm) ?? [];
  const told = new Set(
    rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name)),
  );
  expect(BACKENDS.flatMap(({ schemes }) => schemes).filter((scheme) => !told.has(scheme))).toEqual([]);
});

test.each([
  ['awssecrets', 'AWS'],
  ['awsssm', 'AWS'],
  ['s3', 'AWS'],
  ['awskms', 'AWS'],
  ['gcpsecrets', 'Google Cloud'],
  ['gcs', 'Google Cloud'],
  ['gkms', 'Google Cloud'],
])('%s: every parameter is told under %s', (scheme, heading) => {
  const section = page('stores.md')
    .split(/^## /m)
    .find((text) => text.startsWith(`${heading}\n`));
  const parameters = BACKENDS.find(({ schemes }) => schemes.includes(scheme))?.parameters ?? [];
  expect(parameters.length).toBeGreaterThan(0);
  expect(parameters.filter((name) => !new RegExp(`\`${name}\\b`).test(section ?? ''))).toEqual([]);
});
