import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { readUnseen, type SecretSource } from '../../../src/cli/terminal/terminal.js';

/** A terminal that notes whether it echoes. */
class FakeTerminal extends PassThrough {
  raw: boolean[] = [];

  setRawMode(raw: boolean): this {
    this.raw.push(raw);
    return this;
  }
}

async function type(...chunks: readonly (string | Buffer)[]): Promise<{ secret: string; raw: boolean[] }> {
  const terminal = new FakeTerminal();
  const read = readUnseen(terminal as unknown as SecretSource);
  for (const chunk of chunks) terminal.write(chunk);
  terminal.end();
  return { secret: await read, raw: terminal.raw };
}

describe('a secret typed on a terminal', () => {
  test.each([
    ['hunter2\r', 'hunter2'],
    ['hunter2\n', 'hunter2'],
    ['hunter2\rmore', 'hunter2'],
    ['\r', ''],
    ['hunX\x7fter2\r', 'hunter2'],
    ['\b\bhunter2\r', 'hunter2'],
    ['wrong\x15right\r', 'right'],
    ['pässwörd🔑x\x7f\r', 'pässwörd🔑'],
    ['hun\x1b[D\x1b[1;5C\x1bOAter2\x1b\r', 'hunter2'],
    ['hun\x1a\x0c\0ter\t2\r', 'hunter\t2'],
  ])('%j is %s', async (typed, secret) => {
    expect(await type(typed)).toEqual({ secret, raw: [true, false] });
  });

  test('may come in pieces, within a character too', async () => {
    const bytes = Buffer.from('pässword\r');
    expect((await type(bytes.subarray(0, 2), bytes.subarray(2))).secret).toBe('pässword');
  });

  test.each([
    ['half\x03', 'SIGINT'],
    ['half\x1c', 'SIGQUIT'],
    ['half\x04', undefined],
  ])('%j is the signal %s', async (typed, signal) => {
    const terminal = new FakeTerminal();
    const heard: string[] = [];
    const read = readUnseen(terminal as unknown as SecretSource, {
      interrupted: (pressed) => void heard.push(pressed),
    });
    terminal.write(typed);
    await expect(read).rejects.toMatchObject({ code: 'key' });
    expect(heard).toEqual(signal ? [signal] : []);
    expect(terminal.raw).toEqual([true, false]);
  });

  test('is asked for when the terminal does not echo any more', async () => {
    const terminal = new FakeTerminal();
    const asked: boolean[][] = [];
    const read = readUnseen(terminal as unknown as SecretSource, { begun: () => void asked.push([...terminal.raw]) });
    terminal.write('x\r');
    await read;
    expect(asked).toEqual([[true]]);
  });

  test('leaves what was typed behind it for the next one', async () => {
    const behind: string[] = [];
    const terminal = (): SecretSource => new FakeTerminal().end('one\r\ntwo\rthr') as unknown as SecretSource;
    const first = await readUnseen(terminal(), { behind: (text) => void behind.push(text) });
    expect([first, behind]).toEqual(['one', ['two\rthr']]);
    const idle = new FakeTerminal() as unknown as SecretSource;
    expect(await readUnseen(idle, { ahead: behind.join('') })).toBe('two');
  });

  test.each(['\x03', 'half\x03', '\x1c', '\x04', 'half'])('%j is giving up', async (typed) => {
    await expect(type(typed)).rejects.toMatchObject({ code: 'key' });
  });
});
