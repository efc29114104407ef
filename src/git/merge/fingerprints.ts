/** Numbers that two values share exactly when they hold the same: each value is looked at once, however often it is compared. */
import {
  type Branch,
  type Comment,
  type Item,
  isTimestamp,
  type LeafValue,
  type List,
  type Value,
} from '../../tree/tree.js';
import { type Steps, settle } from '../../util/flat-recursion.js';

/** What of a value counts. `all`: comments, too; `data`: keys, values and their order; `loose`: the order of keys does not either. */
export type Regard = 'all' | 'data' | 'loose';

export class Fingerprints {
  private readonly numbers = new Map<string, number>();
  private readonly known: Readonly<Record<Regard, WeakMap<Value, number>>> = {
    all: new WeakMap(),
    data: new WeakMap(),
    loose: new WeakMap(),
  };

  /** The number of a value; 0 for none. */
  of(value: Value | undefined, regard: Regard): number {
    if (!value) return 0;
    return this.known[regard].get(value) ?? settle(this.number(value, regard));
  }

  /** The number of several values in a row. */
  ofRow(values: readonly Value[], regard: Regard): number {
    return this.numberOf(`r${values.map((value) => this.of(value, regard)).join()}`);
  }

  private *number(value: Value, regard: Regard): Steps<number> {
    const known = this.known[regard].get(value);
    if (known !== undefined) return known;
    const parts: string[] = [];
    if (value.kind !== 'leaf') {
      for (const entry of value.items as readonly (Item | Value | Comment)[]) {
        if (entry.kind === 'comment') {
          if (regard === 'all') parts.push(`#${this.numberOf(`#${entry.text}`)}`);
          continue;
        }
        const of = entry.kind === 'item' ? entry.value : entry;
        const number: number = of.kind === 'leaf' ? this.leaf(of.value) : yield this.number(of, regard);
        parts.push(entry.kind === 'item' ? `${this.numberOf(`k${entry.key}`)}:${number}` : String(number));
      }
    }
    const made = value.kind === 'leaf' ? this.leaf(value.value) : this.container(value, parts, regard);
    this.known[regard].set(value, made);
    return made;
  }

  private container({ kind }: Branch | List, parts: string[], regard: Regard): number {
    if (regard === 'loose' && kind === 'branch') parts.sort();
    return this.numberOf(`${kind}${parts.join()}`);
  }

  private leaf(value: LeafValue): number {
    if (value !== null && isTimestamp(value)) return this.numberOf(`t${value.nanoseconds},${value.offset}`);
    if (typeof value === 'number') return this.numberOf(`number${Object.is(value, -0) ? '-0' : value}`);
    return this.numberOf(`${typeof value}${value}`);
  }

  private numberOf(text: string): number {
    const known = this.numbers.get(text);
    if (known !== undefined) return known;
    const made = this.numbers.size + 1;
    this.numbers.set(text, made);
    return made;
  }
}
