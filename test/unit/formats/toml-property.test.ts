/** The TOML store with random texts and trees: what is accepted comes back, in whatever way it was changed. */
import { expect, test } from 'vitest';
import { openTomlStore } from '../../../src/formats/toml/toml.js';
import { sameTree } from '../../../src/tree/equality.js';
import { type Branch, branch, item, leaf, list, type Value } from '../../../src/tree/tree.js';
import { encodeText } from '../../../src/util/text/text.js';
import fc, { anyCharacter } from '../../support/fast-check.js';
import { runsOf } from '../../support/sweep.js';
import { METADATA, nodesOf, read, rendered, roundTrip } from './store-support.js';

const store = await openTomlStore();

const key = fc.constantFrom('a', 'b', 'c', '"x y"', "'q.r'", 'a.b', 'a.c', 'b . d', '""', '"é😀"');
const scalar = fc.constantFrom(
  '1',
  '-0x1F'.slice(1),
  '1_0',
  '1.50',
  'inf',
  '-nan',
  '-0.0',
  '1e3',
  'true',
  '""',
  '"x"',
  '"\\u00e9\\n"',
  "'l\\'",
  '"""\na\n  b"""',
  "'''x\n'''",
  '"""a\\\n   b"""',
  '1979-05-27',
  '07:32:00.10',
  '1979-05-27 07:32:00',
  '1979-05-27T00:32:00.999-07:00',
  '"null"',
  '"😀 # no comment"',
);
const value = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc
      .tuple(
        fc.array(tie('value'), { maxLength: 3 }),
        fc.constantFrom(', ', ',\n  # e\n  ', ' , # f\n'),
        fc.constantFrom('', ' ', '\n# g\n'),
      )
      .map(([elements, comma, end]) => `[${elements.join(comma)}${end}]`),
    fc
      .uniqueArray(fc.tuple(fc.constantFrom('a', 'b.c', 'b.d', '"e f"'), tie('value')), {
        maxLength: 3,
        selector: ([name]) => name,
      })
      .map((entries) => `{ ${entries.map(([name, text]) => `${name} = ${text}`).join(', ')} }`),
  ),
})).value;
const behind = fc.constantFrom('', '', ' # c', '#ENC', '\t');
const line = fc.oneof(
  fc.constantFrom('', '  ', '# d', '  #', '#'),
  fc.tuple(fc.constantFrom('', '  '), key, fc.constantFrom('=', ' = '), value, behind).map((parts) => parts.join('')),
  fc
    .tuple(fc.constantFrom('[t]', '[t.u]', '[u.v.w]', '[u]', '[[l]]', '[l.m]', '[[l.n]]', '["x".y]', '[ a ]'), behind)
    .map((parts) => parts.join('')),
);
const text = fc
  .tuple(
    fc.array(line, { maxLength: 8 }),
    fc.constantFrom('\n', '\r\n'),
    fc.constantFrom('', '\n', '\n\n'),
    fc.constantFrom('', '', '\ufeff'),
  )
  .map(([lines, lineEnd, final, mark]) => mark + (lines.join('\n') + final).replaceAll('\n', lineEnd));
const accepted = text.filter((source) => {
  try {
    read(store, source);
    return !source.includes('"null"');
  } catch {
    return false;
  }
});

test('any text that is TOML comes back byte for byte, and its ciphertext reads back', () => {
  fc.assert(
    fc.property(accepted, (source) => {
      const { restored, isSameTree } = roundTrip(store, source);
      expect([restored, isSameTree]).toEqual([source, true]);
    }),
    { numRuns: runsOf(600) },
  );
});

/** A name, whatever it holds, and leaves of every kind. */
const name = fc.oneof(
  fc.constantFrom('a', 'b', 'x y', 'q"', "q'", '', 'é'),
  fc.string({ unit: anyCharacter, maxLength: 4 }),
);
const scalarValue = fc.oneof(
  fc.string({ unit: anyCharacter, maxLength: 8 }),
  fc.constantFrom('"""', "'''", '""""', "a'\n", '\r\n', '\\', '\t', 'a\x00'),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double(),
  fc.boolean(),
);
const tree = fc.letrec<{ branch: Branch; value: Value }>((tie) => ({
  branch: fc
    .uniqueArray(fc.tuple(name, tie('value')), { maxLength: 4, selector: ([one]) => one })
    .map((entries) => branch(entries.map(([one, of]) => item(one, of)))),
  value: fc.oneof(
    { depthSize: 'small' },
    scalarValue.map((one): Value => leaf(one)),
    fc.array(tie('value'), { maxLength: 3 }).map((items): Value => list(items)),
    tie('branch'),
  ),
})).branch;

test('any tree that is printed reads back, sealed or not', () => {
  fc.assert(
    fc.property(tree, fc.boolean(), (document, sealed) => {
      fc.pre(!document.items.some((entry) => entry.kind === 'item' && entry.key === 'sops'));
      const printed = store.parse(encodeText(store.emit([document], sealed ? METADATA : null)));
      expect(printed.metadata !== null).toBe(sealed);
      expect(sameTree(printed.documents, [document])).toBe(true);
    }),
    { numRuns: runsOf(400) },
  );
});

test('any value may be taken out of a text, and the rest stays', () => {
  fc.assert(
    fc.property(accepted, fc.nat(), (source, at) => {
      const file = read(store, source);
      const [document = branch()] = file.documents;
      const items = document.items.filter((entry) => entry.kind === 'item');
      const gone = items[at % Math.max(items.length, 1)];
      if (!gone) return;
      document.items.splice(document.items.indexOf(gone), 1);
      const left = nodesOf(file.documents).flatMap((node) => (node.kind === 'leaf' ? [node.value] : []));
      const again = read(store, rendered(file, null));
      expect(nodesOf(again.documents).flatMap((node) => (node.kind === 'leaf' ? [node.value] : []))).toEqual(left);
    }),
    { numRuns: runsOf(300) },
  );
});
