/** `rotate`, `updatekeys`, `groups` and `filestatus` by one program, and the file read and changed further by the other (SOPS_BIN). */
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { identitiesOf, keysOf, RECIPIENTS, Yard } from '../support/lifecycle.js';
import { announceSkipped, runSops, SOPS } from '../support/programs.js';

const [FIRST, SECOND, THIRD] = RECIPIENTS as [string, string, string];
/** By file name; every one has the leaf `a`. */
const TEXTS: readonly (readonly [name: string, text: string])[] = [
  ['f.yaml', '# head\na: one # inline\nlist:\n    - 1\n    - 2.50\n    - "x"\nflow: {b: [true, null]}\n'],
  ['f.json', '{\n\t"a": "one",\n\t"list": [1, 2.5, {"b": true}]\n}\n'],
  ['f.env', '# head\na=one\nb=two\\nlines\n'],
  ['f.ini', '; head\na = one\n\n[section]\nb = two\n'],
  ['f.bin', 'any \u0000 bytes'],
];
const RULES = {
  two: { age: `${FIRST},${SECOND}` },
  three: { age: `${FIRST},${SECOND},${THIRD}` },
  one: { age: FIRST },
  groups: { key_groups: [{ age: [FIRST] }, { age: [SECOND] }, { age: [THIRD] }], shamir_threshold: 2 },
};

/** What is done to a file for the first two recipients, as words of a command line; the rule is what `.sops.yaml` says then. */
const CHANGES: readonly (readonly [words: string, rule: keyof typeof RULES])[] = [
  ['rotate -i', 'two'],
  [`rotate -i --add-age ${THIRD} --rm-age ${SECOND}`, 'two'],
  ['updatekeys --yes', 'three'],
  ['updatekeys --yes', 'one'],
  ['updatekeys --yes', 'groups'],
  [`groups add -i --age ${SECOND},${THIRD} -f`, 'two'],
];

type Runner = (words: readonly string[]) => Promise<string>;

let yard: Yard;
beforeEach(() => {
  yard = new Yard();
  yard.configure(RULES.two);
});
afterEach(() => yard.remove());

const ours: Runner = async (words) => {
  const { status, stdout, stderr } = await yard.run(words);
  if (status !== 0) throw new Error(`sops-ts ended with ${status}: ${stderr}`);
  return stdout.toString();
};
const theirs: Runner = async (words) => runSops(words, yard.folder, identitiesOf([0, 1, 2]));

const CASES = TEXTS.flatMap(([name, text]) => CHANGES.map(([words, rule]) => ({ name, text, words, rule })));
const STATUS_CASES = 2 * TEXTS.length;
if (!SOPS) announceSkipped(2 * CASES.length + STATUS_CASES + 3, 'there is no sops program');

describe.skipIf(!SOPS)('a change by sops-ts to a file of sops', () => {
  test.each(CASES)('$words ($rule) $name', async ({ name, text, words, rule }) => {
    yard.write(name, text);
    await theirs(['encrypt', '-i', name]);
    const plain = await theirs(['decrypt', name]);
    yard.configure(RULES[rule]);
    await ours([...words.split(' '), name]);
    expect(await theirs(['decrypt', name])).toBe(plain);
    // And sops goes on with it.
    await theirs(['rotate', '-i', name]);
    expect(await ours(['decrypt', name])).toBe(plain);
  });
});

describe.skipIf(!SOPS)('a change by sops to a file of sops-ts', () => {
  test.each(CASES)('$words ($rule) $name', async ({ name, text, words, rule }) => {
    yard.write(name, text);
    await ours(['encrypt', '-i', name]);
    expect(await ours(['decrypt', name])).toBe(text);
    const plain = await theirs(['decrypt', name]);
    yard.configure(RULES[rule]);
    await theirs([...words.split(' '), name]);
    expect(await theirs(['decrypt', name])).toBe(plain);
    // The recipients that sops added are in no rule.
    await ours(['rotate', '-i', '--keep-unlisted', name]);
    expect(await theirs(['decrypt', name])).toBe(plain);
  });
});

describe.skipIf(!SOPS)('both say the same', () => {
  test.each(['three', 'one'] as const)('of a change to the rule "%s", and of the file afterwards', async (rule) => {
    yard.write('f.yaml', 'a: one\n');
    await theirs(['encrypt', '-i', 'f.yaml']);
    yard.configure(RULES[rule]);
    const env = { ...identitiesOf([0]), SOPS_DISABLE_VERSION_CHECK: '1' };
    const sops = spawnSync(SOPS ?? '', ['updatekeys', 'f.yaml'], { cwd: yard.folder, env, input: 'x\nn\n' });
    const { status, stdout } = await yard.run(['updatekeys', 'f.yaml'], { stdin: 'x\nn\n' });
    expect({ status, stdout: stdout.toString() }).toEqual({ status: sops.status, stdout: sops.stdout.toString() });
    await ours(['updatekeys', '--yes', 'f.yaml']);
    const after = yard.read('f.yaml');
    expect(await theirs(['updatekeys', 'f.yaml'])).toBe('');
    expect(yard.read('f.yaml')).toBe(after);
  });

  test('of the groups that one adds and the other deletes', async () => {
    yard.write('f.yaml', 'a: one\n');
    await theirs(['encrypt', '-i', 'f.yaml']);
    await ours(['groups', 'add', '-i', '-f', 'f.yaml', '--age', THIRD]);
    await theirs(['groups', 'add', '-i', '-f', 'f.yaml', '--age', SECOND, '--shamir-secret-sharing-threshold', '2']);
    await ours(['groups', 'delete', '-i', '--keep-unlisted', '-f', 'f.yaml', '0']);
    expect((await keysOf(yard.read('f.yaml'))).groups).toEqual([[THIRD], [SECOND]]);
    expect(await theirs(['decrypt', 'f.yaml'])).toBe('a: one\n');
    await theirs(['groups', 'delete', '-i', '-f', 'f.yaml', '--shamir-secret-sharing-threshold', '1', '1']);
    expect(await ours(['decrypt', 'f.yaml'])).toBe('a: one\n');
  });

  test.each(TEXTS.flatMap(([name, text]) => [true, false].map((sealed) => ({ name, text, sealed }))))(
    'of the status of $name, encrypted: $sealed',
    async ({ name, text, sealed }) => {
      yard.write(name, text);
      if (sealed) await theirs(['encrypt', '-i', name]);
      const answer = await ours(['filestatus', name]);
      expect(answer).toBe(`{"encrypted":${sealed}}\n`);
      // Of a plain binary file sops only says that it is not JSON.
      if (sealed || name !== 'f.bin') expect(await theirs(['filestatus', name])).toBe(answer);
    },
  );
});
