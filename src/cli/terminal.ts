/** Asking for a secret on the terminal itself, so that it works while standard input and output are redirected. */
import { openSync, writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { SopsError } from '../errors.js';
import { printable } from './report.js';
import type { Streams } from './streams.js';

/** The part of a terminal that reading a secret needs. */
export interface SecretSource {
  setRawMode(raw: boolean): unknown;
  setEncoding(encoding: 'utf8'): unknown;
  on(event: 'data', listener: (text: string) => void): unknown;
  on(event: 'end' | 'error', listener: () => void): unknown;
  resume(): unknown;
}

/**
 * Prompts on the controlling terminal and reads a line without echo. Throws `key` when there is no terminal, or the
 * user gave up (end of input). Ctrl+C and Ctrl+\ end the program as they do elsewhere, once the terminal is as it was.
 */
export async function askOnTerminal(prompt: string, streams: Streams): Promise<string> {
  const terminal = openTerminal(streams);
  let signal: NodeJS.Signals | undefined;
  try {
    terminal.show(`${printable(prompt)} `);
    return await readSecret(terminal.source, (pressed) => {
      signal = pressed;
    });
  } finally {
    terminal.show('\n');
    terminal.close();
    if (signal) process.kill(process.pid, signal);
  }
}

/** The keys that a terminal in its usual mode turns into signals. */
const SIGNAL_KEYS: ReadonlyMap<string, NodeJS.Signals> = new Map([
  ['\x03', 'SIGINT'],
  ['\x1c', 'SIGQUIT'],
]);
/** What keys like the arrows send, which would be part of the secret unseen. */
const KEY_SEQUENCE = /\x1b(?:\[[0-9;?]*[ -/]*[@-~]|O[ -~]|)/g;

/**
 * Reads a line in raw mode: nothing is echoed, Backspace and Ctrl+U edit, other keys without a character do nothing. Throws
 * `key` when the user gives up; `interrupted` is called before with the signal, if it was by a key that means one.
 */
export function readSecret(
  source: SecretSource,
  interrupted: (signal: NodeJS.Signals) => void = () => undefined,
): Promise<string> {
  let typed = '';
  source.setEncoding('utf8');
  source.setRawMode(true);
  const read = new Promise<string>((resolve, reject) => {
    const giveUp = (): void => reject(new SopsError('key', 'no secret was entered'));
    source.on('end', giveUp);
    source.on('error', giveUp);
    source.on('data', (text) => {
      for (const character of text.replace(KEY_SEQUENCE, '')) {
        const signal = SIGNAL_KEYS.get(character);
        if (signal) interrupted(signal);
        if (character === '\r' || character === '\n') return resolve(typed);
        if (signal || character === '\x04') return giveUp();
        if (character === '\x7f' || character === '\b') typed = [...typed].slice(0, -1).join('');
        else if (character === '\x15') typed = '';
        else if (character >= ' ' || character === '\t') typed += character;
      }
    });
    source.resume();
  });
  return read.finally(() => source.setRawMode(false));
}

interface Terminal {
  readonly source: SecretSource;
  show(text: string): void;
  close(): void;
}

function openTerminal(streams: Streams): Terminal {
  if (streams.platform === 'win32') return consoleOf(streams);
  try {
    const descriptor = openSync('/dev/tty', 'r+');
    const source = new ReadStream(descriptor);
    return {
      source,
      show: (text) => void writeSync(descriptor, text),
      close: () => void source.destroy(),
    };
  } catch (error) {
    throw noTerminal(error);
  }
}

/** Windows has no `/dev/tty`: there the standard streams must be the console. */
function consoleOf(streams: Streams): Terminal {
  const stdin = streams.stdin as typeof process.stdin;
  if (!stdin.isTTY) throw noTerminal();
  return {
    source: stdin as unknown as SecretSource,
    show: (text) => void streams.stderr.write(text),
    close: () => void stdin.pause(),
  };
}

function noTerminal(cause?: unknown): SopsError {
  return new SopsError('key', 'a secret must be entered, but there is no terminal to ask on', { cause });
}
