/** Putting a recipient into a `.sops.yaml`: every shape in which people write one; all other bytes stay. */
import { describe, expect, test } from 'vitest';
import { withRecipient } from '../../../src/config/config-addition.js';
import { readConfigTree } from '../../../src/config/recipients-of.js';
import type { MasterKey } from '../../../src/keys/provider.js';

const KEYS: Readonly<Record<string, MasterKey>> = {
  age1bob: { type: 'age', fields: new Map([['recipient', 'age1bob']]), enc: '' },
  FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4: {
    type: 'pgp',
    fields: new Map([['fp', 'FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4']]),
    enc: '',
  },
  'arn:aws:kms:eu-1:1:key/a': { type: 'kms', fields: new Map([['arn', 'arn:aws:kms:eu-1:1:key/a']]), enc: '' },
  'https://v.vault.azure.net/keys/k/1': {
    type: 'azure_kv',
    fields: new Map([
      ['name', 'k'],
      ['vault_url', 'https://v.vault.azure.net'],
      ['version', '1'],
    ]),
    enc: '',
  },
};
const PGP = 'FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4';
const ARN = 'arn:aws:kms:eu-1:1:key/a';
const AZURE = 'https://v.vault.azure.net/keys/k/1';

async function withBob(
  text: string,
  { recipient = 'age1bob', rules = [[0, 0]] }: { recipient?: string; rules?: [number, number][] } = {},
): Promise<string> {
  const key = KEYS[recipient];
  if (!key) throw new Error(recipient);
  return withRecipient(await readConfigTree(text), {
    path: '.sops.yaml',
    name: 'bob',
    recipient,
    key,
    rules: new Map(rules),
  });
}

/** The text without lines that `+` begins, and with them. */
function sides(diff: string): [before: string, after: string] {
  const lines = diff.split('\n');
  const text = (marks: string): string =>
    lines.flatMap((line) => (marks.includes(line[0] ?? ' ') ? [line.slice(1)] : line === '' ? [''] : [])).join('\n');
  return [text(' -'), text(' +')];
}

type Shape = readonly [name: string, diff: string, options: Parameters<typeof withBob>[1]];
const GIVEN: readonly (readonly [name: string, diff: string, options?: Parameters<typeof withBob>[1]])[] = [
  [
    'a list of names, aliases in a group',
    ` # people
 keys:
   - &alice age1alice # Alice
+  - &bob age1bob

 # rules
 creation_rules:
   - path_regex: a
     key_groups:
       - age:
           - *alice   # she
+          - *bob
     # the end
`,
  ],
  [
    'compact lists, and a rule that is not meant',
    ` keys:
 - &alice age1alice
+- &bob age1bob
 creation_rules:
 - path_regex: a
   key_groups:
   - age:
     - *alice
+    - *bob
     pgp:
     - 85D77543B3D624B63CEA9E6DBC17301B491B3F21
 - key_groups:
   - age:
     - *alice
`,
  ],
  [
    'brackets, on a line and on several',
    ` keys: # k
   - &alice age1alice
+  - &bob age1bob
 creation_rules:
   - path_regex: a
     key_groups:
-      - age: [*alice]
+      - age: [*alice, *bob]
   - age: [
       *alice, # she
+      *bob,
     ]
   - age: [
-      *alice # she
+      *alice, # she
+      *bob
     ]
`,
    {
      rules: [
        [0, 0],
        [1, 0],
        [2, 0],
      ],
    },
  ],
  [
    'texts with commas',
    ` keys:
   - &alice age1alice
+  - &bob age1bob
 creation_rules:
   - path_regex: a
-    age: age1alice # x
+    age: age1alice,age1bob # x
   - path_regex: b
     age: >-
       age1alice,
-      age1carol
+      age1carol,
+      age1bob
   - path_regex: c
-    age: "age1alice, age1carol"
+    age: "age1alice, age1carol, age1bob"
-  - {path_regex: d, age: age1alice}
+  - {path_regex: d, age: 'age1alice,age1bob'}
`,
    {
      rules: [
        [0, 0],
        [1, 0],
        [2, 0],
        [3, 0],
      ],
    },
  ],
  [
    'an alias alone becomes a list',
    ` keys:
   - &alice age1alice
+  - &bob age1bob
 creation_rules:
-  - age: *alice # x
+  - age: [*alice, *bob] # x
`,
  ],
  [
    'no names yet: a list of them, below the head of the file',
    ` # who may read

+keys:
+  - &bob age1bob
 # the rules
 creation_rules:
   - key_groups:
       - age:
           - age1alice
+          - *bob
`,
  ],
  [
    'no names yet, and one comment that is the head',
    ` # who may read
+keys:
+  - &bob age1bob
 creation_rules:
-  - age: age1alice
+  - age: age1alice,age1bob
`,
  ],
  [
    'names in a map, by kinds',
    ` keys:
   users:
     alice: &alice age1alice
+    bob: &bob age1bob
   hosts:
     - &host 85D77543B3D624B63CEA9E6DBC17301B491B3F21
 creation_rules:
   - key_groups:
       - age:
           - *alice
+          - *bob
         pgp:
           - *host
`,
  ],
  [
    'a field that is not there yet, in a rule and in a group',
    ` keys:
   - &alice age1alice
+  - &bob ${PGP}
 creation_rules:
   - path_regex: a
     age: *alice
+    pgp: *bob
     encrypted_regex: ^x$
   - key_groups:
     - age: [*alice]
+      pgp:
+        - *bob
   - {age: *alice}
-  - {key_groups: [{age: [*alice]}]}
+  - {key_groups: [{age: [*alice], pgp: [*bob]}]}
`,
    {
      recipient: PGP,
      rules: [
        [0, 0],
        [1, 0],
        [3, 0],
      ],
    },
  ],
  [
    'keys of services, which are maps in groups',
    ` creation_rules:
   - kms: arn:aws:kms:eu-1:1:key/b
   - key_groups:
       - kms:
           - arn: arn:aws:kms:eu-1:1:key/b
             role: r
+          - arn: ${ARN}
`
      .replace(' creation_rules', `+keys:\n+  - &bob ${ARN}\n creation_rules`)
      .replace(`- arn: ${ARN}`, '- arn: *bob')
      .replace(
        '   - kms: arn:aws:kms:eu-1:1:key/b',
        `-  - kms: arn:aws:kms:eu-1:1:key/b\n+  - kms: arn:aws:kms:eu-1:1:key/b,${ARN}`,
      ),
    {
      recipient: ARN,
      rules: [
        [0, 0],
        [1, 0],
      ],
    },
  ],
  [
    'a key of several fields',
    `+keys:
+  - &bob '${AZURE}'
 creation_rules:
   - key_groups:
       - azure_keyvault:
           - vaultUrl: https://w.vault.azure.net
             key: k
             version: "2"
+          - vaultUrl: 'https://v.vault.azure.net'
+            key: 'k'
+            version: '1'
`,
    { recipient: AZURE },
  ],
  [
    'a group of several, and any_of',
    ` keys:
   - &alice age1alice
+  - &bob age1bob
 creation_rules:
   - path_regex: a
     key_groups:
       - age: [age1carol]
       - age:
           - *alice
+          - *bob
     shamir_threshold: 2
   - any_of:
       - pgp: [85D77543B3D624B63CEA9E6DBC17301B491B3F21]
-      - age: [*alice]
+      - age: [*alice, *bob]
`,
    {
      rules: [
        [0, 1],
        [1, 0],
      ],
    },
  ],
  [
    'a list that rules share, and a merged rule',
    ` team: &team
   - age1alice
+  - &bob age1bob
 creation_rules:
   - path_regex: a
     age: *team
   - path_regex: b
     age: *team
`
      .replace('+  - &bob age1bob', '+  - *bob')
      .replace(' team:', '+keys:\n+  - &bob age1bob\n team:'),
    {
      rules: [
        [0, 0],
        [1, 0],
      ],
    },
  ],
  [
    'the end of a file without line break',
    `-keys: [&alice age1alice]
+keys: [&alice age1alice, &bob age1bob]
 creation_rules:
   - age:
       - age1alice
+      - *bob`,
  ],
  [
    'a second document, which SOPS does not read',
    ` keys:
   - &alice age1alice
+  - &bob age1bob
 creation_rules:
   - age:
       - *alice
+      - *bob
 ---
 creation_rules:
   - age: [x]
`,
  ],
];

const SHAPES = GIVEN.map(([name, diff, options]): Shape => [name, diff, options]);

describe('the recipient comes in, and nothing else changes', () => {
  test.each(SHAPES)('%s', async (_, diff, options) => {
    const [before, after] = sides(diff);
    expect(await withBob(before, options)).toBe(after);
  });

  test.each(SHAPES)('with CRLF: %s', async (_, diff, options) => {
    const [before, after] = sides(diff).map((text) => text.replaceAll('\n', '\r\n'));
    expect(await withBob(before ?? '', options)).toBe(after);
  });
});

test('whoever has the name already keeps it', async () => {
  const text = 'keys: [&bob age1bob]\ncreation_rules:\n  - age: [age1alice]\n';
  expect(await withBob(text)).toBe(text.replace('[age1alice]', '[age1alice, *bob]'));
});

test('before the anchor an alias cannot stand', async () => {
  const text = 'creation_rules:\n  - age: [age1alice]\nkeys:\n  - &alice age1alice\n';
  expect(await withBob(text)).toBe(
    'creation_rules:\n  - age: [age1alice, age1bob]\nkeys:\n  - &alice age1alice\n  - &bob age1bob\n',
  );
});

describe('refused, since something else would change', () => {
  test.each([
    [
      'a list that another rule shares',
      'creation_rules:\n  - age: &team [age1alice]\n  - {path_regex: b, age: *team}\n',
    ],
    [
      'a list that publishing shares',
      'creation_rules:\n  - age: &team [age1alice]\ndestination_rules:\n  - {s3_bucket: b, recreation_rule: {age: *team}}\n',
    ],
  ])('%s', async (_, text) => {
    await expect(withBob(text)).rejects.toMatchObject({
      code: 'config',
      message: 'bob cannot be put into .sops.yaml without changing something else',
    });
  });
});
