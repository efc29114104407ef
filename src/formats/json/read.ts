/** Reads JSON text into a tree that knows where each part stands (RFC 8259, spec file-format.md section 6.3). */
import { isAscii } from 'node:buffer';
import type { SopsError } from '../../errors.js';
import { type Branch, branch, type Item, item, type LeafValue, list, type Value } from '../../tree/tree.js';
import { documentError } from '../document-error.js';
import { type JsonContainer, JsonEntries, JsonLeaf } from './places.js';

/** What was read: the root, its metadata included, and the places of all that is in it. */
export interface JsonText {
  readonly root: Branch;
  readonly place: JsonContainer;
  readonly entries: JsonEntries;
}

/** The deepest nesting that SOPS can print (the limit of Go's encoder). */
export const MAX_DEPTH = 10_000;

const LIMIT = 1n << 63n;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const WORDS: readonly (readonly [string, boolean | null])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];
const ESCAPES: ReadonlyMap<string, string> = new Map(
  Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }),
);
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_BRANCH = 0x7b;
const CLOSE_BRANCH = 0x7d;

/**
 * Reads the object a text begins with; what follows its closing brace is not looked at. Throws `document-invalid`.
 * @param bytes those of the text, when the caller has them.
 */
export function readJson(text: string, bytes?: Uint8Array): JsonText {
  const units = bytes && isAscii(bytes) ? bytes : unitsOf(text);
  return new JsonReader(text, units).read();
}

/** The UTF-16 units of a text. */
function unitsOf(text: string): Uint16Array {
  const units = new Uint16Array(text.length);
  for (let at = 0; at < units.length; at++) units[at] = text.charCodeAt(at);
  return units;
}

/** What is to come next in a container: its first entry, another one, what stands behind a key, or behind an entry. Or its end. */
const Next = { First: 0, Entry: 1, Colon: 2, Value: 3, Comma: 4 } as const;

/** A container being read; its entries are the last ones that wait. */
interface Frame {
  readonly isBranch: boolean;
  readonly start: number;
  /** How many waited when it began. */
  readonly first: number;
  /** The key that it is the value of, if any, and where that entry begins. */
  readonly key: string | undefined;
  readonly entryStart: number;
}

/** One pass over a text, with a stack of its own: nesting must not end in a stack overflow. */
class JsonReader {
  private at = 0;
  private readonly stack: Frame[] = [];
  /** The entries of open containers. */
  private readonly waiting = new JsonEntries();
  /** Those of closed ones. */
  private readonly entries = new JsonEntries();
  /** The container that was closed last. */
  private place: JsonContainer | undefined;
  /** Whether strings may hold bytes that are not UTF-8 and so need a second look. */
  private readonly wellFormed: boolean;

  /** @param units those of the text: asking an array for them is faster than asking the text, above all before this is compiled. */
  constructor(
    private readonly text: string,
    private readonly units: Uint8Array | Uint16Array,
  ) {
    this.wellFormed = text.isWellFormed();
  }

  read(): JsonText {
    this.openRoot();
    this.readEntries();
    const { place } = this;
    if (place?.node.kind !== 'branch') throw new TypeError('the root is no object');
    return { root: place.node, place, entries: this.entries };
  }

  private openRoot(): void {
    if (this.text.startsWith('\ufeff')) throw this.error('a byte order mark is not allowed in JSON');
    const first = this.skipBlank();
    if (first === undefined) throw this.error('the file is empty');
    if (first !== OPEN_BRANCH) throw this.error('the top level of a JSON file must be an object');
    this.open(true, this.at, undefined);
  }

  /**
   * Reads all that the root holds, a token at a time, in one loop: V8 compiles a method anew into each one that calls it, and the
   * methods of a usual parser, one for each rule of the grammar, took longer to compile than a large file takes to read.
   */
  private readEntries(): void {
    let next: number = Next.First;
    let key: string | undefined;
    let entryStart = 0;
    for (let frame = this.stack.at(-1); frame; frame = this.stack.at(-1)) {
      const { isBranch } = frame;
      const unit = this.skipBlank();
      const { at } = this;
      if ((next === Next.First || next === Next.Comma) && unit === (isBranch ? CLOSE_BRANCH : CLOSE_LIST)) {
        this.close(frame);
        next = Next.Comma;
      } else if (next === Next.Comma) {
        if (unit !== COMMA) throw this.error(`expected "," or "${isBranch ? '}' : ']'}"`);
        this.at = at + 1;
        next = Next.Entry;
      } else if (next === Next.Colon) {
        if (unit !== COLON) throw this.error('expected ":"');
        this.at = at + 1;
        next = Next.Value;
      } else if (isBranch && next !== Next.Value) {
        if (unit !== QUOTE) throw this.error('expected a key in double quotes');
        key = this.readString();
        entryStart = at;
        next = Next.Colon;
      } else {
        if (!isBranch) {
          key = undefined;
          entryStart = at;
        }
        if (unit === OPEN_BRANCH || unit === OPEN_LIST) {
          this.open(unit === OPEN_BRANCH, entryStart, key);
          next = Next.First;
        } else {
          const value = unit === QUOTE ? this.readString() : (this.readNumber() ?? this.readWord());
          const leaf = new JsonLeaf(value, at, this.at, value);
          this.waiting.push(key === undefined ? leaf : item(key, leaf), leaf, entryStart);
          next = Next.Comma;
        }
      }
    }
  }

  private open(isBranch: boolean, entryStart: number, key: string | undefined): void {
    this.stack.push({ isBranch, start: this.at, first: this.waiting.length, key, entryStart });
    if (this.stack.length > MAX_DEPTH) throw this.error(`more than ${MAX_DEPTH} levels of nesting`);
    this.at += 1;
  }

  private close({ isBranch, start, first, key, entryStart }: Frame): void {
    this.at += 1;
    this.stack.pop();
    const before = this.entries.length;
    const nodes = this.entries.takeFrom(this.waiting, first);
    const node = isBranch ? branch(nodes as Item[]) : list(nodes as Value[]);
    this.place = { kind: 'container', node, start, end: this.at, first: before, count: nodes.length };
    this.waiting.push(key === undefined ? node : item(key, node), this.place, entryStart);
  }

  private readWord(): LeafValue {
    const found = WORDS.find(([word]) => this.text.startsWith(word, this.at));
    if (!found) throw this.error('expected a value');
    this.at += found[0].length;
    return found[1];
  }

  private readNumber(): bigint | number | undefined {
    NUMBER.lastIndex = this.at;
    const found = NUMBER.exec(this.text);
    if (!found) return undefined;
    const [literal, fraction, exponent] = found;
    const value = (fraction ?? exponent) === undefined ? integerOf(literal) : Number(literal);
    if (!Number.isFinite(Number(value))) throw this.error('a number beyond the range of a double');
    this.at += literal.length;
    return value;
  }

  /** Reads a string from its opening quote on. */
  private readString(): string {
    const { units } = this;
    const start = this.at + 1;
    for (let at = start; ; at++) {
      const unit = units[at] ?? 0;
      if (unit === QUOTE) {
        this.at = at + 1;
        return this.clean(this.text.slice(start, at));
      }
      if (unit === BACKSLASH) return this.readEscaped(start, at);
      if (unit < 0x20) throw this.error('a string without end, or with a control character in it', at);
    }
  }

  /** The rest of a string from its first backslash on. */
  private readEscaped(start: number, firstEscape: number): string {
    const { text } = this;
    const parts = [this.clean(text.slice(start, firstEscape))];
    let at = firstEscape;
    while (text.charCodeAt(at) !== QUOTE) {
      if (text.charCodeAt(at) === BACKSLASH) {
        parts.push(this.escapeAt(at));
        at += text.charAt(at + 1) === 'u' ? 6 : 2;
        continue;
      }
      const from = at;
      while (text.charCodeAt(at) >= 0x20 && text.charCodeAt(at) !== QUOTE && text.charCodeAt(at) !== BACKSLASH) at++;
      if (at === from) throw this.error('a string without end, or with a control character in it', at);
      parts.push(this.clean(text.slice(from, at)));
    }
    this.at = at + 1;
    return parts.join('').toWellFormed();
  }

  private escapeAt(at: number): string {
    const letter = this.text.charAt(at + 1);
    const simple = ESCAPES.get(letter);
    if (simple !== undefined) return simple;
    const digits = this.text.slice(at + 2, at + 6);
    if (letter !== 'u' || !/^[0-9a-fA-F]{4}$/.test(digits)) throw this.error('an unknown escape in a string', at);
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  /** Bytes that are not UTF-8 read as U+FFFD, one each; done before escapes join in, lest the two make a pair. */
  private clean(raw: string): string {
    return this.wellFormed ? raw : raw.toWellFormed();
  }

  /** Goes to the next unit that is not white space; undefined at the end. */
  private skipBlank(): number | undefined {
    const { units } = this;
    let { at } = this;
    let unit = units[at];
    while (unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09) {
      at += 1;
      unit = units[at];
    }
    this.at = at;
    return unit;
  }

  private error(problem: string, at = this.at): SopsError {
    return documentError(this.text, at, problem);
  }
}

/** An integer within int64 as an int, any other as a float. More than 20 characters cannot be within (and would cost). */
function integerOf(literal: string): bigint | number {
  if (literal.length > 20) return Number(literal);
  const value = BigInt(literal);
  return value >= -LIMIT && value < LIMIT ? value : Number(literal);
}
