/** Patterns of `.gitattributes` for the expressions of `.sops.yaml`: those that say as much or a little more. */
import { append } from '../util/lists.js';

/** A part of a path: a text, one character, characters of one name, or any characters. */
type Token = { readonly text: string } | 'start' | 'end' | 'one' | 'name' | 'any';
type Sequence = readonly Token[];

/** An expression with more alternatives than this is no longer said by lines that people read. */
const MOST = 64;

/** What patterns cannot say: look-arounds do not exist in RE2, but flags, classes of Unicode and counted groups do. */
class Unsayable extends Error {}

/**
 * The patterns of an expression, below a folder (from the top, with `/`, empty for the top itself). They may cover more files, for which
 * the drivers do what git does. Null for what patterns cannot say.
 */
export function patternsFor(regex: string, folder = ''): string[] | null {
  try {
    const patterns = new Set(new Reader(regex).alternatives().flatMap(patternsOf));
    return [...patterns].filter((pattern) => !isSaidBy(pattern, patterns)).map((pattern) => below(folder, pattern));
  } catch (error) {
    if (error instanceof Unsayable) return null;
    throw error;
  }
}

/** `/x` is said by `**` + `/x` as well. */
function isSaidBy(pattern: string, patterns: ReadonlySet<string>): boolean {
  return pattern.startsWith('/') && (patterns.has(`**${pattern}`) || patterns.has(pattern.slice(1)));
}

/** Reads an expression as the texts that it may stand for. */
class Reader {
  private at = 0;

  constructor(private readonly regex: string) {}

  /** Everything up to the end, or to the bracket that closes a group. */
  alternatives(depth = 0): Sequence[] {
    const all: Sequence[] = [];
    for (;;) {
      append(all, this.sequences(depth));
      if (all.length > MOST) throw new Unsayable();
      if (this.regex[this.at] !== '|') return all;
      this.at += 1;
    }
  }

  private sequences(depth: number): Sequence[] {
    let all: Sequence[] = [[]];
    while (this.at < this.regex.length && !'|)'.includes(this.regex[this.at] ?? '')) {
      const next = this.counted(this.atom(depth));
      all = all.flatMap((before) => next.map((after) => [...before, ...after]));
      if (all.length > MOST) throw new Unsayable();
    }
    if (depth === 0 && this.regex[this.at] === ')') throw new Unsayable();
    return all;
  }

  private atom(depth: number): Sequence[] {
    const sign = this.regex[this.at++] ?? '';
    if (sign === '(') return this.group(depth);
    if (sign === '[') return [[this.charClass()]];
    if (sign === '^') return [['start']];
    if (sign === '$') return [['end']];
    if (sign === '.') return [['one']];
    if (sign === '\\') return [[this.escaped()]];
    if ('*+?{'.includes(sign)) throw new Unsayable();
    return [[{ text: sign }]];
  }

  private group(depth: number): Sequence[] {
    if (this.regex.startsWith('?:', this.at)) this.at += 2;
    if (this.regex[this.at] === '?') throw new Unsayable();
    const all = this.alternatives(depth + 1);
    if (this.regex[this.at++] !== ')') throw new Unsayable();
    return all;
  }

  private charClass(): Token {
    const end = this.regex.indexOf(']', this.at + (this.regex[this.at] === '^' ? 2 : 1));
    if (end < 0) throw new Unsayable();
    const inner = this.regex.slice(this.at, end);
    // Either separator, as rules that are for Windows, too, have it.
    if (/^(?:\/\\\\|\\\\\\?\/)$/.test(inner)) {
      this.at = end + 1;
      return { text: '/' };
    }
    if (/[[\\]/.test(inner.replace(/\\[\\.\-_/]/g, ''))) throw new Unsayable();
    this.at = end + 1;
    return 'one';
  }

  private escaped(): Token {
    const sign = this.regex[this.at++] ?? '';
    if ('wd'.includes(sign)) return 'one';
    if (sign === '' || /[\w\s]/.test(sign)) throw new Unsayable();
    return { text: sign };
  }

  /** What follows says how often: not at all or once, or any number of one character. */
  private counted(all: Sequence[]): Sequence[] {
    const count = /^(?:[*+?]|\{\d*,?\d*\})\??/.exec(this.regex.slice(this.at))?.[0];
    if (count === undefined) return all;
    const counted = this.regex.slice(0, this.at);
    this.at += count.length;
    if (count.startsWith('?')) return [[], ...all];
    const [only] = all;
    const [token, ...others] = only ?? [];
    if (all.length > 1 || token === undefined || others.length > 0 || token === 'start' || token === 'end')
      throw new Unsayable();
    // `.*` goes over folders, as does a class that says what it is not without naming the slash.
    const isName = typeof token === 'object' ? token.text !== '/' : token !== 'one' || isWithinName(counted);
    return [[isName ? 'name' : 'any']];
  }
}

/** Whether the class that a text ends with has no slash in it. */
function isWithinName(text: string): boolean {
  const last = text.slice(Math.max(0, text.lastIndexOf('[')));
  return /\\[wd]$/.test(last) || /^\[(?:\^[^\]]*\/[^\]]*|[^^\]/][^\]/]*)\]$/.test(last);
}

/** A pattern without a slash is for names anywhere below; with one it counts from the folder of the file with the patterns. */
function below(folder: string, pattern: string): string {
  if (folder === '') return pattern;
  return `/${quotedPath(folder)}${pattern.startsWith('/') ? '' : pattern.includes('/') ? '/' : '/**/'}${pattern}`;
}

function patternsOf(sequence: Sequence): string[] {
  const tokens = anchored(sequence);
  if (tokens === null) return [];
  return written(merged(tokens)).map((text) => {
    if (text.startsWith('**/') && !text.slice(3).includes('/')) return text.slice(3);
    return text.startsWith('**/') ? text : `/${text}`;
  });
}

/** The tokens between the ends of a path; null for what no path can be. */
function anchored(sequence: Sequence): Token[] | null {
  const tokens = [...sequence];
  if (tokens[0] === 'start') tokens.shift();
  else tokens.unshift('any');
  if (tokens.at(-1) === 'end') tokens.pop();
  else tokens.push('any');
  return tokens.includes('start') || tokens.includes('end') ? null : tokens;
}

function merged(tokens: readonly Token[]): Token[] {
  return tokens.filter((token, at) => token !== 'any' || tokens[at - 1] !== 'any');
}

/** In each place where any characters may stand between names, they may stay within one or go over folders. */
function written(tokens: readonly Token[]): string[] {
  let texts = [''];
  for (const [at, token] of tokens.entries()) {
    const endsName = at === tokens.length - 1;
    const slashNext = isSlash(tokens[at + 1]);
    texts = texts.flatMap((text) => {
      if (token !== 'any') return [text + signOf(token)];
      const startsName = text === '' || text.endsWith('/');
      if (startsName && slashNext) return [`${text}**`];
      if (startsName) return [endsName ? `${text}**` : `${text}**/*`];
      if (endsName) return [`${text}*`, `${text}*/**`];
      return slashNext ? [`${text}*/**`, `${text}*`] : [`${text}*`, `${text}*/**/*`];
    });
    if (texts.length > MOST) throw new Unsayable();
  }
  return texts.map((text) => text.replaceAll(/\*{3,}/g, '**').replaceAll('/**/**/', '/**/'));
}

function isSlash(token: Token | undefined): boolean {
  return typeof token === 'object' && token.text === '/';
}

function signOf(token: Token): string {
  if (token === 'one') return '?';
  if (token === 'name') return '*';
  return typeof token === 'object' ? quotedPath(token.text) : '';
}

/** A text that stands for itself. */
function quotedPath(text: string): string {
  return text.replaceAll(/[\\*?[]/g, '\\$&');
}

/** The pattern of one file, by its path from the top. */
export function patternOfFile(path: string): string {
  return `/${quotedPath(path)}`;
}

/** A pattern as a line begins with it: in quotes, as C has them, where it holds blanks or control characters. */
export function patternField(pattern: string): string {
  if (!/[\s"\u0000-\u001f\u007f]/.test(pattern)) return pattern;
  const escaped = pattern.replaceAll(/["\\]/g, '\\$&').replaceAll(/[\u0000-\u001f\u007f]/g, (sign) => {
    return `\\${(sign.codePointAt(0) ?? 0).toString(8).padStart(3, '0')}`;
  });
  return `"${escaped}"`;
}
