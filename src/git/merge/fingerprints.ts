/** Numbers that two values share exactly when they hold the same: each value is looked at once, however often it is compared. */
import { folded } from '../../tree/fold.js';
import { type Branch, isTimestamp, itemOf, type LeafValue, type List, type Value } from '../../tree/tree.js';

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
    return folded(value, {
      leaf: (of) => this.leaf(of.value),
      container: (of, numbers) => this.container(of, numbers, regard),
      known: (of) => this.known[regard].get(of),
    });
  }

  /** The number of what a map has under a key; 0 for none. */
  named(value: Value | undefined, key: string): number {
    return value?.kind === 'branch' ? this.of(itemOf(value, key)?.value, 'data') : 0;
  }

  /** The number of several values in a row. */
  ofRow(values: readonly Value[], regard: Regard): number {
    return this.numberOf(`r${values.map((value) => this.of(value, regard)).join()}`);
  }

  private container(of: Branch | List, numbers: readonly number[], regard: Regard): number {
    const parts: string[] = [];
    let at = 0;
    for (const entry of of.items) {
      if (entry.kind !== 'comment') {
        const number = String(numbers[at++]);
        parts.push(entry.kind === 'item' ? `${this.numberOf(`k${entry.key}`)}:${number}` : number);
      } else if (regard === 'all') parts.push(`#${this.numberOf(`#${entry.text}`)}`);
    }
    if (regard === 'loose' && of.kind === 'branch') parts.sort();
    const made = this.numberOf(`${of.kind}${parts.join()}`);
    this.known[regard].set(of, made);
    return made;
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
