/** Programs that packages start inside of a step end with it. */
import { exec, execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { endingPrograms } from '../../../src/exec/started-programs.js';
import { startOf } from '../../../src/util/locks/processes.js';
import { ProgramFolder } from '../keys/programs.js';

const folder = new ProgramFolder();
afterAll(() => folder.remove());

/** Starts a shell with a program below it, as packages do; the file holds the program's number. */
const start = async (name: string): Promise<unknown> =>
  promisify(exec)(`sh -c 'echo $$ > ${join(folder.path, name)}; exec sleep 60'; true`).catch(() => undefined);

async function pidIn(name: string): Promise<number> {
  const file = join(folder.path, name);
  while (!existsSync(file) || readFileSync(file, 'utf8') === '') await sleep(10);
  return Number(readFileSync(file, 'utf8'));
}

async function untilGone(pid: number): Promise<void> {
  while (startOf(pid) !== null) await sleep(10);
}

test('what a step started is ended when its signal is aborted, with what that started, and nothing else', async () => {
  const [stop, other] = [new AbortController(), new AbortController()];
  const step = endingPrograms(stop.signal, () => start('own'));
  const beside = endingPrograms(other.signal, () => start('other'));
  const [own, others] = [await pidIn('own'), await pidIn('other')];
  stop.abort();
  await untilGone(own);
  await step;
  expect(startOf(others)).not.toBeNull();
  other.abort();
  await untilGone(others);
  await beside;
});

test('no program is started in its place', async () => {
  const stop = new AbortController();
  const step = endingPrograms(stop.signal, async () => {
    await start('first');
    await expect(start('second')).rejects.toThrow('the time for it is over');
  });
  await pidIn('first');
  stop.abort();
  await step;
  expect(existsSync(join(folder.path, 'second'))).toBe(false);
});

test('an end by a signal is told with a status, which packages expect', async () => {
  const { signal } = new AbortController();
  const failed = await endingPrograms(signal, () =>
    promisify(execFile)('sh', ['-c', 'kill -9 $$']).catch((error) => error),
  );
  expect(failed).toMatchObject({ code: 137, signal: 'SIGKILL' });
});

test('without a signal, and when none is aborted, a step is only done', async () => {
  expect(await endingPrograms(undefined, async () => 1)).toBe(1);
  expect(await endingPrograms(new AbortController().signal, async () => 2)).toBe(2);
});
