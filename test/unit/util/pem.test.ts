/** PEM blocks: which are found, and that a text of beginnings takes no longer than any other. */
import { describe, expect, test } from 'vitest';
import { pemBlocks } from '../../../src/util/text/pem.js';

const block = (label: string, body = 'x'): string => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----`;

describe('blocks', () => {
  test.each([
    ['one', block('CERTIFICATE'), ['CERTIFICATE']],
    ['two, with text between', `a\n${block('A')}\nb\n${block('B')}\n`, ['A', 'B']],
    ['none', 'nothing', []],
    ['one without its end', '-----BEGIN A-----\nx', []],
    ['one behind one without its end', `-----BEGIN A-----\n${block('B')}`, ['B']],
    ['one within another counts as its text', block('A', block('B')), ['A']],
    ['the next of a kind that ended', `${block('A')}${block('A')}`, ['A', 'A']],
  ])('%s', (_what, text, labels) => {
    expect([...pemBlocks(text)].map(({ label }) => label)).toEqual(labels);
  });

  test('hold both their lines', () => {
    expect([...pemBlocks(`x${block('A')}y`)][0]?.text).toBe(block('A'));
  });

  test('a megabyte of beginnings takes no time', () => {
    const start = performance.now();
    expect([...pemBlocks('-----BEGIN A-----'.repeat(60_000))]).toEqual([]);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
