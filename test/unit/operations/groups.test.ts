/** `groups add` and `groups delete`: nothing that cannot be opened is written. */
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { keysOf, RECIPIENTS, Yard } from '../../support/lifecycle.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(4);

const [FIRST, SECOND, THIRD] = RECIPIENTS as [string, string, string];
const TEXT = 'a: 1.10 # one\nb: [x]\n';

let yard: Yard;
beforeEach(async () => {
  yard = new Yard();
  await yard.encrypt('f.yaml', TEXT, [0]);
});
afterEach(() => yard.remove());

async function add(...words: string[]): Promise<number> {
  return (await yard.run(['groups', 'add', '-i', '-f', 'f.yaml', ...words])).status;
}

describe('groups add', () => {
  test('splits the data key anew; all groups are needed unless told otherwise', async () => {
    const before = yard.read('f.yaml');
    expect(await add('--age', SECOND)).toBe(0);
    expect(await add('--age', THIRD)).toBe(0);
    const { groups, metadata } = await keysOf(yard.read('f.yaml'));
    expect(groups).toEqual([[FIRST], [SECOND], [THIRD]]);
    // The second group made both needed; the third leaves that as it is, as in SOPS.
    expect(metadata.shamirThreshold).toBe(2);
    expect(metadata.mac).toBe((await keysOf(before)).metadata.mac);
    expect(await yard.run(['decrypt', 'f.yaml'], { keys: [0] })).toMatchObject({ status: 128 });
    expect((await yard.run(['decrypt', 'f.yaml'], { keys: [0, 2] })).stdout.toString()).toBe(TEXT);
  });

  test('prints without -i, and takes keys several times, with commas, and before the command', async () => {
    const before = yard.read('f.yaml');
    const ran = await yard.run([
      '--age',
      FIRST,
      'groups',
      'add',
      '-f',
      'f.yaml',
      '--age',
      SECOND,
      '--age',
      `${THIRD},${FIRST}`,
    ]);
    expect(yard.read('f.yaml')).toBe(before);
    expect((await keysOf(ran.stdout.toString())).groups).toEqual([[FIRST], [SECOND, THIRD, FIRST]]);
  });

  test.each([
    [1, 'no recipient', []],
    [1, 'a bad recipient', ['--age', 'nope']],
    [1, 'a bad recipient among good ones', ['--age', SECOND, '--age', 'age1nope']],
    [1, 'a bad fingerprint', ['--pgp', 'nobody@example.test']],
    [1, 'a threshold of 1', ['--shamir-secret-sharing-threshold', '1', '--age', SECOND]],
    [1, 'a threshold above the number of groups', ['--shamir-secret-sharing-threshold', '3', '--age', SECOND]],
    [6, 'a malformed context', ['--encryption-context', 'a', '--age', SECOND]],
    [1, 'an operand', ['--age', SECOND, 'more']],
  ])('ends with %i for %s, and writes nothing', async (status, _name, words) => {
    const before = yard.read('f.yaml');
    expect(await add(...words)).toBe(status);
    expect(yard.read('f.yaml')).toBe(before);
  });
});

describe('groups delete', () => {
  beforeEach(async () => {
    await add('--age', SECOND);
    await add('--age', THIRD);
  });

  test('removes a group and wraps for the rest', async () => {
    const ran = await yard.run(['groups', 'delete', '-f', 'f.yaml', '-i', '1']);
    expect(ran).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('sops-ts rotate -i f.yaml makes a new one'),
    });
    expect((await keysOf(yard.read('f.yaml'))).groups).toEqual([[FIRST], [THIRD]]);
    expect((await yard.run(['decrypt', 'f.yaml'], { keys: [0, 2] })).stdout.toString()).toBe(TEXT);
  });

  test('leaves one group when the threshold allows it', async () => {
    const line = 'groups delete -i -f f.yaml --shamir-secret-sharing-threshold 1';
    expect(await yard.run([...line.split(' '), '2'])).toMatchObject({ status: 1 });
    expect(await yard.run(['groups', 'delete', '-i', '-f', 'f.yaml', '2'])).toMatchObject({ status: 0 });
    expect(await yard.run([...line.split(' '), '1'])).toMatchObject({ status: 0 });
    expect((await yard.run(['decrypt', 'f.yaml'], { keys: [0] })).stdout.toString()).toBe(TEXT);
    expect(await yard.run([...line.split(' '), '0'])).toMatchObject({ status: 1 });
  });

  test.each([
    [1, 'there is no key group 3', '3'],
    [1, 'takes the index of one group', '-1'],
    [1, 'takes the index of one group', 'x'],
    [1, 'takes the index of one group', '0 1'],
    [1, 'takes the index of one group', ''],
  ])('ends with %i (%s) for %j', async (status, message, index) => {
    const before = yard.read('f.yaml');
    const words = index.split(' ').filter((word) => word !== '');
    const ran = await yard.run(['groups', 'delete', '-i', '-f', 'f.yaml', '--', ...words]);
    expect(ran).toMatchObject({ status, stderr: expect.stringContaining(message) });
    expect(yard.read('f.yaml')).toBe(before);
  });
});

describe('groups ends with', () => {
  test.each([
    [1, 'groups add --age x'],
    [2, `groups add -f absent.yaml --age ${SECOND}`],
    [1, `groups add -f plain.yaml --age ${SECOND}`],
    [1, `groups add -f foreign.yaml --age ${SECOND}`],
    [51, `groups add -f tampered.yaml --age ${SECOND}`],
    [0, `groups add --ignore-mac -f tampered.yaml --age ${SECOND}`],
    [0, 'groups'],
    [3, 'groups nope'],
  ])('%i: %s', async (status, line) => {
    yard.write('plain.yaml', 'a: x\n');
    await yard.encrypt('foreign.yaml', 'a: x\n', [1]);
    await yard.encrypt('tampered.yaml', 'a: x\nb_unencrypted: 1\n', [0]);
    yard.write('tampered.yaml', yard.read('tampered.yaml').replace('b_unencrypted: 1', 'b_unencrypted: 2'));
    const ran = await yard.run(line.split(' '), { keys: [0] });
    expect(ran.status, ran.stderr).toBe(status);
  });
});
