/** A line of INI with a key, in two objects with numbers instead of one for each part: a large file has hundreds of thousands of them. */

import type { Item, Leaf, LeafValue, Source } from '../../tree/tree.js';
import type { Span } from '../span.js';
import type { IniComment } from './comment.js';
import type { IniKeyName } from './key.js';
import type { IniValue, ValueStyle } from './value.js';

/** What few lines have. */
interface Rare {
  readonly keyJunk: Span | null;
  readonly valueJunk: Span | null;
  readonly commentSpan: Span | null;
  readonly comment: IniComment | null;
  /** The later lines of a repeated key, comments above them included. */
  readonly repeats: readonly Span[];
}

const USUAL: Rare = { keyJunk: null, valueJunk: null, commentSpan: null, comment: null, repeats: [] };

class IniLeaf implements Leaf {
  readonly kind = 'leaf';

  constructor(
    public value: LeafValue,
    private readonly key: IniKey,
  ) {}

  get source(): Source {
    const { value, place } = this.key;
    return { start: place.span.start, end: place.span.end, style: place.style, value };
  }
}

/** A key and its value. */
export class IniKey {
  readonly node: Item;
  private readonly keyStart: number;
  private readonly keyEnd: number;
  private readonly delimiter: number;
  private readonly valueStart: number;
  private readonly valueEnd: number;
  private readonly next: number;
  private readonly style: ValueStyle;
  private readonly rare: Rare;

  /**
   * @param start where its own lines begin
   * @param above where the comment above begins, else the same
   * @param place where and how the value stands (at the first place of a repeated key)
   * @param value what the tree was given: of a repeated key the last value
   * @param comment of a repeated key the last one
   */
  constructor(
    readonly start: number,
    private readonly above: number,
    key: IniKeyName,
    place: Omit<IniValue, 'value'>,
    readonly value: string,
    comment: IniComment | null,
    repeats: readonly Span[] = [],
  ) {
    this.keyStart = key.span.start;
    this.keyEnd = key.span.end;
    this.delimiter = key.delimiter;
    this.valueStart = place.span.start;
    this.valueEnd = place.span.end;
    this.next = place.next;
    this.style = place.style;
    const isUsual = !key.junk && !place.junk && !place.comment && !comment && repeats.length === 0;
    this.rare = isUsual
      ? USUAL
      : { keyJunk: key.junk, valueJunk: place.junk, commentSpan: place.comment, comment, repeats };
    this.node = { kind: 'item', key: key.name, value: new IniLeaf(value, this) };
  }

  /** The same key once more, with another value and comment. */
  repeatedAt(region: Span, value: string, comment: IniComment | null): IniKey {
    const { start, above, key, place, repeats } = this;
    return new IniKey(start, above, key, place, value, comment, [...repeats, region]);
  }

  /** Its lines, those of the comment above included. */
  get region(): Span {
    return { start: this.above, end: this.next };
  }

  get key(): IniKeyName {
    const span = { start: this.keyStart, end: this.keyEnd };
    return { name: this.node.key, span, delimiter: this.delimiter, junk: this.rare.keyJunk };
  }

  get place(): Omit<IniValue, 'value'> {
    const { valueStart: start, valueEnd: end, style, next, rare } = this;
    return { span: { start, end }, style, next, comment: rare.commentSpan, junk: rare.valueJunk };
  }

  get comment(): IniComment | null {
    return this.rare.comment;
  }

  get repeats(): readonly Span[] {
    return this.rare.repeats;
  }
}
