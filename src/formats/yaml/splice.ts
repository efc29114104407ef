/** The edits that bring a YAML text up to date with its tree: scalars, comments, expanded aliases. */

import { sameLeafValue, sameValue } from '../../tree/equality.js';
import {
  type Branch,
  type Comment,
  type Item,
  type Leaf,
  type List,
  leaf,
  type Source,
  type Value,
} from '../../tree/tree.js';
import { type Steps, settle } from '../../util/flat-recursion.js';
import { append } from '../../util/lists.js';
import type { Edit } from '../store.js';
import { blockEdits, headerEdits, unblockEdits } from './block-edit.js';
import { isBlank, isBreak } from './characters.js';
import { withoutComments } from './copy.js';
import { emitFlow } from './emit-flow.js';
import { indentStep } from './indent-step.js';
import { yamlLineEnd } from './lines.js';
import { type ScalarStyle, type ScalarWriting, writeScalar } from './scalar-text.js';

export interface SpliceOptions extends ScalarWriting {
  /** Of what is written anew, as `--indent`. */
  readonly indent?: number | undefined;
  /** Whether lines are put after the text, which has no final line break. */
  readonly continues?: boolean;
  /** Whether comments decide what is encrypted, so that copies need them. */
  readonly commentsDecide?: boolean;
  /** Values that leave the text: aliases for them are written out. */
  readonly gone?: ReadonlySet<Value>;
}

/** Longest line beginning that is looked at for the column of an alias. */
const LONGEST_INDENT = 4096;

/** Collects the edits of the branches of one file. */
export class Splicer {
  readonly edits: Edit[] = [];
  private readonly lineBreak: string;
  private readonly indent: number;
  /** Where the last content of the text ends, if a line break is to follow; a block scalar there would read otherwise. */
  private readonly openEnd: number;

  constructor(
    private readonly text: string,
    private readonly options: SpliceOptions = {},
  ) {
    this.indent = indentStep(options.indent);
    this.openEnd = options.continues ? text.trimEnd().length : Number.POSITIVE_INFINITY;
    this.lineBreak = /\r?\n/.exec(text)?.[0] ?? '\n';
  }

  /** Adds the edits of a value and all below it. */
  addValue(value: Value, inList: boolean): void {
    if (isBelowText(value)) settle(this.addCollection(value));
    else this.addPlaced(value, inList);
  }

  /** Adds the edits of what stands there as one: a scalar, or an alias. */
  private addPlaced(value: Value, inList: boolean): void {
    if (value.alias) {
      const { start, end } = value.alias;
      if (this.isExpanded(value)) this.edits.push({ start, end, text: this.expanded(value, start) });
      return;
    }
    if (value.kind !== 'leaf' || !value.source) return;
    const { source } = value;
    if (!sameLeafValue(value.value, source.value)) this.addLeaf(value, source, inList);
    else if (source.end >= this.openEnd) this.addLast(value, source);
  }

  private *addCollection({ items }: Branch | List): Steps<void> {
    let first = 0;
    for (let index = 0; index < items.length; index++) {
      const entry = items[index];
      if (!entry || entry.kind === 'comment') continue;
      if (index > first) this.addComments(items.slice(first, index) as Comment[], entry);
      if (entry.kind === 'item') this.addKey(entry);
      const value = entry.kind === 'item' ? entry.value : entry;
      if (isBelowText(value)) yield this.addCollection(value);
      else this.addPlaced(value, entry.kind !== 'item');
      first = index + 1;
    }
    for (const comment of items.slice(first)) this.addComment(comment as Comment);
  }

  /** Whether an alias cannot stay, since what it stands for differs now from what it was copied from, or is leaving. */
  private isExpanded(value: Value): boolean {
    return value.alias !== undefined && (this.options.gone?.has(value.alias.of) || !sameValue(value, value.alias.of));
  }

  /**
   * Adds the comments of an entry. After an alias for a list or map, or between it and its key, they belong to the whole
   * entry; there, once brackets take the alias's place, they would belong to what is in the brackets: they go above the entry.
   */
  private addComments(comments: readonly Comment[], entry: Item | Value): void {
    const value = entry.kind === 'item' ? entry.value : entry;
    const place = value.kind !== 'leaf' && value.alias?.entry;
    for (const one of comments) {
      if (place && one.source && one.source.start > place.start && this.isExpanded(value)) this.moveComment(one, place);
      else this.addComment(one);
    }
  }

  private moveComment({ text, source }: Comment, { start, column }: { start: number; column: number }): void {
    if (!source) return;
    const { lineBreak } = this;
    const pad = ' '.repeat(Math.min(column, LONGEST_INDENT));
    const isFirstOfLine = /^[ ]*$/.test(this.text.slice(start - column, start));
    const line = `#${text}${lineBreak}${pad}`;
    this.edits.push({ start, end: start, text: isFirstOfLine ? line : `${lineBreak}${pad}${line}` });
    let from = source.start - 1;
    while (source.start - from < LONGEST_INDENT && isBlank(this.text.charCodeAt(from - 1))) from -= 1;
    this.edits.push({ start: from, end: source.end, text: '' });
  }

  /** What takes an alias's place. Its comments need lines, deeper than what is around; so they come along only if needed. */
  private expanded(value: Value, at: number): string {
    if (!this.options.commentsDecide) return emitFlow(withoutComments(value), undefined, this.options);
    let start = at;
    while (start > 0 && at - start < LONGEST_INDENT && !isBreak(this.text.charCodeAt(start - 1))) start -= 1;
    return emitFlow(value, this.lineBreak + ' '.repeat(at - start), this.options);
  }

  private addKey(of: Item): void {
    const { keyAlias } = of;
    const isKept = keyAlias?.of.kind === 'leaf' && keyAlias.of.value === of.key && !this.options.gone?.has(keyAlias.of);
    if (keyAlias && !isKept) {
      this.edits.push({ start: keyAlias.start, end: keyAlias.end, text: emitFlow(leaf(of.key)) });
    }
  }

  private addComment(of: Comment): void {
    const { source } = of;
    if (!source) return;
    if (source.style === 'line') {
      if (of.text !== source.value) this.edits.push({ start: source.start, end: source.end, text: of.text });
      return;
    }
    // A list item that held an encrypted comment: the dash gives way to the mark. In brackets no comment fits, and it stays.
    if (source.style.startsWith('flow-')) return;
    const dash = this.text.lastIndexOf('-', source.start);
    this.edits.push({ start: dash, end: source.end, text: `#${of.text}` });
  }

  /** Puts a text in a scalar's place. Lines of a block go below what else stands on the scalar's line, i.e. its comment. */
  private addWritten({ start, end }: Source, written: string): void {
    const header = written.indexOf(this.lineBreak);
    // Only then is the line's end looked for: a line may hold all values of a file.
    const behind = header < 0 ? end : yamlLineEnd(this.text, end);
    if (behind === end) {
      this.edits.push({ start, end, text: written });
      return;
    }
    this.edits.push({ start, end, text: written.slice(0, header) });
    this.edits.push({ start: behind, end: behind, text: written.slice(header) });
  }

  /**
   * A new text, kept apart from an anchor that the old one could touch (`&a:b` is an anchor and a text), and from the colon of a key
   * that had none.
   */
  private separated({ start, end }: Source, written: string): string {
    const apart = start === end ? /[\s[{,]/ : /[\s[{,:]/;
    return start === 0 || apart.test(this.text.charAt(start - 1)) ? written : ` ${written}`;
  }

  private addLeaf(of: Leaf, source: Source, inList: boolean): void {
    const tag = source.tag ?? (typeof of.value === 'string' ? undefined : source.textTag);
    if (tag) this.edits.push({ ...tag, text: '' });
    const flow = source.style.startsWith('flow-');
    const style = styleOf(source, flow);
    if (style === 'literal' || style === 'folded') {
      const inBlock = blockEdits(this.text, source, of.value, this.lineBreak);
      append(this.edits, inBlock ?? unblockEdits(this.text, source, of.value));
      return;
    }
    const column = Math.max(source.column ?? 0, 0);
    const contentIndent = inList ? column + 2 : this.indent * Math.floor((column + this.indent) / this.indent);
    const place = { style, inFlow: flow, contentIndent, parentIndent: column, writing: this.options };
    const written = writeScalar(of.value, place).text.replaceAll('\n', this.lineBreak);
    this.addWritten(source, this.separated(source, written));
  }

  /** Keeps the value of the last leaf of a text that goes on after it. */
  private addLast({ value }: Leaf, source: Source): void {
    if (source.style !== 'literal' && source.style !== 'folded') return;
    const inHeader = headerEdits(this.text, source, value, this.lineBreak);
    append(this.edits, inHeader ?? unblockEdits(this.text, source, value));
  }
}

/** Whether a value is written out in the text, entry by entry. */
function isBelowText(value: Value): value is Branch | List {
  return value.kind !== 'leaf' && !value.alias;
}

/**
 * The style to write in. Ciphertext must be quoted inside brackets: there single quotes stand for "as go-yaml would
 * write it" (docs/format.md#keeping-the-text).
 */
function styleOf({ style, value }: Source, flow: boolean): ScalarStyle {
  if (!flow) return style as ScalarStyle;
  const sealed = typeof value === 'string' && value.startsWith('ENC[');
  return style === 'flow-single' && sealed ? 'plain' : (style.slice('flow-'.length) as ScalarStyle);
}
