/** The header of an age file: recipient stanzas and the MAC line (C2SP age, "Header"). */
import { SopsError } from '../../../errors.js';
import { decodeRawBase64, encodeRawBase64 } from './raw-base64.js';

const VERSION_LINE = 'age-encryption.org/v1';
const COLUMNS = 64;
const MAC_LENGTH = 32;
const ARGUMENTS = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/;

/** One recipient's wrapping of the file key, or one message to or from a plug-in. */
export interface Stanza {
  readonly type: string;
  readonly args: readonly string[];
  readonly body: Uint8Array;
}

export interface AgeHeader {
  readonly stanzas: readonly Stanza[];
  /** The header as it stands in the file, MAC line included. */
  readonly bytes: Buffer;
  /** What the MAC covers: the header up to and including `---`. */
  readonly signed: Buffer;
  readonly mac: Buffer;
}

/** Reads the header at the beginning of a binary age file. Throws `key`. */
export function readHeader(file: Uint8Array): AgeHeader {
  const buffer = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const lines = new LineReader(buffer);
  if (lines.next() !== VERSION_LINE) throw malformed('this is not an age file, or one of an unknown version');
  const stanzas: Stanza[] = [];
  for (;;) {
    const start = lines.at;
    const line = lines.next();
    if (line === undefined) throw malformed('the header does not end');
    if (line.startsWith('---')) {
      const mac = line.startsWith('--- ') ? decodeRawBase64(line.slice(4)) : null;
      if (mac?.length !== MAC_LENGTH) throw malformed('wrong closing line');
      return { stanzas, bytes: buffer.subarray(0, lines.at), signed: buffer.subarray(0, start + 3), mac };
    }
    stanzas.push(readStanza(line, () => lines.next()));
  }
}

/** The header up to and including `---`, over which the MAC is made. */
export function writeSigned(stanzas: readonly Stanza[]): Buffer {
  return Buffer.from(`${VERSION_LINE}\n${stanzas.map(writeStanza).join('')}---`, 'latin1');
}

/** The MAC line's end, to follow {@link writeSigned}. */
export function writeMac(mac: Uint8Array): Buffer {
  return Buffer.from(` ${encodeRawBase64(mac)}\n`, 'latin1');
}

/** The lines of a stanza, each with its line feed. */
export function writeStanza(stanza: Stanza): string {
  const body = encodeRawBase64(stanza.body);
  const lines = [`-> ${[stanza.type, ...stanza.args].join(' ')}`];
  // The body ends with the first line that is not full, so a full last line is followed by an empty one.
  for (let at = 0; at <= body.length; at += COLUMNS) lines.push(body.slice(at, at + COLUMNS));
  return `${lines.join('\n')}\n`;
}

/**
 * Reads a stanza from its first line; `nextLine` gives the lines of its body, undefined at the end of the input.
 * Throws `key`.
 */
export function readStanza(first: string, nextLine: () => string | undefined): Stanza {
  const words = first.startsWith('-> ') ? first.slice(3) : '';
  if (!ARGUMENTS.test(words)) throw malformed('wrong first line of a stanza');
  const [type = '', ...args] = words.split(' ');
  const parts: Buffer[] = [];
  for (;;) {
    const line = nextLine();
    const part = line === undefined || line.length > COLUMNS ? null : decodeRawBase64(line);
    if (line === undefined || part === null) throw malformed('wrong body line of a stanza');
    parts.push(part);
    if (line.length < COLUMNS) return { type, args, body: Buffer.concat(parts) };
  }
}

class LineReader {
  at = 0;
  constructor(private readonly bytes: Buffer) {}

  /** The next line without its line feed; undefined when no line feed follows. */
  next(): string | undefined {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) return undefined;
    const line = this.bytes.toString('latin1', this.at, end);
    this.at = end + 1;
    return line;
  }
}

function malformed(what: string): SopsError {
  return new SopsError('key', `failed to read header: parsing age header: ${what}`);
}
