/** Reading block scalars, literal and folded, as go-yaml v3 reads them. */
import { append } from '../../util/lists.js';
import { breakText, isBlank, isBreak, SPACE, TAB } from './characters.js';
import type { CommentMark, Cursor } from './cursor.js';
import type { ScalarToken } from './scalars.js';

/** What the header of a block scalar says. */
interface BlockHeader {
  readonly folded: boolean;
  readonly chomp: '' | '-' | '+';
  /** Columns beyond the parent's, 0 when to be found from the content. */
  readonly indent: number;
  /** Offset of the header line's end. */
  readonly end: number;
  readonly comment?: CommentMark;
}

/** Reads a `|` or `>` scalar. `parent` is the column of the collection that holds it, -1 at the root. */
export function readBlock(cursor: Cursor, parent: number): ScalarToken {
  const start = cursor.at;
  const header = readBlockHeader(cursor);
  const base = Math.max(parent, 0);
  let indent = header.indent > 0 ? base + header.indent : 0;
  let { end } = header;
  const leading = passEmptyLines(cursor, indent);
  if (indent === 0) indent = Math.max(leading.widest, parent + 1, 1);
  let breaks = leading.breaks;
  const body = new BlockBody(header.folded);
  while (cursor.column === indent && !cursor.atEnd) {
    const from = cursor.at;
    while (!cursor.atEnd && !isBreak(cursor.unit)) cursor.at += 1;
    end = cursor.at;
    body.addLine(breaks, cursor.text.slice(from, end));
    if (cursor.atEnd) {
      breaks = [];
      break;
    }
    const own = breakText(cursor.unit);
    cursor.passBreak();
    breaks = [own, ...passEmptyLines(cursor, indent).breaks];
  }
  const style = header.folded ? 'folded' : 'literal';
  const token = { text: body.close(breaks, header.chomp), style, start, end } as const;
  cursor.keyAllowed = true;
  return header.comment ? { ...token, comment: header.comment } : token;
}

/** The lines of a block scalar, joined as they come. */
class BlockBody {
  private parts: string[] = [];
  private lastBlank = false;
  private empty = true;

  constructor(private readonly folded: boolean) {}

  /** Adds a line; `breaks` are those since the line before: its own break first, then those of empty lines. */
  addLine(breaks: string[], line: string): void {
    const blank = isBlank(line.charCodeAt(0));
    const [first, ...rest] = breaks;
    if (this.empty || !this.folded || first !== '\n' || blank || this.lastBlank) append(this.parts, breaks);
    else this.parts.push(rest.length === 0 ? ' ' : rest.join(''));
    this.parts.push(line);
    this.lastBlank = blank;
    this.empty = false;
  }

  close(breaks: string[], chomp: '' | '-' | '+'): string {
    const kept = chomp === '+' ? breaks : chomp === '-' || this.empty ? [] : breaks.slice(0, 1);
    return this.parts.join('') + kept.join('');
  }
}

/** Moves over the empty lines before a line of content, which then begins at `indent` (0: any column). */
function passEmptyLines(cursor: Cursor, indent: number): { breaks: string[]; widest: number } {
  const breaks: string[] = [];
  let widest = 0;
  for (;;) {
    while (cursor.unit === SPACE && (indent === 0 || cursor.column < indent)) cursor.at += 1;
    widest = Math.max(widest, cursor.column);
    if (cursor.unit === TAB && (indent === 0 || cursor.column < indent)) {
      throw cursor.error('a tab stands where the indentation of a block scalar must be');
    }
    if (!isBreak(cursor.unit)) return { breaks, widest };
    breaks.push(breakText(cursor.unit));
    cursor.passBreak();
  }
}

function readBlockHeader(cursor: Cursor): BlockHeader {
  const match = /([|>])(?:([+-])([0-9])?|([0-9])([+-])?)?/y;
  match.lastIndex = cursor.at;
  const found = match.exec(cursor.text);
  if (!found) throw cursor.error('this block scalar has no header');
  const digit = found[3] ?? found[4];
  if (digit === '0') throw cursor.error('a block scalar cannot be indented by 0');
  cursor.at = match.lastIndex;
  cursor.passBlanks();
  const comment = cursor.unit === 0x23 ? cursor.readComment() : undefined;
  if (!cursor.atEnd && !isBreak(cursor.unit)) throw cursor.error('a block scalar begins on the line below its header');
  const end = cursor.at;
  if (!cursor.atEnd) cursor.passBreak();
  const chomp = (found[2] ?? found[5] ?? '') as BlockHeader['chomp'];
  const header = { folded: found[1] === '>', chomp, indent: digit ? Number(digit) : 0, end };
  return comment ? { ...header, comment } : header;
}
