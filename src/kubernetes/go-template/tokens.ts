/** From the text of a Go template to tokens: text, and the words within `{{` and `}}`. */
import { refusal } from './values.js';

export type TokenKind =
  | 'text'
  | 'open'
  | 'close'
  | 'space'
  | 'string'
  | 'raw-string'
  | 'char'
  | 'number'
  | 'field'
  | 'variable'
  | 'word'
  | 'dot'
  | 'sign';

export interface Token {
  readonly kind: TokenKind;
  /** As it is written; for `field` without the dot, for `text` trimmed as the markers beside it say. */
  readonly text: string;
  readonly line: number;
}

const BLANKS = ' \t\r\n';
/** A marker that trims the text before: `{{- `. */
const TRIMS_BEFORE = /-[ \t\r\n]/y;
/** The end of an action, with or without the marker that trims the text behind. */
const CLOSE = /(?:[ \t\r\n]-)?\}\}/y;
/** Comments stand alone within the delimiters. */
const COMMENT_OPEN = '/*';
const COMMENT_CLOSE = '*/';

/** Sticky expressions for the words of an action; the first that fits wins. */
const WORDS: readonly (readonly [TokenKind, RegExp])[] = [
  ['space', /[ \t\r\n]+?(?=[ \t\r\n]-\}\}|[^ \t\r\n]|$)/y],
  ['string', /"(?:[^"\\\n]|\\[^\n])*"/y],
  ['raw-string', /`[^`]*`/y],
  ['char', /'(?:[^'\\\n]|\\[^\n])+'/y],
  ['number', /[+-]?(?:\.?[0-9])(?:[eEpP][+-]|[\p{L}\p{Nd}_.])*/uy],
  ['field', /\.[\p{L}\p{Nd}_]+/uy],
  ['dot', /\./y],
  ['variable', /\$[\p{L}\p{Nd}_]*/uy],
  ['word', /[\p{L}\p{Nd}_]+/uy],
  ['sign', /:=|[=|(),]/y],
];
/** What may follow a name: nothing that would make it another one. */
const ENDS_NAME = /[ \t\r\n.,|:()]|$|\}\}/y;
const NAMES: ReadonlySet<TokenKind> = new Set(['field', 'variable', 'word']);

/** All tokens of a template. Throws for what Go's lexer refuses. */
export function tokensOf(template: string): Token[] {
  return new Lexer(template).run();
}

class Lexer {
  private readonly tokens: Token[] = [];
  private at = 0;
  private line = 1;

  constructor(private readonly template: string) {}

  run(): Token[] {
    let trimsText = false;
    for (;;) {
      const open = this.template.indexOf('{{', this.at);
      const text = this.template.slice(this.at, open < 0 ? undefined : open);
      const trimsBefore = open >= 0 && this.fits(TRIMS_BEFORE, open + 2) !== null;
      this.pushText(text, trimsText, trimsBefore);
      if (open < 0) return this.tokens;
      this.at = open + (trimsBefore ? 4 : 2);
      trimsText = this.template.startsWith(COMMENT_OPEN, this.at) ? this.skipComment() : this.readAction();
    }
  }

  private pushText(text: string, trimsStart: boolean, trimsEnd: boolean): void {
    let [start, end] = [0, text.length];
    while (trimsStart && start < end && BLANKS.includes(text[start] ?? '')) start += 1;
    while (trimsEnd && end > start && BLANKS.includes(text[end - 1] ?? '')) end -= 1;
    if (end > start) this.push('text', text.slice(start, end));
    this.countLines(text);
  }

  private push(kind: TokenKind, text: string): void {
    this.tokens.push({ kind, text, line: this.line });
  }

  private countLines(text: string): void {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.line += 1;
  }

  /** The text that a sticky expression finds at a place, or null. */
  private fits(expression: RegExp, at: number): string | null {
    expression.lastIndex = at;
    return expression.exec(this.template)?.[0] ?? null;
  }

  /** Passes over a comment; tells whether it trims the text behind. */
  private skipComment(): boolean {
    const end = this.template.indexOf(COMMENT_CLOSE, this.at);
    if (end < 0) throw this.error('a comment has no end');
    const close = this.fits(CLOSE, end + COMMENT_CLOSE.length);
    if (close === null) throw this.error('a comment must be alone between {{ and }}');
    this.countLines(this.template.slice(this.at, end));
    this.at = end + COMMENT_CLOSE.length + close.length;
    return close.length > 2;
  }

  /** Reads the words of an action; tells whether it trims the text behind. */
  private readAction(): boolean {
    this.push('open', '{{');
    for (;;) {
      const close = this.fits(CLOSE, this.at);
      if (close !== null) {
        this.push('close', '}}');
        this.countLines(close);
        this.at += close.length;
        return close.length > 2;
      }
      this.readWord();
    }
  }

  private readWord(): void {
    if (this.at >= this.template.length) throw this.error('an action has no end');
    for (const [kind, expression] of WORDS) {
      const found = this.fits(expression, this.at);
      if (found === null) continue;
      const end = this.at + found.length;
      if (NAMES.has(kind) && this.fits(ENDS_NAME, end) === null) {
        throw this.error(`${found} is followed by a character that no name can hold`);
      }
      this.push(kind, kind === 'field' ? found.slice(1) : found);
      this.countLines(found);
      this.at = end;
      return;
    }
    throw this.error('an action holds a character that Go templates do not know');
  }

  private error(reason: string): Error {
    return refusal(`line ${this.line}: ${reason}`);
  }
}
