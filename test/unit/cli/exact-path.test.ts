/** The paths of the executable, for which Bun's own calls are not exact. */
import * as system from 'node:path';
import { expect, test } from 'vitest';
import { exactPath } from '../../../src/cli/start/exact-path.js';

const path = exactPath as unknown as typeof system;
const NAMES = ['a', 'a\udcff.yaml', '\udc80/../b\ud800', 'é😀\udcfe', '..', ''];

test('are those of Node, with halves of surrogate pairs where they stand', () => {
  for (const one of NAMES) {
    for (const other of NAMES) {
      for (const [own, nodes] of [
        [path, system],
        [path.posix, system.posix],
        [path.win32, system.win32],
      ] as const) {
        expect(own.join('/x', one, other)).toBe(nodes.join('/x', one, other));
        expect(own.resolve(one, other)).toBe(nodes.resolve(one, other));
        expect(own.relative(`/${one}`, `/${other}`)).toBe(nodes.relative(`/${one}`, `/${other}`));
        expect(own.parse(`/${one}/${other}`)).toEqual(nodes.parse(`/${one}/${other}`));
        expect(own.isAbsolute(one)).toBe(nodes.isAbsolute(one));
      }
    }
  }
  expect([path.sep, path.delimiter]).toEqual([system.sep, system.delimiter]);
});
