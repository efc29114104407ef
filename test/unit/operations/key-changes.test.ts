/** Comparing the recipients of a file with those it is to have. */
import { describe, expect, test } from 'vitest';
import type { MasterKey } from '../../../src/keys/provider.js';
import {
  compareRecipients,
  isChange,
  thresholdFor,
  withKeys,
  withoutKeys,
} from '../../../src/operations/key-changes.js';

const key = (recipient: string): MasterKey => ({ type: 'age', fields: new Map([['recipient', recipient]]), enc: '' });
const recipients = (groups: string[][], shamirThreshold = 0) => ({
  keyGroups: groups.map((group) => group.map(key)),
  shamirThreshold,
});

describe('no change is', () => {
  test.each([
    ['another order', [['a', 'b']], [['b', 'a']]],
    ['a repetition', [['a']], [['a', 'a']]],
    ['nothing', [['a'], ['b']], [['a'], ['b']]],
  ])('%s', async (_name, before, after) => {
    expect(isChange(await compareRecipients(recipients(before), recipients(after)))).toBe(false);
  });
});

describe('a change', () => {
  test('is shown group by group', async () => {
    const change = await compareRecipients(recipients([['a', 'b'], ['c']], 2), recipients([['b', 'd']], 1));
    expect(change).toEqual({
      groups: [
        { kept: ['b'], added: ['d'], removed: ['a'] },
        { kept: [], added: [], removed: ['c'] },
      ],
      threshold: { before: 2, after: 1 },
      shutOut: ['a', 'c'],
    });
    expect(isChange(change)).toBe(true);
  });

  test.each([
    ['whoever moves to another group', [['a'], ['b']], [['b'], ['a']], []],
    ['an SSH key with another remark', [['ssh-ed25519 AAAA old']], [['ssh-ed25519 AAAA new']], []],
    ['another SSH key', [['ssh-ed25519 AAAA x']], [['ssh-ed25519 AAAB x']], ['ssh-ed25519 AAAA x']],
  ])('shuts out all but %s', async (_name, before, after, shutOut) => {
    const change = await compareRecipients(recipients(before), recipients(after));
    expect(isChange(change)).toBe(true);
    expect(change.shutOut).toEqual(shutOut);
  });

  test('of the threshold alone is one', async () => {
    expect(isChange(await compareRecipients(recipients([['a'], ['b']], 2), recipients([['a'], ['b']], 1)))).toBe(true);
  });
});

describe('the threshold', () => {
  test.each([
    ['is what is asked for', 3, [['a'], ['b']], 2, 2, 3],
    ['stays', 0, [['a'], ['b'], ['c']], 2, 3, 2],
    ['is cut to the number of groups', 0, [['a'], ['b'], ['c']], 3, 2, 2],
    ['is cut to one group, as in SOPS', 0, [['a'], ['b']], 2, 1, 1],
    ['is all groups when there was one', 0, [['a']], 0, 3, 3],
    ['of a lone group says nothing about several', 0, [['a']], 2, 3, 3],
    ['of a lone group stays with it', 0, [['a']], 1, 1, 1],
    ['of none stays none for one group', 0, [['a']], 0, 1, 0],
  ])('%s', (_name, asked, before, threshold, groups, expected) => {
    expect(thresholdFor(asked, recipients(before, threshold), groups)).toBe(expected);
  });
});

test('keys are added to the first group and removed from all', async () => {
  const { keyGroups } = recipients([['a', 'b'], ['a', 'c'], ['a']]);
  const { groups, removed } = await withoutKeys(withKeys(keyGroups, [key('d')]), (name) => name === 'a');
  expect(groups.map((group) => group.map((one) => one.fields.get('recipient')))).toEqual([['b', 'd'], ['c'], []]);
  expect(removed).toEqual(['a', 'a', 'a']);
});
