/** Reading dotenv text as ksops does, which is by the rules of godotenv (docs/kubernetes/ksops.md#dotenv-files). */
import { SopsError } from '../../errors.js';
import { withoutSurrounding } from '../../util/text/trim.js';

const SPACE = '\\t\\v\\f\\r \\u0085\\u00a0';
const LEADING_SPACE = new RegExp(`^[${SPACE}]+`);
/** A name up to its `=` or `:`; blanks may stand in it, and are only cut off at its end. */
const NAME = new RegExp(`[A-Za-z0-9_.${SPACE}]*`, 'y');
const SPACES = '\t\v\f\r \u0085\u00a0';
const EXPORT = new RegExp(`^export[${SPACE}]+`);

/**
 * The variables of a text; a later one wins. Values may refer to earlier ones. Throws `document-invalid` with the line, and
 * never with what stands there.
 */
export function readEnvText(text: string): Map<string, string> {
  return new EnvReader(text.replaceAll('\r\n', '\n')).read();
}

class EnvReader {
  private at = 0;
  private readonly found = new Map<string, string>();

  constructor(private readonly text: string) {}

  read(): Map<string, string> {
    while (this.passToStatement()) {
      const key = this.readName();
      this.found.set(key, this.readValue());
    }
    return this.found;
  }

  /** Moves over blanks and comment lines; false at the end. */
  private passToStatement(): boolean {
    for (;;) {
      const skipped = /^[\s\u0085]*/.exec(this.text.slice(this.at, this.at + 4096))?.[0].length ?? 0;
      if (skipped > 0) {
        this.at += skipped;
        continue;
      }
      if (this.at >= this.text.length) return false;
      if (this.text[this.at] !== '#') return true;
      const end = this.text.indexOf('\n', this.at);
      if (end < 0) return false;
      this.at = end;
    }
  }

  private readName(): string {
    const exported = EXPORT.exec(this.text.slice(this.at, this.at + 64));
    if (exported) this.at += exported[0].length;
    NAME.lastIndex = this.at;
    const name = NAME.exec(this.text)?.[0] ?? '';
    const end = this.at + name.length;
    const mark = this.text[end];
    if (mark !== '=' && mark !== ':') {
      this.at = end;
      throw this.error(mark === undefined ? 'a variable without =' : 'unexpected character in variable name');
    }
    this.at = end + 1;
    return name.trimEnd();
  }

  private readValue(): string {
    const lead = LEADING_SPACE.exec(this.text.slice(this.at, this.lineEnd()))?.[0].length ?? 0;
    this.at += lead;
    const quote = this.text[this.at];
    return quote === '"' || quote === "'" ? this.readQuoted(quote) : this.readPlain();
  }

  private lineEnd(): number {
    const end = this.text.indexOf('\n', this.at);
    return end < 0 ? this.text.length : end;
  }

  private readPlain(): string {
    const found = /[\n\r]/g;
    found.lastIndex = this.at;
    const end = found.exec(this.text)?.index ?? this.text.length;
    const line = this.text.slice(this.at, end);
    this.at = end;
    return this.expand(withoutSurrounding(line.slice(0, commentStart(line)), SPACES));
  }

  /** A quote after a backslash does not end the text; all quotes at both its ends are cut off. */
  private readQuoted(quote: string): string {
    for (let end = this.text.indexOf(quote, this.at + 1); end > 0; end = this.text.indexOf(quote, end + 1)) {
      if (this.text[end - 1] === '\\') continue;
      let from = this.at;
      let to = end;
      while (to > from && this.text[to - 1] === quote) to -= 1;
      while (from < to && this.text[from] === quote) from += 1;
      this.at = end + 1;
      const value = this.text.slice(from, to);
      return quote === '"' ? this.expand(unescaped(value)) : value;
    }
    throw this.error('unterminated quoted value');
  }

  /** `$NAME` and `${NAME}` give an earlier variable of the file, or nothing; a backslash keeps the dollar. */
  private expand(text: string): string {
    return text.replace(
      /(\\)?\$(\()?\{?([A-Z0-9_]+)?\}?/g,
      (whole, escaped: string | undefined, command: string | undefined, name: string | undefined) => {
        if (escaped || command) return whole.slice(1);
        return name === undefined ? whole : (this.found.get(name) ?? '');
      },
    );
  }

  private error(problem: string): SopsError {
    const line = this.text.slice(0, this.at).split('\n').length;
    return new SopsError('document-invalid', `${problem} in line ${line}`);
  }
}

/** Where the comment after a value begins: at the last `#` with a blank before it. */
function commentStart(line: string): number {
  for (let at = line.lastIndexOf('#'); at > 0; at = line.lastIndexOf('#', at - 1)) {
    if (SPACES.includes(line.charAt(at - 1))) return at;
  }
  return line.length;
}

/** `\n` and `\r` become what they stand for; other backslashes go, but for those before a dollar. */
function unescaped(text: string): string {
  const broken = text.replace(/\\./g, (pair) => (pair === '\\n' ? '\n' : pair === '\\r' ? '\r' : pair));
  return broken.replace(/\\([^$])/g, '$1');
}
