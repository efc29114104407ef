/** A program whose values end: that they are given back on every way out. */
import { expect, test } from 'vitest';
import { ownProcess } from '../../../src/cli/start/own-process.js';
import { SopsError } from '../../../src/errors.js';
import type { ChildRun } from '../../../src/exec/child.js';
import {
  type KeptProgram,
  type KeptRunRequest,
  runKept,
  VALUES_ENDED,
} from '../../../src/operations/programs/kept-run.js';
import { Signalled } from '../../../src/operations/programs/until-signalled.js';
import { inSweeps } from '../../support/sweep.js';
import { hostOf } from '../keys/host.js';

const run = (script: string): ChildRun => ({
  file: '/bin/sh',
  args: ['sh', '-c', script],
  env: {},
  cwd: '/',
  platform: process.platform,
  isShell: false,
});

/** Programs with values that end at once unless they are to last; which of them were given back. */
function programs(...scripts: (readonly [script: string, lasts: boolean])[]) {
  const closed: number[] = [];
  let next = 0;
  const obtain = async (): Promise<KeptProgram> => {
    const at = next++;
    const [script, lasts] = scripts[at] ?? ['exit 9', true];
    const ended = lasts ? new Promise<string>(() => undefined) : Promise.resolve('they are over');
    return { run: run(script), values: { ended, close: async () => void closed.push(at) } };
  };
  return { closed, obtain };
}

const request = (onChange: KeptRunRequest['onChange'], obtain: KeptRunRequest['obtain']): KeptRunRequest => ({
  onChange,
  obtain,
  grace: 5000,
  tellEnd: () => undefined,
});

test('a program that ends gives its status', async () => {
  const { closed, obtain } = programs(['exit 3', true]);
  expect(await runKept(request({ kind: 'exit' }, obtain), ownProcess(), hostOf())).toBe(3);
  expect(closed).toEqual([0]);
});

test('at the end of its values it is told to end, and killed when it does not listen', async () => {
  const { closed, obtain } = programs(['exec sleep 60', false]);
  expect(await runKept(request({ kind: 'exit' }, obtain), ownProcess(), hostOf())).toBe(VALUES_ENDED);
  const deaf = programs(["trap '' TERM; while :; do sleep 0.1; done", false]);
  const soon = { ...request({ kind: 'exit' }, deaf.obtain), grace: 300 };
  expect(await runKept(soon, ownProcess(), hostOf())).toBe(VALUES_ENDED);
  expect([closed, deaf.closed]).toEqual([[0], [0]]);
});

test('started anew, both have given their values back', async () => {
  const { closed, obtain } = programs(['exec sleep 60', false], ['exit 4', true]);
  expect(await runKept(request({ kind: 'restart' }, obtain), ownProcess(), hostOf())).toBe(4);
  expect(closed).toEqual([0, 1]);
});

test.each([
  ['a signal', new Signalled('SIGTERM'), 5],
  ['a defect', new Error('of ours'), undefined],
])('%s while new values are got: the old ones are given back', async (_, failure, status) => {
  const { closed, obtain } = programs(['sleep 0.3; exit 5', false]);
  let calls = 0;
  const once = () => (calls++ === 0 ? obtain() : Promise.reject(failure));
  const ended = runKept(request({ kind: 'restart' }, once), ownProcess(), hostOf());
  if (status === undefined) await expect(ended).rejects.toBe(failure);
  else expect(await ended).toBe(status);
  expect(closed).toEqual([0]);
});

test('a program that ends by itself while new values are got is not started again', async () => {
  const { closed, obtain } = programs(['exit 6', false], ['exit 7', true]);
  let calls = 0;
  const late = async () => {
    if (calls++ > 0) await new Promise((done) => setTimeout(done, 500));
    return obtain();
  };
  expect(await runKept(request({ kind: 'restart' }, late), ownProcess(), hostOf())).toBe(6);
  expect(closed.sort()).toEqual([0, 1]);
});

inSweeps(() => {
  test('when new values cannot be got the program is told to end', { timeout: 40_000 }, async () => {
    const { closed, obtain } = programs(['exec sleep 60', false]);
    let calls = 0;
    const failing = () => (calls++ === 0 ? obtain() : Promise.reject(new SopsError('store-unreachable', 'it is down')));
    expect(await runKept(request({ kind: 'restart' }, failing), ownProcess(), hostOf())).toBe(VALUES_ENDED);
    expect([closed, calls]).toEqual([[0], 6]);
  });
});
