/** A line of INI with a key, in one object with places instead of copies of what stands there. */

import type { Source } from '../../tree/tree.js';
import { LineItem } from '../line-item.js';
import type { Span } from '../span.js';
import type { IniComment } from './comment.js';
import type { IniKeyName } from './key.js';
import { type IniValue, innerSpan, type ValueStyle } from './value.js';
import { lineEnd, trimSpan } from './white-space.js';

/** What lines have in common: one object for all usual ones of a style, one for each that has more to it. */
interface Shape {
  /** That of the whole file. */
  readonly text: string;
  readonly style: ValueStyle;
  /** The style in which another value is to be written. */
  readonly nextStyle: ValueStyle;
  readonly rare: Rare | null;
}

/** What few lines have. */
interface Rare {
  /** Where the comment above begins, else the line itself. */
  readonly above: number;
  readonly key: IniKeyName;
  /** What the tree was given: of a repeated key the last value. */
  readonly value: string;
  readonly next: number;
  readonly valueJunk: Span | null;
  readonly commentSpan: Span | null;
  /** Of a repeated key the last one. */
  readonly comment: IniComment | null;
  /** The later lines of a repeated key, comments above them included. */
  readonly repeats: Span[];
}

/** A line as it was read. */
export interface ReadLine {
  /** Where its own lines begin. */
  readonly start: number;
  /** Where the comment above begins, else the same. */
  readonly above: number;
  readonly key: IniKeyName;
  readonly place: IniValue;
  readonly comment: IniComment | null;
}

/** Makes the lines of one text. */
export class IniLines {
  private readonly usual: Partial<Record<ValueStyle, Shape>> = {};

  constructor(private readonly text: string) {}

  lineOf({ start, above, key, place, comment }: ReadLine): IniLine {
    const { span, style, value, next, junk, comment: commentSpan } = place;
    const { text } = this;
    const hasMore =
      above !== start ||
      comment ||
      key.junk ||
      key.name.length !== key.span.end - key.span.start ||
      junk ||
      commentSpan;
    const inner = innerSpan(place);
    // Continued lines are put together, and may end below their value.
    const isUsual = !hasMore && inner.end - inner.start === value.length && lineEnd(text, span.end) === next;
    const rare = { above, key, value, next, valueJunk: junk, commentSpan, comment, repeats: [] };
    const shape = isUsual ? this.usualOf(style) : { text, style, nextStyle: style, rare };
    return new IniLine(shape, start, key.delimiter, span);
  }

  private usualOf(style: ValueStyle): Shape {
    const { text, usual } = this;
    usual[style] ??= { text, style, nextStyle: style, rare: null };
    return usual[style];
  }
}

/** A key and its value. */
export class IniLine extends LineItem {
  private readonly valueStart: number;
  private readonly valueEnd: number;

  /**
   * @param start where its own lines begin
   * @param delimiter offset of the `=` or `:`
   * @param value where the value stands (at the first place of a repeated key)
   */
  constructor(
    private shape: Shape,
    readonly start: number,
    private readonly delimiter: number,
    value: Span,
  ) {
    super();
    this.valueStart = value.start;
    this.valueEnd = value.end;
  }

  get key(): string {
    const { shape, start, delimiter } = this;
    if (shape.rare) return shape.rare.key.name;
    const name = trimSpan(shape.text, start, delimiter);
    return shape.text.slice(name.start, name.end);
  }

  get read(): string {
    const { text, style, rare } = this.shape;
    if (rare) return rare.value;
    const { start, end } = innerSpan({ span: this.valueSpan, style });
    return text.slice(start, end);
  }

  get source(): Source {
    const { valueStart: start, valueEnd: end, read: value } = this;
    return { start, end, style: this.shape.nextStyle, value };
  }

  set source({ style }: Source) {
    this.shape = { ...this.shape, nextStyle: style as ValueStyle };
  }

  /** The same key once more, with another value and comment. */
  repeatedAt(region: Span, value: string, comment: IniComment | null): IniLine {
    const { shape, start, delimiter, valueSpan, region: own, name, place } = this;
    const known = { above: own.start, key: name, next: own.end, valueJunk: place.junk, commentSpan: place.comment };
    // The line that it takes the place of goes, so its list can grow: copied each time, many lines would take the square of their number.
    const repeats = shape.rare?.repeats ?? [];
    repeats.push(region);
    const rare = { ...known, value, comment, repeats };
    return new IniLine({ ...shape, rare }, start, delimiter, valueSpan);
  }

  /** Its lines, those of the comment above included. */
  get region(): Span {
    return { start: this.shape.rare?.above ?? this.start, end: this.next };
  }

  /** Offset of the first line after it. */
  get next(): number {
    const { rare, text } = this.shape;
    return rare ? rare.next : lineEnd(text, this.valueEnd);
  }

  get name(): IniKeyName {
    const { shape, start, delimiter } = this;
    if (shape.rare) return shape.rare.key;
    const span = trimSpan(shape.text, start, delimiter);
    return { name: shape.text.slice(span.start, span.end), span, delimiter, junk: null };
  }

  get valueSpan(): Span {
    return { start: this.valueStart, end: this.valueEnd };
  }

  get place(): Omit<IniValue, 'value'> {
    const { shape, valueSpan: span, next } = this;
    const { style, rare } = shape;
    return { span, style, next, comment: rare?.commentSpan ?? null, junk: rare?.valueJunk ?? null };
  }

  /** Text that SOPS ignores. */
  get junk(): readonly Span[] {
    const { rare } = this.shape;
    return rare ? [rare.key.junk, rare.valueJunk].filter((span) => span !== null) : NONE;
  }

  get comment(): IniComment | null {
    return this.shape.rare?.comment ?? null;
  }

  get repeats(): readonly Span[] {
    return this.shape.rare?.repeats ?? NONE;
  }
}

const NONE: readonly Span[] = [];
