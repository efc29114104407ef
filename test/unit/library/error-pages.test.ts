/** Every code of an error has its section on the page, and the page tells of no other; the exit status is the command line's. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { EXIT_STATUS, SopsError } from '../../../src/errors.js';
import { ROOT } from '../../support/program.js';

const PAGE = 'docs/errors.md';
const page = readFileSync(`${ROOT}${PAGE}`, 'utf8');

describe('docs/errors.md', () => {
  const sections = [...page.matchAll(/^## ([a-z-]+)\n\n\*Exit status (\d+)\.\*/gm)].map(([, code, status]) => [
    code,
    Number(status),
  ]);

  test('has each code once, with its exit status', () => {
    expect(sections.toSorted()).toEqual(Object.entries(EXIT_STATUS).toSorted());
  });

  test('has each in its table', () => {
    const linked = [...page.matchAll(/\[([a-z-]+)\]\(#([a-z-]+)\)/g)].map(([, shown, place]) => [shown, place]);
    expect(linked.every(([shown, place]) => shown === place)).toBe(true);
    expect(linked.map(([shown]) => shown).toSorted()).toEqual(Object.keys(EXIT_STATUS).toSorted());
  });

  test('is where errors say that they are explained', () => {
    expect(new SopsError('mac-mismatch', 'x').docs).toBe(`${PAGE}#mac-mismatch`);
  });
});
