/** The texts by which a secret can be recognised in what a program prints. */
import { encodeText } from '../util/text/text.js';

/** Shorter ones stand everywhere in ordinary output. */
export const SHORTEST_MASKED = 4;
/** Longer values are masked line by line as they are, but not in other writings, which would take too much memory. */
const LONGEST_REWRITTEN = 65_536;

/** Columns of the lines into which `base64` and PEM cut long texts. */
const LINE_COLUMNS = [76, 64] as const;

/** Every form of the values, as bytes, each once; none is shorter than {@link SHORTEST_MASKED} bytes. */
export function maskedForms(values: Iterable<string>): Set<Buffer> {
  const forms = new Map<string, Buffer>();
  for (const value of new Set(values)) {
    for (const form of formsOf(value)) {
      if (form.length >= SHORTEST_MASKED) forms.set(form.toString('latin1'), form);
    }
  }
  return new Set(forms.values());
}

function* formsOf(value: string): Generator<Buffer> {
  if (value.length < SHORTEST_MASKED) return;
  for (const line of value.split(/\r\n|\r|\n/)) {
    yield encodeText(line);
    yield encodeText(line.trim());
    if (line.length <= LONGEST_REWRITTEN) yield* rewritten(line);
  }
  if (value.length > LONGEST_REWRITTEN) return;
  yield* base64Forms(encodeText(value));
  // The same without the final line end, which `echo` and block scalars add.
  yield* base64Forms(encodeText(value.trim()));
  yield* rewritten(value);
}

/** As it stands in URLs, forms, and quotes of JSON, YAML and shells. */
function* rewritten(text: string): Generator<Buffer> {
  if (text.length < SHORTEST_MASKED) return;
  const url = encodeURIComponent(text.toWellFormed());
  const strict = url.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  for (const form of [url, strict, strict.replaceAll('%20', '+')]) {
    yield Buffer.from(form);
    yield Buffer.from(form.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()));
  }
  yield Buffer.from(JSON.stringify(text).slice(1, -1));
  yield encodeText(text.replaceAll("'", "''"));
  yield encodeText(text.replaceAll("'", "'\\''"));
}

/**
 * Base64 in both alphabets, whole, and what is the same wherever the bytes stand in a longer text (as in `user:password`):
 * there the first and last characters may hold bits of the neighbours.
 */
function* base64Forms(bytes: Buffer): Generator<Buffer> {
  if (bytes.length < SHORTEST_MASKED) return;
  for (const columns of LINE_COLUMNS) yield* base64Lines(bytes, columns);
  for (const encoding of ['base64', 'base64url'] as const) {
    const whole = bytes.toString(encoding);
    yield Buffer.from(whole);
    yield Buffer.from(whole.replace(/={1,2}$/, ''));
    for (const before of [0, 1, 2]) {
      const text = Buffer.concat([Buffer.alloc(before), bytes]).toString(encoding);
      const sure = text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
      // What is left of a value of four bytes would be a common syllable.
      if (sure.length > SHORTEST_MASKED) yield Buffer.from(sure);
    }
  }
}

/** The lines of a value that is cut; of the last one what does not depend on a line end after the value. */
function* base64Lines(bytes: Buffer, columns: number): Generator<Buffer> {
  const size = (columns * 3) / 4;
  if (bytes.length <= size) return;
  for (let at = 0; at < bytes.length; at += size) {
    const line = bytes.subarray(at, at + size);
    const sure = line.toString('base64').slice(0, Math.floor((line.length * 8) / 6));
    if (sure.length > SHORTEST_MASKED) yield Buffer.from(sure);
  }
}
