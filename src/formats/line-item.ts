/** An entry that is one object for key and value: a large file of lines has hundreds of thousands of them, and each word of one takes megabytes. */
import { sameLeafValue } from '../tree/equality.js';
import type { Item, Leaf, LeafValue, Source, Value } from '../tree/tree.js';

export abstract class LineItem implements Item {
  /** What the value is by now; undefined while it is as read. */
  private held: LeafValue | Value | undefined = undefined;

  get kind(): 'item' {
    return 'item';
  }

  abstract get key(): string;

  /** The value that stands there. */
  abstract get read(): string;

  /** Where it stands. Set to have another value written in another style; its places do not change. */
  abstract source: Source;

  /** Made when it is asked for, and no copy: to change it is to change the line. */
  get value(): Value {
    const { held } = this;
    return isValue(held) ? held : new LineLeaf(this);
  }

  set value(value: Value) {
    if (value instanceof LineLeaf && value.line === this) return;
    this.held = value;
  }

  get content(): LeafValue {
    const { held } = this;
    return held === undefined || isValue(held) ? this.read : held;
  }

  set content(value: LeafValue) {
    this.held = value;
  }

  /** Whether the value is what stands there. */
  get isAsRead(): boolean {
    const { held } = this;
    if (held === undefined) return true;
    return isValue(held)
      ? held.kind === 'leaf' && sameLeafValue(held.value, this.read)
      : sameLeafValue(held, this.read);
  }
}

/** The value of a line. */
class LineLeaf implements Leaf {
  constructor(readonly line: LineItem) {}

  get kind(): 'leaf' {
    return 'leaf';
  }

  get value(): LeafValue {
    return this.line.content;
  }

  set value(value: LeafValue) {
    this.line.content = value;
  }

  get source(): Source {
    return this.line.source;
  }

  set source(source: Source) {
    this.line.source = source;
  }
}

function isValue(held: LeafValue | Value | undefined): held is Value {
  return typeof held === 'object' && held !== null && held.kind !== 'timestamp';
}
