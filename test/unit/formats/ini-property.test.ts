/** The INI store with random texts: what is accepted comes back, in whatever way it was changed. */

import { expect, test } from 'vitest';
import { iniStore } from '../../../src/formats/ini/ini.js';
import { sameTree } from '../../../src/tree/equality.js';
import { type Branch, branch, item, leaf } from '../../../src/tree/tree.js';
import fc from '../../support/fast-check.js';
import { runsOf } from '../../support/sweep.js';
import { METADATA, nodesOf, read, rendered, roundTrip } from './store-support.js';

const word = fc.constantFrom('a', 'b', 'key', 'x y', 'é', '😀');
const piece = fc.constantFrom(
  'a',
  ' ',
  '"',
  "'",
  '`',
  '"""',
  '\\',
  '#',
  ';',
  '=',
  ':',
  '\t',
  '[',
  ']',
  '\u00a0',
  '\ufeff',
  '\udcff',
);
const value = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join(''));
const line = fc.oneof(
  fc.constantFrom('', '  '),
  fc.tuple(fc.constantFrom('; ', '#', ' ;;', '# ;'), value).map((parts) => parts.join('')),
  fc
    .tuple(fc.constantFrom('[s]', '[t] ', ' [a]b]', '[s] junk'), fc.constantFrom('', ' ; c', '#d'))
    .map((parts) => parts.join('')),
  fc.tuple(word, fc.constantFrom('=', ' = ', ': '), value).map((parts) => parts.join('')),
  fc.tuple(fc.constantFrom('`k`', '"k"', '"""k""" junk'), value).map(([key, text]) => `${key} = ${text}`),
  fc
    .tuple(word, fc.constantFrom('`', '"""'), value, fc.constantFrom('', ' ; c', ' junk ; c'))
    .map(([key, quote, text, rest]) => `${key} = ${quote}x\n${text.replaceAll(quote, '')}\ny${quote}${rest}`),
);
const text = fc
  .tuple(fc.array(line, { maxLength: 9 }), fc.constantFrom('\n', '\r\n'), fc.constantFrom('', '\n', '\n\n'))
  .map(([lines, lineEnd, final]) => lines.join(lineEnd) + final);
const accepted = text.filter((source) => {
  try {
    read(iniStore, source);
    return true;
  } catch {
    return false;
  }
});

test('any text that is INI comes back byte for byte, and its ciphertext reads back', () => {
  fc.assert(
    fc.property(accepted, (source) => {
      const { restored, isSameTree } = roundTrip(iniStore, source);
      expect([restored, isSameTree]).toEqual([source, true]);
    }),
    { numRuns: runsOf(500) },
  );
});

test('what is printed reads back', () => {
  fc.assert(
    fc.property(accepted, (source) => {
      const { documents } = read(iniStore, source);
      let printed: string;
      try {
        printed = iniStore.emit(documents, METADATA);
      } catch {
        return;
      }
      const again = read(iniStore, printed);
      expect(nodesOf(again.documents).filter(({ kind }) => kind === 'leaf')).toMatchObject(
        nodesOf(documents).flatMap((node) => (node.kind === 'leaf' ? [{ value: node.value }] : [])),
      );
    }),
  );
});

test('a random change of keys and sections reads back', () => {
  fc.assert(
    fc.property(accepted, fc.array(fc.tuple(fc.nat(), fc.nat(), fc.boolean()), { maxLength: 3 }), (source, changes) => {
      const file = read(iniStore, source);
      for (const [at, place, adds] of changes) {
        const found = file.documents[0]?.items[at % (file.documents[0].items.length || 1)];
        if (found?.kind !== 'item' || found.value.kind !== 'branch') continue;
        const keys = found.value.items.flatMap((entry, index) => (entry.kind === 'item' ? [index] : []));
        // Each key once, as in any section that was read.
        if (adds) found.value.items.push(item(`new${found.value.items.length}-${place}`, leaf('v')));
        else if (keys.length > 0) removeKey(found.value, keys[place % keys.length] ?? 0);
      }
      const again = read(iniStore, rendered(file, METADATA));
      expect(sameTree(withoutComments(again.documents), withoutComments(file.documents))).toBe(true);
    }),
  );
});

function removeKey({ items }: Branch, index: number): void {
  items.splice(index, items[index + 1]?.kind === 'comment' ? 2 : 1);
}

function withoutComments(documents: readonly Branch[]): Branch[] {
  return documents.map(({ items }) =>
    branch(
      items.map((entry) =>
        entry.kind === 'item' && entry.value.kind === 'branch'
          ? item(entry.key, branch(entry.value.items.filter(({ kind }) => kind === 'item')))
          : entry,
      ),
    ),
  );
}
