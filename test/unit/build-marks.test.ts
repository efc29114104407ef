/** The build puts functions in brackets that a run calls (.ci/run-first.mjs); a script does the same afterwards. */
import { Session } from 'node:inspector/promises';
import vm from 'node:vm';
import { expect, test } from 'vitest';
import { type FunctionRange, markFunctions } from '../../.ci/run-first.mjs';

/** What a script gives, and where the functions stand that it called, as V8 counts them. */
async function runOf(text: string): Promise<{ value: unknown; called: FunctionRange[] }> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const value: unknown = await vm.runInNewContext(text, {}, { filename: 'marked.js' });
  const { result } = await session.post('Profiler.takePreciseCoverage');
  session.disconnect();
  const functions = result.find(({ url }) => url === 'marked.js')?.functions ?? [];
  const called = functions.flatMap(({ ranges: [whole] }) =>
    whole && whole.count > 0 ? [{ start: whole.startOffset, end: whole.endOffset }] : [],
  );
  return { value, called };
}

/** The script with what it calls in brackets, which must give the same. */
async function marked(text: string): Promise<string> {
  const { value, called } = await runOf(text);
  const after = markFunctions(text, called);
  expect((await runOf(after)).value).toEqual(value);
  return after;
}

test.each([
  ['a declaration', 'one();\nfunction one() { return 1; }', ['var one = (function() { return 1; });', 'one();']],
  [
    'an async one',
    '(async () => await two())(); async function two() { return 2; }',
    ['var two = (async function() {'],
  ],
  ['a generator', '[...some()].length; function* some() { yield 1; }', ['var some = (function*() {']],
  [
    'one of a block',
    'function outer() { return inner(); function inner() { return 3; } } outer();',
    ['{\nvar inner = ('],
  ],
  ['an expression', 'const f = function (a) { return a; }; f(4);', ['const f = (function (a) { return a; });']],
  ['an arrow', 'const g = (a, b = 1) => a + b; g(4);', ['const g = (function (a, b = 1) { return ( a + b\n); });']],
  ['one with a name alone', '[1, 2].map(a => a * 2).join();', ['.map((function (a) { return ( a * 2\n); }))']],
  [
    'one that gives an object',
    'const h = async ({ a }) => ({ a }); h({ a: 5 });',
    ['(async function ({ a }) { return ('],
  ],
  ['one with a comment', 'const i = () => // why\n  6; i();', ['(function () { return ( // why\n  6\n); })']],
  [
    'one in another',
    'const j = (a) => { const k = () => a; return k(); }; j(7);',
    ['const k = (function () { return ( a'],
  ],
  ['one that has a default', 'const l = (a = () => 8) => a(); l();', ['(function (a = (function () { return ( 8']],
])('%s is put in brackets', async (_, text, parts) => {
  const after = await marked(text);
  for (const part of parts) expect(after).toContain(part);
});

test.each([
  ['what was not called', 'const f = () => 1; function g() {} 2;'],
  ['what is in brackets', '(function () { return 1; })();'],
  ['a method', 'class A { m() { return 1; } get n() { return 2; } } new A().m() + new A().n;'],
  ['an arrow that takes `this`', 'const o = { f() { return (() => this.a)(); }, a: 1 }; o.f();'],
  ['one that takes it further in', 'const o = { f() { return (() => (() => this.a)())(); }, a: 1 }; o.f();'],
  ['one that takes `arguments`', 'function* f() { yield (() => arguments[0])(); } 1;'],
  [
    'one that takes the method above',
    'class A { m() { return 1; } } class B extends A { m() { return (() => super.m())(); } } new B().m();',
  ],
  ['a declaration that another follows', 'f(); function f() { return 1; } function f() { return 2; }'],
  ['one in a block of its own', '{ function f() { return 1; } f(); }'],
])('%s stays as it is', async (_, text) => {
  expect(await marked(text)).toBe(text);
});

test('what a script says of itself stays first', async () => {
  const after = await marked("'use strict';\nfunction f() { return this === undefined; } f();");
  expect(after.startsWith("'use strict';\nvar f = (function() {")).toBe(true);
});
