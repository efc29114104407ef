/** `grant` beside the real sops (SOPS_BIN or PATH): who was let in decrypts with it, and its updatekeys has nothing to do. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { identitiesOf, RECIPIENTS, Yard } from '../support/lifecycle.js';
import { announceSkipped, runSops, SOPS } from '../support/programs.js';

const [FIRST, SECOND, THIRD] = RECIPIENTS as [string, string, string];
const SSH_KEY = new URL('../../fixtures/keys/identities/ssh-ed25519', import.meta.url).pathname;
const TEXTS: readonly (readonly [name: string, text: string])[] = [
  ['f.yaml', '# head\na: one # inline\nlist:\n    - 1\n    - 2.50\n'],
  ['f.json', '{\n\t"a": "one",\n\t"list": [1, 2.5, {"b": true}]\n}\n'],
  ['f.env', '# head\na=one\n'],
  ['f.ini', '; head\na = one\n\n[section]\nb = two\n'],
  ['f.bin', 'any \u0000 bytes'],
];
const CONFIGS: readonly (readonly [name: string, config: string, flags: readonly string[]])[] = [
  ['text', `creation_rules:\n  - age: ${FIRST}\n`, []],
  ['names', `keys:\n  - &alice ${FIRST}\ncreation_rules:\n  - key_groups:\n      - age:\n          - *alice\n`, []],
  ['a list', `keys: [&alice ${FIRST}]\ncreation_rules:\n  - age: [*alice]\n`, []],
  ['an alias', `keys: [&alice ${FIRST}]\ncreation_rules:\n  - age: *alice\n`, []],
  [
    'groups',
    `keys: [&alice ${FIRST}, &carol ${THIRD}]\ncreation_rules:\n  - shamir_threshold: 2\n    key_groups:\n      - age: [*alice]\n      - age: [*carol]\n`,
    ['--group', '2'],
  ],
];

let yard: Yard;
beforeEach(() => {
  yard = new Yard();
});
afterEach(() => yard.remove());

const CASES = CONFIGS.flatMap(([title, config, flags]) =>
  TEXTS.map(([name, text]) => ({ title, config, flags, name, text })),
);
if (!SOPS) announceSkipped(CASES.length + 1, 'there is no sops program');

/** What `sops updatekeys` says of a file that is up to date. */
function expectUpToDate(name: string): void {
  const before = readFileSync(`${yard.folder}/${name}`);
  const ran = spawnSync(SOPS ?? '', ['updatekeys', '-y', name], {
    cwd: yard.folder,
    env: { PATH: process.env.PATH, ...identitiesOf([0, 2]) },
  });
  expect(`${ran.stdout}${ran.stderr}`).toContain('already up to date');
  expect(ran.status).toBe(0);
  expect(readFileSync(`${yard.folder}/${name}`)).toEqual(before);
}

describe.skipIf(!SOPS)('a file of sops, by the granted person with sops', () => {
  test.each(CASES)('$title, $name', async ({ config, flags, name, text }) => {
    yard.configure(config);
    yard.write(name, text);
    await runSops(['encrypt', '-i', name], yard.folder, identitiesOf([0]));
    const plain = await runSops(['decrypt', name], yard.folder, identitiesOf([0, 2]));
    const ran = await yard.run(['grant', '--yes', 'bob', SECOND, ...flags], { keys: [0, 2] });
    expect(ran.status, ran.stderr).toBe(0);
    expectUpToDate(name);
    expect(await runSops(['decrypt', name], yard.folder, identitiesOf(flags.length > 0 ? [0, 1] : [1]))).toBe(plain);
    await runSops(['rotate', '-i', name], yard.folder, identitiesOf(flags.length > 0 ? [0, 1] : [1]));
    expect((await yard.run(['decrypt', name], { keys: [0, 2] })).stdout.toString()).toBe(plain);
    expect((await yard.run(['check'])).status).toBe(0);
  });

  test('an SSH key', async () => {
    yard.configure(`keys:\n  - &alice ${FIRST}\ncreation_rules:\n  - age: *alice\n`);
    yard.write('f.yaml', 'a: one\n');
    await runSops(['encrypt', '-i', 'f.yaml'], yard.folder, identitiesOf([0]));
    const ran = await yard.run(['grant', '--yes', 'carol', `${SSH_KEY}.pub`], { keys: [0] });
    expect(ran.status, ran.stderr).toBe(0);
    expectUpToDate('f.yaml');
    const env = { ...identitiesOf([]), SOPS_AGE_SSH_PRIVATE_KEY_FILE: SSH_KEY };
    expect(await runSops(['decrypt', 'f.yaml'], yard.folder, env)).toBe('a: one\n');
  });
});
