/** TOML texts brought to what another text of the same document says: what both have stays where it was. */
import { describe, expect, test } from 'vitest';
import { applyEdits, type SourceFile } from '../../../src/formats/store.js';
import { openTomlStore } from '../../../src/formats/toml/toml.js';
import { agrees } from '../../../src/git/merge/agreement.js';
import { reshape } from '../../../src/git/merge/reshape.js';
import fc from '../../support/fast-check.js';
import { runsOf } from '../../support/sweep.js';
import { read } from './store-support.js';

const store = await openTomlStore();

/** A text with what another one has, as splicing makes it. */
function spliced(from: string, wanted: SourceFile): string {
  const file = read(store, from);
  reshape(file.documents, wanted.documents);
  return applyEdits(file.text, file.edits(null));
}

const brought = (from: string, to: string): string => spliced(from, read(store, to));

describe('what a TOML text gets', () => {
  test.each([
    [
      'entries stand among the others, with their comments',
      '# top\na = 1\n\n# of z\nz = 26 # last\n\n[t]\n  x = 1\n',
      '# top\na = 1\n# of b\nb = 2 # behind\n# of z\nz = 26 # last\n[t]\n# first\nw = 0\nx = 1\n# end\n',
      '# top\na = 1\n# of b\nb = 2 # behind\n\n# of z\nz = 26 # last\n\n[t]\n  # first\n  w = 0\n  x = 1\n  # end\n',
    ],
    [
      'comments come to what stands there',
      'a = 1\n[t]\nx = 1\n[[l]]\ny = 2\n',
      '# of a\na = 1 # behind\n# of t\n[t] # header\n# of x\nx = 1\n[[l]]\ny = 2 # of y\n',
      '# of a\na = 1 # behind\n# of t\n[t] # header\n# of x\nx = 1\n[[l]]\ny = 2 # of y\n',
    ],
    [
      'tables stand where they belong, behind what the table before them gets',
      '[a]\nx = 1\n\n[a.b]\ny = 2\n\n# of z\n[z]\nz = 3\n',
      '[a]\nx = 1\n[a.b]\ny = 2\nnew = 3\n[a.c]\nw = 1\n# of m\n[m]\nn = 1\n# of z\n[z]\nz = 3\n',
      '[a]\nx = 1\n\n[a.b]\ny = 2\nnew = 3\n\n[a.c]\nw = 1\n\n# of m\n[m]\nn = 1\n\n# of z\n[z]\nz = 3\n',
    ],
    [
      'tables of a list stand between the others',
      '[[l]]\nx = 1\n\n[[l]]\nx = 3\n',
      '[[l]]\nx = 0\n[[l]]\nx = 1\n[[l]]\nx = 2\n[[l]]\nx = 3\n',
      '[[l]]\nx = 0\n\n[[l]]\nx = 1\n\n[[l]]\nx = 2\n\n[[l]]\nx = 3\n',
    ],
    [
      'entries of a table without a header get one',
      '[a.b]\nx = 1\n',
      '[a]\nk = 1\nl = 2\n[a.b]\nx = 1\n',
      '[a]\nk = 1\nl = 2\n\n[a.b]\nx = 1\n',
    ],
    [
      'keys with dots stay together',
      'a.x = 1\nb = 2\n',
      'a.x = 1\na.y.z = 3\nb = 2\n',
      'a.x = 1\na.y = { z = 3 }\nb = 2\n',
    ],
    [
      'tables of a list in another order keep their comments',
      '[[l]]\nx = 1 # one\n[[l]]\n# of two\nx = 2\ny = 1\n[b]\n',
      '[[l]]\n# of two\nx = 2\ny = 1\n[[l]]\nx = 1 # one\n[b]\n',
      '[[l]]\n# of two\nx = 2\ny = 1\n\n[[l]]\nx = 1 # one\n[b]\n',
    ],
    [
      'comments in arrays',
      'a = [1, 2]\nb = 1\n',
      'a = [\n  # one\n  1, 2]\nb = 1\n',
      'a = [\n    # one\n    1,\n    2,\n]\nb = 1\n',
    ],
  ])('%s', (_, from, to, wanted) => {
    expect(brought(from, to)).toBe(wanted);
    const crlf = (text: string): string => text.replaceAll('\n', '\r\n');
    expect(brought(crlf(from), crlf(to))).toBe(crlf(wanted));
  });
});

const entry = fc
  .record({
    key: fc.constantFrom('a', 'b', 'c', 'd', 'e.x', 'e.y', 'f.g.h', '"q k"'),
    value: fc.constantFrom(
      '1',
      '"s"',
      "'l'",
      '[1, 2]',
      '[\n  1, # e\n]',
      '{ x = 1 }',
      '"""\nm\n"""',
      '[{ a = 1 }]',
      '1.0',
    ),
    above: fc.constantFrom('', '', '\n', '# c\n', '\n# d\n'),
    behind: fc.constantFrom('', '', ' # i'),
  })
  .map(({ key, value, above, behind }) => ({ key, text: `${above}${key} = ${value}${behind}\n` }));
const table = fc.record({
  head: fc
    .constantFrom('[t]', '[t.u]', '[t.u.w]', '[s]', '[s.v]', '[[l]]', '[[l]]', '[l.m]', '[[k.n]]')
    .chain((head) =>
      fc
        .tuple(fc.constantFrom('', '\n', '\n# h\n'), fc.constantFrom('', ' # j'))
        .map(([above, behind]) => ({ head, text: `${above}${head}${behind}\n` })),
    ),
  entries: fc.uniqueArray(entry, { maxLength: 5, selector: ({ key }) => key }),
});
type Table = typeof table extends fc.Arbitrary<infer T> ? T : never;
const written = ([first, ...tables]: readonly Table[]): string =>
  [first ? first.entries : [], ...tables.map(({ head, entries }) => [head, ...entries])]
    .flat()
    .map(({ text }) => text)
    .join('');
/** Two documents that have parts in common. */
const pair = fc
  .record({
    tables: fc.array(table, { minLength: 2, maxLength: 6 }),
    others: fc.array(table, { maxLength: 2 }),
    dice: fc.array(fc.nat(9), { minLength: 60, maxLength: 60 }),
  })
  .map(({ tables, others, dice }) => {
    let at = 0;
    const roll = (): number => dice[at++ % dice.length] ?? 0;
    const kept = tables.filter(() => roll() > 0);
    const left = kept.map((one) => ({ ...one, entries: one.entries.filter(() => roll() > 0) }));
    for (const one of others) left.splice(roll() % (left.length + 1), 0, { ...one, entries: [...one.entries] });
    for (const one of others) left[0]?.entries.splice(roll() % 3, 0, ...one.entries.slice(0, 1));
    return [written(tables), written(left)] as const;
  })
  .filter((texts) => texts.every((text) => readable(text)));

function readable(text: string): boolean {
  try {
    return read(store, text) !== undefined;
  } catch {
    return false;
  }
}

test('whatever a TOML text is to hold can be spliced into it, comments included', () => {
  fc.assert(
    fc.property(pair, ([from, to]) => {
      const wanted = read(store, to);
      const text = spliced(from, wanted);
      expect([text, agrees(read(store, text).documents, wanted.documents, 'loose')]).toEqual([text, true]);
    }),
    { numRuns: runsOf(1000) },
  );
});
