/** The memory of IVs: what comes out is what went in, character by character. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { IvMemory } from '../../../src/cipher/iv-memory.js';

const ivs = Array.from({ length: 1000 }, () => randomBytes(32).toString('base64'));

describe('IVs', () => {
  test('come back by place, type and plaintext, however many there are', () => {
    const memory = new IvMemory();
    for (const [at, iv] of ivs.entries()) memory.remember(`k${at}:`, 'str', 'same', { iv });
    expect(ivs.map((_, at) => memory.recall(`k${at}:`, 'str', 'same'))).toEqual(ivs.map((iv) => ({ iv })));
    expect(memory.recall('k1:', 'int', 'same')).toBeUndefined();
    expect(memory.recall('k1:', 'str', 'other')).toBeUndefined();
  });

  test.each([
    ['of other bytes than it is written with', `${'A'.repeat(42)}B=`],
    ['of fewer bytes', `${'A'.repeat(42)}==`],
    ['of more bytes', 'A'.repeat(44)],
  ])('one %s keeps its text, and so do those around it', (_, odd) => {
    const memory = new IvMemory();
    const all = [odd, ...ivs.slice(0, 127), odd, ...ivs.slice(127, 300)];
    for (const [at, iv] of all.entries()) memory.remember(`k${at}:`, 'str', 'v', { iv });
    expect(all.map((_iv, at) => memory.recall(`k${at}:`, 'str', 'v')?.iv)).toEqual(all);
  });

  test('of one plaintext at one place are served in the order they were read, and from the first again', () => {
    const memory = new IvMemory();
    const [one = '', two = '', three = ''] = ivs;
    for (const iv of [one, two, three]) memory.remember('k:', 'str', 'v', { iv });
    const served = [1, 2, 3, 4].map(() => memory.recall('k:', 'str', 'v')?.iv);
    expect(served).toEqual([one, two, three, one]);
  });

  test('are told apart where place and plaintext read the same together, also long ones', () => {
    const memory = new IvMemory();
    const long = 'x'.repeat(5000);
    memory.remember('a:', 'str', `b${long}`, { iv: ivs[0] ?? '' });
    memory.remember('a:b', 'str', long, { iv: ivs[1] ?? '' });
    expect(memory.recall('a:', 'str', `b${long}`)?.iv).toBe(ivs[0]);
    expect(memory.recall('a:b', 'str', long)?.iv).toBe(ivs[1]);
  });
});
