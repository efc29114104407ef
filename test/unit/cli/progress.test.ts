/** The line of progress on a terminal, and that there is none elsewhere. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createHost } from '../../../src/cli/host.js';
import '../../../src/cli/terminal/progress.js';
import { Questions } from '../../../src/cli/terminal/questions.js';
import { type Streams, say } from '../../../src/cli/terminal/streams.js';
import { withProgress } from '../../../src/util/host/item-progress.js';
import { SYSTEM_CLOCK } from '../../../src/util/waiting/clock.js';
import { Sink } from './run-main.js';

interface Screen {
  readonly streams: Streams;
  readonly stderr: Sink;
  readonly stdout: Sink;
}

function screen(env: Record<string, string> = {}, isTTY = true, columns = 40): Screen {
  const stderr = Object.assign(new Sink(), { isTTY, columns });
  const stdout = new Sink();
  const stdin = { on: () => stdin, off: () => stdin } as unknown as NodeJS.ReadableStream;
  return { streams: { stdin, stdout, stderr, env, cwd: '/', platform: 'linux' }, stderr, stdout };
}

/** What a terminal shows of its last line. */
function shown(text: string): string {
  const line: string[] = [];
  let at = 0;
  for (const character of text.split('\n').at(-1) ?? '') {
    if (character === '\r') at = 0;
    else line[at++] = character;
  }
  return line.join('').trimEnd();
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] });
  // The program's own clock is Node's, which timers of tests do not stand in for.
  vi.spyOn(SYSTEM_CLOCK, 'steady').mockImplementation(() => performance.now());
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Lets time pass; the module of the line, which is there since the first line of this file, is given out meanwhile: fake timers do not do that. */
async function pass(milliseconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(milliseconds);
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('progress', () => {
  test('is shown after a second, counts, and is gone at the end', async () => {
    const { streams, stderr } = screen();
    const activity = createHost(streams).begin?.('waiting for AWS KMS');
    await pass(900);
    expect(stderr.text).toBe('');
    await pass(200);
    expect(shown(stderr.text)).toBe('waiting for AWS KMS (1 s)');
    await pass(2000);
    expect(shown(stderr.text)).toBe('waiting for AWS KMS (3 s)');
    activity?.end();
    expect(shown(stderr.text)).toBe('');
    const { text } = stderr;
    await pass(5000);
    expect(stderr.text).toBe(text);
    expect(text).not.toMatch(/[^\r -~]/);
  });

  test('several things are on one line, each once, cut to the width of the terminal', async () => {
    const { streams, stderr } = screen();
    const host = createHost(streams);
    const activities = ['file', 'waiting for A', 'waiting for A'].map((what) => host.begin?.(what));
    activities[0]?.now('file 7 of 9');
    await pass(1100);
    expect(shown(stderr.text)).toBe('file 7 of 9, waiting for A (1 s)');
    activities[0]?.now(`${'x'.repeat(30)}\u0007\u001b[2J`);
    await pass(1000);
    expect(shown(stderr.text)).toBe(`${'x'.repeat(30)}\\x07\\x1b[`);
    activities[0]?.now('語'.repeat(30));
    await pass(1000);
    expect(shown(stderr.text)).toBe('語'.repeat(19));
    for (const activity of activities) activity?.end();
    expect(shown(stderr.text)).toBe('');
  });

  test.each([
    ['where standard error is not a terminal', {}, false],
    ['on a terminal that cannot overwrite', { TERM: 'dumb' }, true],
  ])('there is none %s', async (_, env, isTTY) => {
    const { streams, stderr } = screen(env, isTTY);
    const activity = createHost(streams).begin?.('x');
    await pass(5000);
    activity?.end();
    expect(stderr.text).toBe('');
  });

  test('what is over within a second was never there', async () => {
    const { streams, stderr } = screen();
    createHost(streams).begin?.('x').end();
    await pass(3000);
    expect(stderr.text).toBe('');
  });

  test('other words have the line taken away first', async () => {
    const { streams, stderr } = screen({ NO_COLOR: '1' });
    const host = createHost(streams);
    const activity = host.begin?.('busy');
    await pass(1100);
    host.warn('careful');
    say(streams.stderr, 'more\n');
    expect(stderr.text).toMatch(/^\rbusy \(1 s\)\r {10}\rwarning: careful\nmore\n$/);
    await pass(1000);
    expect(shown(stderr.text)).toBe('busy (2 s)');
    activity?.end();
  });

  test('a question keeps it away', async () => {
    const { streams, stderr, stdout } = screen();
    const activity = createHost(streams).begin?.('busy');
    await pass(1100);
    let answer: (line: string) => void = () => undefined;
    const lines = (async function* (): AsyncGenerator<string> {
      yield await new Promise<string>((settle) => {
        answer = settle;
      });
    })();
    const asked = new Questions({ ...streams, stdin: lines as unknown as NodeJS.ReadableStream }).confirm('Sure?');
    await pass(5000);
    expect(stdout.text).toBe('Sure? (y/n):');
    expect(shown(stderr.text)).toBe('');
    answer('y\n');
    expect(await asked).toBe(true);
    await pass(1000);
    expect(shown(stderr.text)).toMatch(/^busy/);
    activity?.end();
  });

  test('a signal takes it away, and reaches whoever listens', async () => {
    const { streams, stderr } = screen();
    const listener = vi.fn();
    process.on('SIGHUP', listener);
    const activity = createHost(streams).begin?.('busy');
    await pass(1100);
    process.emit('SIGHUP', 'SIGHUP');
    expect(shown(stderr.text)).toBe('');
    expect(listener).toHaveBeenCalledOnce();
    activity?.end();
    process.off('SIGHUP', listener);
    expect(process.listenerCount('SIGHUP')).toBe(0);
  });
});

describe('counting', () => {
  test('tells how far it has come, and ends however the loop does', () => {
    const told: string[] = [];
    const begin = (what: string) => ({
      now: (text: string) => told.push(text),
      end: () => told.push(`end of ${what}`),
    });
    const host = { ...createHost(screen().streams), begin };
    for (const item of withProgress(['a', 'b', 'c'], 'file', host)) if (item === 'b') break;
    expect(told).toEqual(['file 1 of 3', 'file 2 of 3', 'end of file']);
    expect([...withProgress(['a'], 'file', host)]).toEqual(['a']);
    expect(told).toHaveLength(3);
  });
});

describe('what programs are waited for', () => {
  test.each([true, false])(
    'is reported once, on a line that stays, whether there is a terminal (%s) or not',
    async (isTTY) => {
      const { streams, stderr } = screen({}, isTTY);
      const host = createHost(streams);
      for (let time = 0; time < 2; time++) {
        const activity = host.begin?.('waiting for gpg', 'note');
        await pass(900);
        if (time === 0) expect(stderr.text).toBe('');
        await pass(5000);
        activity?.end();
      }
      expect(stderr.text).toBe('waiting for gpg\n');
    },
  );

  test('is not told when it answers in time', async () => {
    const { streams, stderr } = screen({}, false);
    const activity = createHost(streams).begin?.('waiting for gpg', 'note');
    await pass(900);
    activity?.end();
    await pass(1000);
    expect(stderr.text).toBe('');
  });

  test('is told on the line of the terminal where that may be, else on one that stays', async () => {
    for (const isTTY of [true, false]) {
      const { streams, stderr } = screen({}, isTTY);
      const activity = createHost(streams).begin?.('waiting for X', 'both');
      await pass(1100);
      expect(shown(stderr.text.replace(/\n$/, ''))).toBe(isTTY ? 'waiting for X (1 s)' : 'waiting for X');
      activity?.end();
      expect(shown(stderr.text)).toBe('');
    }
  });
});
