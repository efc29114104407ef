/** Values of other realms, and that no code asks for classes which Node or a caller may bring from another one. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { isError, isOf } from '../../../src/util/realms.js';
import { revoked, throwing } from '../../support/hostile-objects.js';

test.each<[string, boolean]>([
  ['new Error("x")', true],
  ['new (class extends TypeError {})("x")', true],
  ['({ message: "x" })', false],
  ['null', false],
  ['"[object Error]"', false],
])('%s of another realm is an error: %s', (text, wanted) => {
  expect(isError(runInNewContext(text))).toBe(wanted);
});

test('a namesake of another realm counts, and nothing else', () => {
  expect(isOf(Date, runInNewContext('new Date(0)'))).toBe(true);
  expect(isOf(RegExp, runInNewContext('/x/'))).toBe(true);
  expect(isOf(Uint8Array, runInNewContext('new Uint8Array(1)'))).toBe(true);
  expect(isOf(Uint8Array, runInNewContext('new Uint16Array(1)'))).toBe(false);
  expect(isError(new DOMException('x'))).toBe(true);
});

test('what throws when it is looked at is no error', () => {
  expect([throwing(), revoked({})].map(isError)).toEqual([false, false]);
});

test('instanceof asks for no such class', () => {
  const source = new URL('../../../src/', import.meta.url);
  // Node's own signals are told apart there from all others.
  const ofNode = join('util', 'waiting', 'deadline.ts');
  const found = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (name) =>
      name.endsWith('.ts') &&
      name !== ofNode &&
      /\binstanceof (?:AbortSignal|Date|(?:Type)?Error|RegExp|URL)\b/.test(readFileSync(new URL(name, source), 'utf8')),
  );
  expect(found).toEqual([]);
});
