/** The log of `--verbose` on standard error, in the shape that SOPS's has: scripts and tests look for its lines (docs/command-line.md#the-log). */
import type { Log, LogEntry } from '../../util/host/host.js';
import { type Streams, say } from '../terminal/streams.js';
import { printable } from './report.js';

const LOOKS = {
  debug: { word: 'DEBU', colour: 37 },
  info: { word: 'INFO', colour: 36 },
} as const;
/** Columns of a message on a terminal, so that the fields after it stand below each other. */
const MESSAGE_COLUMNS = 44;
/** What stands without quotes. */
const BARE = /^[\w./@^+-]*$/;

/** What writes entries to standard error: a line each, for people where that is a terminal, else for programs. */
export function logTo(streams: Streams): Log {
  const { isTTY } = streams.stderr as { isTTY?: boolean };
  const hasColours = isTTY === true && !streams.env.NO_COLOR && streams.env.TERM !== 'dumb';
  const dress = isTTY === true ? terminalLine : programLine;
  return (entry) => {
    const component = `[${entry.component}]`;
    const name = hasColours ? `\x1b[1m${component}\x1b[22m` : component;
    say(streams.stderr, `${name}\t ${dress(entry, hasColours)}\n`);
  };
}

function programLine({ level, message, fields }: LogEntry): string {
  const all = [['time', localTime(new Date())], ['level', level], ['msg', message], ...sorted(fields)] as const;
  return all.map(([name, value]) => `${name}=${name === 'time' ? `"${value}"` : quoted(value)}`).join(' ');
}

function terminalLine({ level, message, fields }: LogEntry, hasColours: boolean): string {
  const { word, colour } = LOOKS[level];
  const paint = (text: string): string => (hasColours ? `\x1b[${colour}m${text}\x1b[0m` : text);
  const seconds = String(Math.floor(process.uptime())).padStart(4, '0');
  const shown = sorted(fields).map(([name, value]) => ` ${paint(name)}=${quoted(value)}`);
  return `${paint(word)}[${seconds}] ${printable(message).padEnd(MESSAGE_COLUMNS)} ${shown.join('')}`;
}

function sorted(fields: LogEntry['fields'] = {}): [string, string][] {
  return Object.entries(fields).sort(([one], [other]) => (one < other ? -1 : 1));
}

/** As Go quotes a text, control characters as they are shown everywhere here. */
function quoted(text: string): string {
  const shown = printable(text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n'));
  return BARE.test(shown) ? shown : `"${shown}"`;
}

/** RFC 3339 with the offset of this machine. */
function localTime(now: Date): string {
  const offset = -now.getTimezoneOffset();
  const local = new Date(now.getTime() + offset * 60_000).toISOString().slice(0, 19);
  if (offset === 0) return `${local}Z`;
  const two = (count: number): string => String(Math.floor(count)).padStart(2, '0');
  return `${local}${offset < 0 ? '-' : '+'}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`;
}
