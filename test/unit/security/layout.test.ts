/** A forged layout: whoever has the data key can write one, but it must not make the text say what the values do not. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { Cipher } from '../../../src/cipher/cipher.js';
import { Desk } from '../../support/desk.js';
import { cipherOf } from '../../support/forge.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(3);

const PLAIN = 'a: secret\nn: 1.10\nlist: [one,  two]\n';
const FIELD = /sops_ts_layout: (ENC\[.*\])/;

const desk = new Desk();
let sealed: string;
let cipher: Cipher;
/** What the file gives without its layout. */
let rendered: string;

beforeAll(async () => {
  sealed = (await desk.encrypt('p.yaml', PLAIN)).toString();
  cipher = await cipherOf(Buffer.from(sealed), 'yaml', desk);
  rendered = (await desk.decrypt('p.yaml', sealed.replace(/^ *sops_ts_layout:.*\n/m, ''))).stdout.toString();
});
afterAll(() => desk.remove());

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

/** Decrypts the file with another layout, given as its text. */
async function withLayout(text: string): Promise<{ stdout: string; stderr: string; status: number }> {
  const forged = sealed.replace(FIELD, `sops_ts_layout: ${cipher.encrypt(text, 'sops_ts_layout:')}`);
  const { stdout, stderr, status } = await desk.decrypt('p.yaml', forged);
  return { stdout: stdout.toString(), stderr, status };
}

/** A layout that replaces some text of the rendering. */
function replacing(old: string, by: string): string {
  const at = rendered.indexOf(old);
  expect(at).toBeGreaterThanOrEqual(0);
  return JSON.stringify([1, hashOf(rendered), [[at, old.length, by]]]);
}

test('the real one is taken, so the forger knows its form', async () => {
  const real = cipher.decrypt(FIELD.exec(sealed)?.[1] ?? '', 'sops_ts_layout:') as string;
  expect(rendered).not.toBe(PLAIN);
  expect(await withLayout(real)).toEqual({ stdout: PLAIN, stderr: '', status: 0 });
});

describe('is dropped when it', () => {
  const cases: [what: string, layout: () => string][] = [
    ['changes a value', () => replacing('secret', 'forged')],
    ['changes a type', () => replacing('secret', '12')],
    ['changes a key', () => replacing('a:', 'b:')],
    ['removes a value', () => replacing('a: secret\n', '')],
    ['adds a value', () => replacing('a: secret\n', 'a: secret\nz: forged\n')],
    ['adds a value that nobody would encrypt', () => replacing('a: secret\n', 'a: secret\nz_unencrypted: forged\n')],
    ['adds a document', () => replacing('a: secret\n', 'x: forged\n---\na: secret\n')],
    ['adds metadata', () => replacing('a: secret\n', 'a: secret\nsops: {mac: x}\n')],
    ['repeats a key', () => replacing('a: secret\n', 'a: secret\na: secret\n')],
    ['moves a value into a map', () => replacing('a: secret', 'a: {a: secret}')],
    ['breaks the text', () => replacing('secret', '"secret')],
    ['brings a bomb', () => replacing('a: secret\n', `a: secret\nz: ${'['.repeat(100_000)}\n`)],
    ['brings aliases', () => replacing('a: secret\n', `a: &x secret\nz: [${'*x, '.repeat(300_000)}]\n`)],
    ['is for another text', () => JSON.stringify([1, hashOf('other'), [[0, 1, 'x']]])],
    ['is of another version', () => JSON.stringify([2, hashOf(rendered), []])],
    ['reaches beyond the end', () => JSON.stringify([1, hashOf(rendered), [[rendered.length, 5, '\nz: forged']]])],
    ['begins beyond the end', () => JSON.stringify([1, hashOf(rendered), [[2 ** 52, 2 ** 52, '\nz: forged']]])],
    ['begins before the text', () => JSON.stringify([1, hashOf(rendered), [[-5, 9, 'x']]])],
    ['has half a place', () => JSON.stringify([1, hashOf(rendered), [[0.5, 1, 'x']]])],
    ['has a huge place', () => `[1, ${JSON.stringify(hashOf(rendered))}, [[1e400, 1, "x"]]]`],
    ['has texts as places', () => JSON.stringify([1, hashOf(rendered), [['0', '1', 'x']]])],
    ['has numbers as texts', () => JSON.stringify([1, hashOf(rendered), [[0, 1, 2]]])],
    ['is an object', () => '{"__proto__": {"0": 1}, "length": 3}'],
    ['has objects as rows', () => JSON.stringify([1, hashOf(rendered), [{ 0: 0, 1: 1, 2: 'x', length: 3 }]])],
    ['is not JSON', () => '[1, '],
    ['is null', () => 'null'],
    ['is deep', () => '['.repeat(200_000)],
    ['is deep and closed', () => '['.repeat(5000) + ']'.repeat(5000)],
    ['has a form of a million line ends', () => JSON.stringify([1, hashOf('other'), [], [false, [1], 1e6]])],
    ['has a form that is not one', () => JSON.stringify([1, hashOf('other'), [], [1, ['x'], -1]])],
    [
      'has an endless form',
      () => `[1, ${JSON.stringify(hashOf('other'))}, [], [false, [${'0,'.repeat(100_000)}0], 0]]`,
    ],
    ['is empty of rows', () => JSON.stringify([1, hashOf(rendered), null])],
  ];
  test.each(cases)('%s', async (_what, layout) => {
    const { stdout, stderr, status } = await withLayout(layout());
    expect(status, stderr).toBe(0);
    expect(stdout).toBe(rendered);
    expect(stderr).toContain('the layout kept in this file does not fit');
  });
});

test('a hundred thousand rows take no time to speak of', async () => {
  const rows = Array.from({ length: 100_000 }, () => [0, 0, '']);
  const before = performance.now();
  expect((await withLayout(JSON.stringify([1, hashOf(rendered), rows]))).stdout).toBe(rendered);
  expect(performance.now() - before).toBeLessThan(3000);
});

test('one that is not ciphertext, or of another key or place, is dropped', async () => {
  const other = await cipherOf(await desk.encrypt('q.yaml', PLAIN), 'yaml', desk);
  const real = replacing('secret', '"secret"');
  for (const text of [
    'x',
    'ENC[AES256_GCM,data:x]',
    other.encrypt(real, 'sops_ts_layout:'),
    cipher.encrypt(real, 'a:'),
  ]) {
    const { stdout, stderr, status } = await desk.decrypt(
      'p.yaml',
      sealed.replace(FIELD, `sops_ts_layout: ${JSON.stringify(text)}`),
    );
    expect({ stdout: stdout.toString(), status }).toEqual({ stdout: rendered, status: 0 });
    expect(stderr).toContain('layout');
  }
});

test('as a number or a time it is dropped, as a map or list it is refused', async () => {
  for (const type of ['int', 'float', 'bool', 'time']) {
    const text = cipher.encryptText(
      { int: '1', float: '1.5', bool: 'True', time: '2020-01-01T00:00:00Z' }[type] ?? '',
      type,
      'sops_ts_layout:',
    );
    const { stdout, status } = await desk.decrypt('p.yaml', sealed.replace(FIELD, `sops_ts_layout: ${text}`));
    expect({ stdout: stdout.toString(), status }).toEqual({ stdout: rendered, status: 0 });
  }
  for (const value of ['[x]', '{a: x}']) {
    const { stdout, stderr, status } = await desk.decrypt('p.yaml', sealed.replace(FIELD, `sops_ts_layout: ${value}`));
    expect({ stdout: stdout.length, status }, stderr).toEqual({ stdout: 0, status: 1 });
  }
});
