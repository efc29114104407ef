/** Taking a recipient out of a `.sops.yaml`: every shape in which people name one. */
import { describe, expect, test } from 'vitest';
import { withoutRecipients } from '../../../src/config/edit-config.js';
import { namesRecipient } from '../../../src/config/recipient.js';
import { readConfigTree, recipientsOf } from '../../../src/config/recipients-of.js';

const ALICE = 'age1alice';
const FINGERPRINT = 'FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4';

async function without(text: string, ...recipients: string[]): Promise<string | null> {
  const isUnwanted = (one: string): boolean => recipients.some((other) => namesRecipient(one, other));
  return withoutRecipients(await readConfigTree(text), { path: '.sops.yaml', isUnwanted });
}

const SHAPES: readonly (readonly [name: string, before: string, after: string])[] = [
  [
    'a list under keys, anchors and aliases',
    `# people
keys:
  - &bob age1bob # Bob
  - &alice age1alice # Alice
  - &carol age1carol
creation_rules:
  - path_regex: a
    # all of them
    key_groups:
      - age:
          - *alice
          - *bob   # Bob again
        pgp:
          - FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4
`,
    `# people
keys:
  - &bob age1bob # Bob
  - &carol age1carol
creation_rules:
  - path_regex: a
    # all of them
    key_groups:
      - age:
          - *bob   # Bob again
        pgp:
          - FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4
`,
  ],
  [
    'the last and the first entry',
    `creation_rules:
  - age:
      - age1alice
      - age1bob
    pgp: ["85D77543B3D624B63CEA9E6DBC17301B491B3F21"]
  - key_groups:
      - age:
          - age1bob
          - age1alice
`,
    `creation_rules:
  - age:
      - age1bob
    pgp: ["85D77543B3D624B63CEA9E6DBC17301B491B3F21"]
  - key_groups:
      - age:
          - age1bob
`,
  ],
  [
    'a text with commas',
    `creation_rules:
  - age: age1alice,age1bob
  - age: age1bob, age1alice
  - age: "age1bob,age1alice,age1carol"
  - age: 'age1alice, age1alice, age1bob,'
`,
    `creation_rules:
  - age: age1bob
  - age: age1bob
  - age: "age1bob,age1carol"
  - age: 'age1bob,'
`,
  ],
  [
    'a folded text',
    `creation_rules:
  - age: >-
      age1alice,
      age1bob,
      age1carol
  - age: >
      age1bob,
      age1alice
    pgp: |-
      FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4,
      age1alice
`,
    `creation_rules:
  - age: >-
      age1bob,
      age1carol
  - age: >
      age1bob
    pgp: |-
      FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4
`,
  ],
  [
    'a key of its own, in and at the head of a map',
    `creation_rules:
  - path_regex: a
    age: age1alice
    pgp: FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4
  - age: age1alice
    pgp: FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4
    shamir_threshold: 2
  - age: # only her
      - age1alice
    # Bob
    pgp: FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4
`,
    `creation_rules:
  - path_regex: a
    pgp: FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4
  - pgp: FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4
    shamir_threshold: 2
  - # Bob
    pgp: FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4
`,
  ],
  [
    'in brackets',
    `keys: [&alice age1alice, &bob age1bob]
creation_rules:
  - age: [ *bob, *alice ]
  - age: [ *bob, *alice, 'age1carol' ]
  - age: [
      *alice, # Alice
      # Bob
      *bob,
    ]
  - { age: *alice, pgp: FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4 }
  - key_groups: [ { age: [ *alice, *bob ] }, { age: [ *bob ] } ]
`,
    `keys: [&bob age1bob]
creation_rules:
  - age: [ *bob ]
  - age: [ *bob, 'age1carol' ]
  - age: [
      # Bob
      *bob,
    ]
  - { pgp: FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4 }
  - key_groups: [ { age: [ *bob ] }, { age: [ *bob ] } ]
`,
  ],
  [
    'lists that others name',
    `team: &team
  - age1bob
  - age1alice
herself: &herself [age1alice]
group: &group
  age:
    - age1alice
    - age1bob
creation_rules:
  - age: *team
  - path_regex: x
    pgp: FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4
    age: *herself
  - key_groups:
      - merge:
          - *group
          - age: [age1carol]
      - *group
`,
    `team: &team
  - age1bob
group: &group
  age:
    - age1bob
creation_rules:
  - age: *team
  - path_regex: x
    pgp: FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4
  - key_groups:
      - merge:
          - *group
          - age: [age1carol]
      - *group
`,
  ],
];

describe('a recipient goes from', () => {
  test.each(SHAPES)('%s', async (_name, before, after) => {
    expect(await without(before, ALICE)).toBe(after);
    const crlf = (text: string): string => text.replaceAll('\n', '\r\n');
    expect(await without(crlf(before), ALICE)).toBe(crlf(after));
    expect(await without(after, ALICE)).toBeNull();
  });

  test('lists of maps, by what identifies the key', async () => {
    const arn = 'arn:aws:kms:tr-west-1:111122223333:key/x';
    const before = `key_of: &prod {arn: ${arn}, role: arn:aws:iam::1:role/r}
creation_rules:
  - key_groups:
      - kms:
          - arn: ${arn}
            context: {app: x}
            aws_profile: p
          - *prod
        azure_keyvault:
          - vaultUrl: https://v.example
            key: k
            version: one
        gcp_kms:
          - resource_id: projects/p/locations/l/keyRings/r/cryptoKeys/k
        age: [age1bob]
  - kms: ${arn}+arn:aws:iam::1:role/r,arn:aws:kms:tr-west-1:111122223333:key/y
`;
    expect(await without(before, arn)).toBe(`creation_rules:
  - key_groups:
      - azure_keyvault:
          - vaultUrl: https://v.example
            key: k
            version: one
        gcp_kms:
          - resource_id: projects/p/locations/l/keyRings/r/cryptoKeys/k
        age: [age1bob]
  - kms: arn:aws:kms:tr-west-1:111122223333:key/y
`);
    const gone = (await without(before, 'projects/p/locations/l/keyRings/r/cryptoKeys/k')) ?? '';
    expect(gone).not.toContain('gcp_kms');
    expect(gone.split('\n').length).toBe(before.split('\n').length - 2);
  });

  test('the first document alone; SOPS reads no other', async () => {
    const rest = '---\ncreation_rules:\n  - age: age1alice\n';
    const before = `---\ncreation_rules:\n  - age: age1alice,age1bob\n${rest}`;
    expect(await without(before, ALICE)).toBe(`---\ncreation_rules:\n  - age: age1bob\n${rest}`);
  });

  test('where it is a number to YAML', async () => {
    const digits = '1234567890123456';
    const before = `keys: [&one ${digits}]\ncreation_rules:\n  - age: age1bob\n    pgp:\n      - *one\n      - ${digits}\n`;
    expect(await without(before, digits)).toBe('creation_rules:\n  - age: age1bob\n');
  });

  test('nowhere else than where keys stand', async () => {
    const rule = 'path_regex: age1alice\n    aws_profile: age1alice\n    encrypted_suffix: age1alice';
    const rest = `destination_rules:\n  - s3_bucket: age1alice\n    path_regex: age1alice\n`;
    const before = `creation_rules:\n  - ${rule}\n    age: age1alice,age1bob\n${rest}`;
    expect(await without(before, ALICE)).toBe(`creation_rules:\n  - ${rule}\n    age: age1bob\n${rest}`);
    expect(await without(`creation_rules:\n  - ${rule}\n${rest}`, ALICE)).toBeNull();
  });

  test('where several are to go', async () => {
    const before = 'creation_rules:\n  - age: [a1, b1, c1, d1]\n  - age: a1, b1 ,c1,d1\n';
    expect(await without(before, 'b1', 'c1')).toBe('creation_rules:\n  - age: [a1, d1]\n  - age: a1, d1\n');
    expect(await without(before, 'c1', 'd1')).toBe('creation_rules:\n  - age: [a1, b1]\n  - age: a1, b1\n');
    expect(await without(before, 'a1', 'd1', 'b1')).toBe('creation_rules:\n  - age: [c1]\n  - age: c1\n');
  });
});

describe('nothing is changed when', () => {
  test.each([
    ['creation_rules:\n  - age: age1alice\n', 'creation rule 1 of .sops.yaml would be left without recipients'],
    [
      'creation_rules:\n  - key_groups:\n      - age: [age1alice]\n      - age: [age1bob]\n',
      'key group 1 of creation rule 1 of .sops.yaml would be left without recipients',
    ],
    [
      'x: &x {age: [age1alice]}\ncreation_rules:\n  - age: age1bob\n  - <<: *x\n    path_regex: y\n',
      'creation rule 2 of .sops.yaml would be left without recipients',
    ],
    // Without her the rule's own field would give way to the merged one: somebody else could read what it encrypts.
    [
      `x: &x {age: [age1bob]}\ncreation_rules:\n  - <<: *x\n    age: [age1alice]\n    pgp: ${FINGERPRINT}\n`,
      'the recipient cannot be taken out of .sops.yaml without changing something else',
    ],
    ['creation_rules:\n  - age: "\\x61ge1alice,age1bob"\n', 'without changing something else'],
  ])('%j', async (text, message) => {
    await expect(without(text, ALICE)).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining(message),
    });
  });
});

describe('anchors', () => {
  test('name the recipients that stand there', async () => {
    const tree = await readConfigTree(
      `a: &one age1a\nb:\n  - &two [age1b, "age1c, age1d"]\n  - &three {arn: x}\n  - &one age1e\nc: *one\n`,
    );
    const named = (name: string): string[] =>
      (tree.anchors.get(name) ?? []).flatMap((value) => recipientsOf(value, tree));
    expect(named('one')).toEqual(['age1a', 'age1e']);
    expect(named('two')).toEqual(['age1b', 'age1c', 'age1d']);
    expect(named('three')).toEqual(['x']);
    expect(named('four')).toEqual([]);
  });
});

describe('a recipient is named by', () => {
  const ssh = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH8f';
  const arn = 'arn:aws:kms:tr-west-1:1:key/x';
  test.each([
    ['age1x', 'age1x', true],
    ['age1x', 'age1', false],
    ['', '', false],
    [`${ssh} alice@host`, ssh, true],
    [ssh, `${ssh} other remark`, true],
    [`${ssh}x`, ssh, false],
    [FINGERPRINT.toLowerCase(), FINGERPRINT, true],
    ['FBC7 B9E2 A4F9 289A C0C1  D484 3D16 CEE4 A273 81B4', FINGERPRINT, true],
    [`0x${FINGERPRINT.slice(-16)}!`, FINGERPRINT, true],
    [FINGERPRINT, FINGERPRINT.slice(-16), true],
    [FINGERPRINT, FINGERPRINT.slice(-8), false],
    [`${arn}+arn:aws:iam::1:role/r`, arn, true],
    [`${arn}|a:b|p`, arn, true],
    [`${arn}yz`, arn, false],
    ['https://v.example/keys/k/version', 'https://v.example/keys/k', true],
    ['https://v.example/keys/k2', 'https://v.example/keys/k', false],
    ['https://v.example/keys/k', 'https://v.example', false],
    ['https://v.example/keys/k/one', 'https://v.example/keys/k/two', false],
  ])('%j, looked for as %j: %s', (text, recipient, expected) => {
    expect(namesRecipient(text, recipient)).toBe(expected);
  });
});
