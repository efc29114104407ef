import { describe, expect, test } from 'vitest';
import { mergeTrees } from '../../../src/git/merge/tree-merge.js';
import { branch, item, leaf, list } from '../../../src/tree/tree.js';
import fc from '../../support/fast-check.js';
import { runsOf } from '../../support/sweep.js';

type Change = readonly ['move' | 'change' | 'remove' | 'add', at: number, to: number];

const change: fc.Arbitrary<Change> = fc.tuple(
  fc.constantFrom('move', 'move', 'change', 'remove', 'add'),
  fc.nat(9),
  fc.nat(9),
);

/** A list after changes; what is new in it is called after the side. */
function changed(base: readonly string[], changes: readonly Change[], side: string): string[] {
  const items = [...base];
  for (const [number, [how, at, to]] of changes.entries()) {
    const from = at % Math.max(items.length, 1);
    const fresh = `${side}${number}`;
    if (how === 'add') items.splice(to % (items.length + 1), 0, fresh);
    else if (how === 'change') items.splice(from, 1, fresh);
    else {
      const taken = items.splice(from, 1);
      if (how === 'move') items.splice(to % (items.length + 1), 0, ...taken);
    }
  }
  return items;
}

const tree = (items: readonly string[]) => [branch([item('l', list(items.map((text) => leaf(text))))])];

function merged(of: Readonly<Record<'base' | 'ours' | 'theirs', readonly string[]>>, side: 'ours' | 'theirs') {
  const { documents, conflicts } = mergeTrees(
    { base: tree(of.base), ours: tree(of.ours), theirs: tree(of.theirs) },
    () => side,
  );
  const texts: unknown[] = [];
  for (const entry of documents[0]?.items ?? []) {
    if (entry.kind !== 'item' || entry.value.kind !== 'list') continue;
    for (const one of entry.value.items) if (one.kind === 'leaf') texts.push(one.value);
  }
  return { texts, isClean: conflicts.length === 0 };
}

describe('items of lists that move', () => {
  test('whichever side is taken, what stands once on all sides stands once, and what that side added is there', () => {
    fc.assert(
      fc.property(
        fc.nat(8),
        fc.array(change, { maxLength: 4 }),
        fc.array(change, { maxLength: 4 }),
        (size, one, two) => {
          const base = Array.from({ length: size }, (_, at) => `b${at}`);
          const sides = { base, ours: changed(base, one, 'ours'), theirs: changed(base, two, 'theirs') };
          for (const side of ['ours', 'theirs'] as const) {
            const { texts, isClean } = merged(sides, side);
            expect(new Set(texts).size, 'nothing twice').toBe(texts.length);
            const isEverywhere = (text: string) => sides.ours.includes(text) && sides.theirs.includes(text);
            const added = [...sides.ours, ...sides.theirs].filter(
              (text) => !text.startsWith('b') && (isClean || text.startsWith(side)),
            );
            expect(texts).toEqual(expect.arrayContaining([...base.filter(isEverywhere), ...added]));
          }
        },
      ),
      { numRuns: runsOf(2000) },
    );
  });

  test('where both moved one item, each to another place, the place is a conflict', () => {
    const sides = { base: [...'abcde'], ours: [...'eabcd'], theirs: [...'abecd'] };
    expect(merged(sides, 'ours')).toEqual({ texts: sides.ours, isClean: false });
    expect(merged(sides, 'theirs')).toEqual({ texts: sides.theirs, isClean: false });
  });
});
