/** Asking for a secret on the terminal itself, so that it works while standard input and output are redirected. */
import { openSync, writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { SopsError } from '../../errors.js';
import { printable } from '../output/report.js';
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
    return await readUnseen(terminal.source, {
      ahead: takeTypedAhead(),
      behind(text) {
        typedAhead += text;
      },
      begun: () => terminal.show(`${printable(prompt)} `),
      interrupted(pressed) {
        signal = pressed;
      },
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

/** What was typed after the end of one secret, for the next one. There is one terminal to a process, hence the state. */
let typedAhead = '';

function takeTypedAhead(): string {
  const text = typedAhead;
  typedAhead = '';
  return text;
}

/** What whoever reads a secret knows and wants to know. */
export interface SecretReading {
  /** What was typed before. */
  readonly ahead?: string;
  /** Called with what is typed after the end of the line. */
  behind?(text: string): void;
  /** Called once the terminal does not echo any more: what asks for the secret must not be seen before. */
  begun?(): void;
  /** Called with the signal before the user's giving up is thrown, if it was by a key that means one. */
  interrupted?(signal: NodeJS.Signals): void;
}

/**
 * Reads a line in raw mode: nothing is echoed, Backspace and Ctrl+U edit, other keys without a character do nothing. Throws
 * `key` when the user gives up.
 */
export function readUnseen(source: SecretSource, reading: SecretReading = {}): Promise<string> {
  source.setEncoding('utf8');
  source.setRawMode(true);
  reading.begun?.();
  const read = new Promise<string>((resolve, reject) => {
    const line = new Line();
    const giveUp = (signal?: NodeJS.Signals): void => {
      if (signal) reading.interrupted?.(signal);
      reject(new SopsError('key', 'no secret was entered'));
    };
    let isOver = false;
    const take = (text: string): void => {
      const end = isOver ? undefined : line.add(text);
      if (isOver) reading.behind?.(text);
      if (end === undefined) return;
      isOver = true;
      if (end.kind === 'given-up') giveUp(end.signal);
      else if (end.rest !== '') reading.behind?.(end.rest);
      resolve(line.text);
    };
    source.on('end', () => giveUp());
    source.on('error', () => giveUp());
    source.on('data', take);
    take(reading.ahead ?? '');
    source.resume();
  });
  return read.finally(() => source.setRawMode(false));
}

type LineEnd =
  | { readonly kind: 'entered'; readonly rest: string }
  | { readonly kind: 'given-up'; readonly signal: NodeJS.Signals | undefined };

/** A line while it is being typed. */
class Line {
  text = '';

  /** Takes what was typed; tells how the line ended, if it did. */
  add(typed: string): LineEnd | undefined {
    const keys = typed.replace(KEY_SEQUENCE, '');
    for (const [at, character] of [...keys].entries()) {
      const signal = SIGNAL_KEYS.get(character);
      if (character === '\r' || character === '\n') return { kind: 'entered', rest: restOf([...keys], at) };
      if (signal || character === '\x04') return { kind: 'given-up', signal };
      if (character === '\x7f' || character === '\b') this.text = [...this.text].slice(0, -1).join('');
      else if (character === '\x15') this.text = '';
      else if (character >= ' ' || character === '\t') this.text += character;
    }
    return undefined;
  }
}

/** What stands after the end of a line; a pasted one may end in two characters. */
function restOf(keys: readonly string[], end: number): string {
  return keys
    .slice(end + 1)
    .join('')
    .replace(keys[end] === '\r' ? /^\n/ : '', '');
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
  if (!stdin.isTTY) throw noTerminal(undefined, REDIRECTED);
  return {
    source: stdin as unknown as SecretSource,
    show: (text) => void streams.stderr.write(text),
    close: () => void stdin.pause(),
  };
}

const REDIRECTED =
  'On Windows standard input must be the console: name the file instead of redirecting it, or set SOPS_AGE_KEY_FILE to a file of keys without a passphrase.';

function noTerminal(cause?: unknown, hint?: string): SopsError {
  const details = hint === undefined ? { cause } : { cause, hint };
  return new SopsError('key', 'a secret must be entered, but there is no terminal to ask on', details);
}
