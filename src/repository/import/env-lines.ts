/** A `.env` file as people write it, line by line: quotes, escapes, comments after values, `export`, values over several lines. */
import { SopsError } from '../../errors.js';

export type Quote = '' | '"' | "'" | '`';

/** A variable. */
export interface EnvEntry {
  readonly kind: 'entry';
  readonly name: string;
  /** Without its quotes; escapes read as {@link readEnvLines} says. */
  readonly value: string;
  readonly quote: Quote;
  /** The text after `#`, if there is one on its line. */
  readonly comment: string | undefined;
  /** Why other readers of such files may take another value, in a few words. */
  readonly doubt: string | undefined;
}

export type EnvLine = EnvEntry | { readonly kind: 'comment'; readonly text: string } | { readonly kind: 'blank' };

/** Up to the value; dotenv takes `:` for `=` when a blank follows. */
const HEAD = /[ \t]*(?:export[ \t]+)?([\w.-]+)(?:[ \t]*=|:[ \t])[ \t]*/y;
const BLANK = /[ \t]*(?:\r?\n|$)/y;
const COMMENT = /[ \t]*#([^\r\n]*)\r?(?:\n|$)/y;
/** What may follow a value on its line. */
const TAIL = /[ \t]*(?:#([^\r\n]*))?\r?(?:\n|$)/y;
const BARE = /[^#\r\n]*/y;

/**
 * The lines of a file as the dotenv package and dotenvx read them: in double quotes `\n`, `\r` and (dotenvx alone) `\t` are characters, all
 * else stands for itself; without quotes a value ends at `#`. Throws `document-invalid` for any other line, since
 * what programs pass over may be a secret that was meant to be read.
 */
export function readEnvLines(bytes: Uint8Array, { readsTabs = false } = {}): EnvLine[] {
  const reader = new LineReader(Buffer.from(bytes).toString('utf8'), readsTabs);
  const lines: EnvLine[] = [];
  while (!reader.isAtEnd) lines.push(reader.next());
  return lines;
}

class LineReader {
  #at = 0;
  /** Quotes that no further one of the same kind follows: looked for once. */
  readonly #unclosed = new Set<string>();

  constructor(
    private readonly text: string,
    private readonly readsTabs: boolean,
  ) {}

  get isAtEnd(): boolean {
    return this.#at >= this.text.length;
  }

  next(): EnvLine {
    // Where a file began before dotenvx put its public key above.
    if (this.text[this.#at] === '\ufeff') this.#at += 1;
    const start = this.#at;
    if (this.#take(BLANK)) return { kind: 'blank' };
    const comment = this.#take(COMMENT);
    if (comment) return { kind: 'comment', text: comment[1] ?? '' };
    const head = this.#take(HEAD);
    if (!head) throw this.#noLine(start);
    const name = head[1] ?? '';
    const quoted = this.#quoted();
    if (quoted) return { kind: 'entry', name, ...quoted };
    const bare = this.#take(BARE)?.[0] ?? '';
    const tail = this.#take(TAIL);
    if (!tail) throw this.#noLine(start);
    const isTight = tail[1] !== undefined && /\S$/.test(bare);
    const doubt = isTight ? 'some readers take what follows "#" for a part of it' : undefined;
    return { kind: 'entry', name, value: bare.trim(), quote: '', comment: tail[1], doubt };
  }

  /** A value in quotes; null, and nothing read, where what begins with a quote does not end as one. */
  #quoted(): Omit<EnvEntry, 'kind' | 'name'> | null {
    const quote = this.text[this.#at] as Quote;
    if (quote !== '"' && quote !== "'" && quote !== '`') return null;
    const start = this.#at;
    const end = this.#closing(quote, start + 1);
    if (end < 0) return null;
    this.#at = end + 1;
    const tail = this.#take(TAIL);
    if (!tail) {
      this.#at = start;
      return null;
    }
    const written = this.text.slice(start + 1, end).replaceAll('\r\n', '\n');
    const value = quote === '"' ? this.#unescaped(written) : written;
    const doubt = written.includes(`\\${quote}`) ? `readers differ about \\${quote} in it` : undefined;
    return { value, quote, comment: tail[1], doubt };
  }

  #closing(quote: string, from: number): number {
    if (this.#unclosed.has(quote)) return -1;
    let end = this.text.indexOf(quote, from);
    while (end > 0 && this.text[end - 1] === '\\') end = this.text.indexOf(quote, end + 1);
    if (end < 0) this.#unclosed.add(quote);
    return end;
  }

  #unescaped(written: string): string {
    const lines = written.replaceAll('\\n', '\n').replaceAll('\\r', '\r');
    return this.readsTabs ? lines.replaceAll('\\t', '\t') : lines;
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text);
    if (found) this.#at = pattern.lastIndex;
    return found;
  }

  #noLine(start: number): SopsError {
    const line = this.text.slice(0, start).split('\n').length;
    return new SopsError('document-invalid', `line ${line} is neither NAME=VALUE nor a comment`, {
      hint: 'A quote that is not closed makes lines of what was meant as one value. Correct the file, and import it again.',
    });
  }
}
