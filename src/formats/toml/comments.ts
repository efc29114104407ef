/** TOML comments, handed out in the order of the text to the entries that they stand at. */
import type { AST } from 'toml-eslint-parser';
import { type Comment, comment } from '../../tree/tree.js';

/** The comments of a text that belong to nothing yet. */
export class CommentQueue {
  /** All that were handed out. */
  readonly taken: Comment[] = [];
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly comments: readonly AST.Comment[],
  ) {}

  /** Those before an offset. */
  before(offset: number): Comment[] {
    const found: Comment[] = [];
    for (let next = this.comments[this.at]; next && next.range[0] < offset; next = this.comments[this.at]) {
      found.push(this.take(next, false));
    }
    return found;
  }

  /** The one after an offset on its line, if nothing but a comma stands between. */
  behind(offset: number): Comment[] {
    const next = this.comments[this.at];
    if (!next || !isGap(this.text, offset, next.range[0])) return [];
    return [this.take(next, true)];
  }

  /** Those before an offset that are of the metadata: with it they come and go. */
  ofMetadata(offset: number): Comment[] {
    const found: Comment[] = [];
    for (let next = this.comments[this.at]; next && next.range[0] < offset; next = this.comments[this.at]) {
      this.at += 1;
      found.push(this.made(next, false));
    }
    return found;
  }

  private take(of: AST.Comment, inline: boolean): Comment {
    this.at += 1;
    const taken = this.made(of, inline);
    this.taken.push(taken);
    return taken;
  }

  private made({ range: [start, end] }: AST.Comment, inline: boolean): Comment {
    const value = this.text.slice(start + 1, end);
    return comment(value, inline, { start, end, style: inline ? 'inline' : 'line', value });
  }
}

/** Whether nothing but blanks and at most one comma stands between two offsets. */
function isGap(text: string, start: number, end: number): boolean {
  let commas = 0;
  for (let at = start; at < end; at++) {
    const unit = text[at];
    if (unit === ',') commas += 1;
    else if (unit !== ' ' && unit !== '\t') return false;
  }
  return commas <= 1;
}
