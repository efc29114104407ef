import { describe, expect, test } from 'vitest';
import { mergeTrees } from '../../../src/git/merge/tree-merge.js';
import { leaves } from '../../../src/tree/leaves.js';
import { type Branch, branch, item, leaf, list } from '../../../src/tree/tree.js';
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

test('a merge is gone through once, and again where a move draws more into its conflicts', () => {
  const both = (text: string, items: string) => [
    branch([item('both', leaf(text)), item('list', list([...items].map((one) => leaf(`item-${one}`))))]),
  ];
  const roundsOf = (ours: string, theirs: string): number => {
    let rounds = 0;
    const leafMerge = () => {
      rounds++;
      return undefined;
    };
    const sides = { base: both('base', 'abcde'), ours: both('ours', ours), theirs: both('theirs', theirs) };
    mergeTrees(sides, () => 'ours', { leafMerge });
    return rounds;
  };
  expect(roundsOf('xabcde', 'abcdey')).toBe(1);
  expect(roundsOf('eabcd', 'abecd')).toBe(2);
});

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

type Move = readonly [...Change, into: number];

/** Two lists and two maps, as the texts in them; in a map each text has a key that moves along, or is given another. */
type Places = readonly (readonly (readonly [key: string, text: string])[])[];

const moveOf = fc.tuple(change, fc.nat(3)).map(([one, into]): Move => [...one, into]);

/** Changes as above, of which moves are into any of the lists and maps. */
function changedPlaces(base: Places, changes: readonly Move[], side: string): Places {
  const places = base.map((entries) => [...entries]);
  for (const [number, [how, at, to, into]] of changes.entries()) {
    const from = places[at % places.length] ?? [];
    const entry = from[to % Math.max(from.length, 1)];
    const fresh: readonly [string, string] = [`${side}${number}`, `new-of-${side}-${number}`];
    if (how === 'add') places[into]?.splice(to % 3, 0, fresh);
    else if (entry) {
      const isKept = how === 'change' && at % 2 === 0;
      from.splice(
        from.indexOf(entry),
        1,
        ...(how === 'change' ? [[isKept ? entry[0] : fresh[0], fresh[1]] as const] : []),
      );
      if (how === 'move') places[into]?.splice(to % 3, 0, at % 3 === 0 ? [`k${number}-${side}`, entry[1]] : entry);
    }
  }
  return places;
}

const treeOf = ([one = [], two = [], three = [], four = []]: Places): Branch[] => [
  branch([
    item('one', list(one.map(([, text]) => leaf(text)))),
    item('two', list(two.map(([, text]) => leaf(text)))),
    item('three', branch(three.map(([key, text]) => item(key, leaf(text))))),
    item('four', branch(four.map(([key, text]) => item(key, leaf(text))))),
  ]),
];

function textsIn(documents: readonly Branch[]): string[] {
  const texts: string[] = [];
  for (const { node } of leaves(documents)) texts.push(String(node.value));
  return texts;
}

function mergedPlaces(sides: Readonly<Record<'base' | 'ours' | 'theirs', Branch[]>>, side: 'ours' | 'theirs') {
  const { documents, conflicts, notes } = mergeTrees(sides, () => side);
  return { texts: textsIn(documents), paths: conflicts.map(({ path }) => path.join('.')), notes: [...notes] };
}

describe('values that move from one map or list into another', () => {
  test('whichever side is taken, what stands once on all sides stands once, and what that side added is there', () => {
    fc.assert(
      fc.property(fc.array(moveOf, { maxLength: 4 }), fc.array(moveOf, { maxLength: 4 }), (one, two) => {
        const base: Places = [0, 1, 2, 3].map((place) =>
          [0, 1, 2].map((at) => [`key${place}${at}`, `base-value-${place}${at}`] as const),
        );
        const changed = { ours: changedPlaces(base, one, 'ours'), theirs: changedPlaces(base, two, 'theirs') };
        const sides = { base: treeOf(base), ours: treeOf(changed.ours), theirs: treeOf(changed.theirs) };
        const [own, other] = [textsIn(sides.ours), textsIn(sides.theirs)];
        for (const side of ['ours', 'theirs'] as const) {
          const { texts, notes } = mergedPlaces(sides, side);
          if (!notes.includes('moved-twice')) expect(new Set(texts).size, 'nothing twice').toBe(texts.length);
          const kept = textsIn(sides.base).filter((text) => own.includes(text) && other.includes(text));
          const added = (side === 'ours' ? own : other).filter((text) => text.startsWith('new'));
          expect(texts).toEqual(expect.arrayContaining([...kept, ...added]));
        }
      }),
      { numRuns: runsOf(2000) },
    );
  });

  const tree = (parts: Readonly<Record<string, Readonly<Record<string, string | bigint | boolean>>>>) => [
    branch(
      Object.entries(parts).map(([name, entries]) =>
        item(name, branch(Object.entries(entries).map(([key, value]) => item(key, leaf(value))))),
      ),
    ),
  ];
  const base = { db: { password: 'hunter2', host: 'h' }, app: { token: 'old-token' } };

  test.each([
    [
      'out of a conflict',
      { db: { host: 'h' }, app: { token: 'old-token', password: 'hunter2' } },
      { db: { password: 'changed', host: 'h' }, app: base.app },
      ['db.password', 'app.password'],
    ],
    [
      'into a conflict',
      { db: { host: 'h' }, app: { token: 'hunter2' } },
      { db: base.db, app: { token: 'other-token' } },
      [],
    ],
    [
      'under another key',
      { db: { host: 'h' }, app: { token: 'old-token', secret: 'hunter2' } },
      { db: { password: 'changed', host: 'h' }, app: base.app },
      [],
    ],
    [
      'with its map',
      { app: base.app, data: base.db },
      { ...base, db: { password: 'changed', host: 'h' } },
      ['db', 'data'],
    ],
  ])('%s', (what, one, two, paths) => {
    expect(what).toBeTruthy();
    const sides = { base: tree(base), ours: tree(one as never), theirs: tree(two as never) };
    for (const side of ['ours', 'theirs'] as const) {
      expect(mergedPlaces(sides, side).texts.sort(), side).toEqual(textsIn(sides[side]).sort());
    }
    if (paths.length > 0) expect(mergedPlaces(sides, 'ours').paths.sort()).toEqual(paths.sort());
  });
});
