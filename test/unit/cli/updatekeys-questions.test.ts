/** Questions on standard input, and changes of keys on a terminal. */
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { changeText } from '../../../src/cli/output/key-change-text.js';
import { painterFor } from '../../../src/cli/terminal/colours.js';
import { Questions } from '../../../src/cli/terminal/questions.js';
import type { Streams } from '../../../src/cli/terminal/streams.js';
import { Sink } from './run-main.js';

function streamsWith(
  stdin: NodeJS.ReadableStream,
  env: Record<string, string> = {},
  isTTY = false,
): Streams & { stdout: Sink } {
  const stdout = Object.assign(new Sink(), { isTTY });
  return { stdin, stdout, stderr: new Sink(), env, cwd: '/', platform: 'linux' };
}

describe('a question', () => {
  test('takes lines as they come, however they are cut', async () => {
    const streams = streamsWith(Readable.from(['may', 'be\nye', 's\nn', 'o\nY']));
    const questions = new Questions(streams);
    expect([await questions.confirm('One'), await questions.confirm('Two'), await questions.confirm('Three')]).toEqual([
      true,
      false,
      true,
    ]);
    expect(streams.stdout.text).toBe('One (y/n):One (y/n):Two (y/n):Three (y/n):');
    await expect(questions.confirm('Four')).rejects.toMatchObject({
      code: 'failed',
      hint: expect.stringContaining('--yes'),
    });
  });

  test('reads no further than it needs, and lets go of a stream that never ends', async () => {
    let read = 0;
    const endless = new Readable({
      highWaterMark: 2,
      read() {
        read += 1;
        this.push('y\n');
      },
    });
    const questions = new Questions(streamsWith(endless));
    expect(await questions.confirm('Go on?')).toBe(true);
    await questions.close();
    expect(endless.destroyed).toBe(true);
    expect(read).toBeLessThan(10);
  });

  test('that was never asked leaves standard input alone', async () => {
    const stdin = Readable.from(['y\n']);
    await new Questions(streamsWith(stdin)).close();
    expect(stdin.destroyed).toBe(false);
  });
});

describe('a change of keys', () => {
  const change = {
    groups: [
      { kept: ['a'], added: ['b'], removed: ['c\u001b[2J'] },
      { kept: [], added: [], removed: ['d'] },
    ],
    threshold: { before: 2, after: 0 },
    shutOut: ['c', 'd'],
  };
  const plain = (text: string): string => text.replaceAll(/\u001b\[\d+m/g, '');
  const expected =
    "The following changes will be made to the file's groups:\n--- shamir_threshold: 2\n" +
    'Group 1\n    a\n+++ b\n--- c\\x1b[2J\nGroup 2\n--- d\n';

  test('is plain where there is no terminal', () => {
    expect(changeText(change, painterFor(streamsWith(Readable.from([]))))).toBe(expected);
  });

  test('is coloured on a terminal', () => {
    const text = changeText(change, painterFor(streamsWith(Readable.from([]), {}, true)));
    expect(text).toContain(
      '\u001b[4mGroup 1\u001b[24m\n    a\n\u001b[32m+++ b\u001b[39m\n\u001b[31m--- c\\x1b[2J\u001b[39m\n',
    );
    expect(plain(text)).toBe(expected);
  });

  test.each([{ NO_COLOR: '1' }, { TERM: 'dumb' }])('is plain on a terminal with %o', (env) => {
    expect(changeText(change, painterFor(streamsWith(Readable.from([]), env, true)))).toBe(expected);
  });
});
