/** A configuration is read as go-yaml reads it into a structure: what nobody looks at is whatever YAML it is. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseAuditConfig } from '../../../src/config/audit-config.js';
import { loadConfig } from '../../../src/config/config.js';
import { withoutRecipients } from '../../../src/config/edit-config.js';
import type { Config } from '../../../src/config/model.js';
import { namesOf } from '../../../src/config/recipient-names.js';
import { readConfigTree } from '../../../src/config/recipients-of.js';
import { hostIn, layOut } from './support.js';

const ANNA = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
const RULES = `creation_rules:\n  - age: ${ANNA}\n`;
const ANCHORS = readFileSync(new URL('../../../fixtures/config/anchors-with-colons.yaml', import.meta.url), 'utf8');

async function read(text: string): Promise<Config> {
  const config = await loadConfig({ host: hostIn(layOut({ '.sops.yaml': text })) });
  if (!config) throw new Error('no configuration');
  return config;
}

/** The one rule with further fields. */
const rule = async (fields: string) => (await read(`${RULES}    ${fields}\n`)).creationRules?.[0];

describe('what nobody reads', () => {
  // Each with the real binary: SOPS 3.13.2 takes them, in front of the rules and behind them.
  test.each([
    '1: a',
    '2020-01-01: a',
    '~: a',
    'x: {? {a: b} : y}',
    'x:\n  a: 1\n  a: 2',
    'x:\n  <<: 1',
    'x:\n  <<: [1]',
    'x:\n  ? [1, 2]\n  : y',
    'x: !!int abc',
    'x: !!binary "***"',
    'x: 18446744073709551615',
    'x: 2020-01-01T00:00:00+25:00',
    'x: &a [*a]',
    '&k : v',
    'x:\n  &k : v\n  y: 1',
    'sops:\n  mac: x',
  ])('is no matter: %j', async (text) => {
    for (const whole of [`${text}\n${RULES}`, `${RULES}${text}\n`]) {
      expect((await read(whole)).creationRules?.[0]?.keys.get('age')).toEqual({ texts: [ANNA] });
    }
  });

  test('anchors with a colon behind them are keys without a text', async () => {
    const config = await read(ANCHORS);
    expect(config.creationRules?.[0]?.keys.get('age')).toEqual({ texts: [ANNA] });
  });

  test('nor is what stands behind the first document', async () => {
    expect((await read(`${RULES}...\ngarbage: [\n`)).creationRules).toHaveLength(1);
    expect((await read(`${RULES}---\n: : :\n`)).creationRules).toHaveLength(1);
    expect((await read(`${RULES}%YAML 1.1\n---\nx: 1\n`)).creationRules).toHaveLength(1);
  });
});

describe('what is read', () => {
  test.each([
    ['? [1,2]\n: y\n', 'cannot unmarshal !!seq into string'],
    ['a: 1\na: 2\n', 'mapping key "a" already defined at line 1'],
    ['<<: 1\n', 'map merge requires map or sequence of maps as the value'],
    ['x: &r [{}]\n<<: *r\n', 'map merge requires map or sequence of maps as the value'],
  ])('must be right: %j', async (text, message) => {
    await expect(read(text + RULES)).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining(message),
    });
  });

  test.each([
    ['shamir_threshold: !!int a', 'does not fit its tag'],
    ['shamir_threshold: "2"', 'cannot unmarshal !!str `2` into int'],
    ['shamir_threshold: .nan', 'cannot unmarshal !!float'],
    ['mac_only_encrypted: 1', 'cannot unmarshal !!int `1` into bool'],
    ['path_regex: [a]', 'cannot unmarshal !!seq into string'],
    ['age: twice', 'mapping key "age" already defined at line 2'],
    ['key_groups: [{kms: [{arn: 1, arn: 2}]}]', 'mapping key "arn" already defined at line 3'],
    ['x: &r [*r]\n    kms: *r', 'stands inside what it stands for'],
  ])('in rules too: %j', async (fields, message) => {
    await expect(rule(fields)).rejects.toMatchObject({ code: 'config', message: expect.stringContaining(message) });
  });

  test('in the types that go-yaml makes of what is written', async () => {
    expect(await rule('path_regex: 1.10')).toMatchObject({ pathRegex: '1.10' });
    expect(await rule('path_regex: 2020-01-01')).toMatchObject({ pathRegex: '2020-01-01' });
    expect(await rule('path_regex: ~')).toMatchObject({ pathRegex: '' });
    expect(await rule('mac_only_encrypted: "yes"')).toMatchObject({ macOnlyEncrypted: true });
    expect(await rule('shamir_threshold: 0x2')).toMatchObject({ shamirThreshold: 2 });
  });

  test('through aliases, as it is written at the anchor', async () => {
    const config = await read(`n: &n 1.10\ncreation_rules:\n  - path_regex: *n\n    age: ${ANNA}\n`);
    expect(config.creationRules?.[0]?.pathRegex).toBe('1.10');
  });

  test('with rules that are nothing left out', async () => {
    expect((await read('creation_rules: [~]\n')).creationRules).toEqual([]);
    await expect(read('[a]\n')).rejects.toThrow('cannot unmarshal !!seq into config.configFile');
  });
});

// Each with the real binary: SOPS 3.13.2 reads the first two, and refuses the others.
describe('the encoding', () => {
  const readBytes = (bytes: Uint8Array) => loadConfig({ host: hostIn(layOut({ '.sops.yaml': bytes })) });

  test.each([
    ['little', Buffer.from(`\uFEFF${RULES}`, 'utf16le')],
    ['big', Buffer.from(`\uFEFF${RULES}`, 'utf16le').swap16()],
  ])('may be UTF-16, %s end first', async (_, bytes) => {
    expect((await readBytes(bytes))?.creationRules?.[0]?.keys.get('age')).toEqual({ texts: [ANNA] });
  });

  test.each([
    ['a value', Buffer.from(`${RULES}x: \xE9\n`, 'latin1'), 3],
    ['a comment', Buffer.from(`# \xE9\n${RULES}`, 'latin1'), 1],
    [
      'half a pair of UTF-16',
      Buffer.concat([Buffer.from('x: '), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from(`\n${RULES}`)]),
      1,
    ],
  ])('may be no other: %s', async (_, bytes, line) => {
    await expect(readBytes(bytes)).rejects.toMatchObject({
      code: 'config',
      message: `error loading config: Could not unmarshal config file: line ${line}: the text is neither UTF-8 nor UTF-16`,
    });
  });

  test('names recipients, too', async () => {
    const host = hostIn(layOut({ '.sops.yaml': Buffer.from(`\uFEFF${ANCHORS}`, 'utf16le') }));
    expect((await namesOf(await loadConfig({ host }), host))(ANNA)).toBe('anna');
  });
});

test('a key field under another name that is left empty misses nothing', async () => {
  expect((await rule('hc_vault: []'))?.unknownKeys).toEqual([{ key: 'hc_vault', suggestion: undefined }]);
  expect((await rule('hc_vault: [x]'))?.unknownKeys).toEqual([{ key: 'hc_vault', suggestion: 'hc_vault_transit_uri' }]);
});

describe('everybody else who reads configurations', () => {
  test('knows the names of recipients', async () => {
    const host = hostIn(layOut({ '.sops.yaml': ANCHORS }));
    const nameOf = await namesOf(await loadConfig({ host }), host);
    expect(nameOf(ANNA)).toBe('anna');
  });

  test('takes a recipient out', async () => {
    const other = ANNA.replace('age1q', 'age1z');
    const text = `1: a\nkeys:\n  - &users:\n    - &anna ${ANNA}\n    - &bert ${other}\nx:\n  <<: 1\ncreation_rules:\n  - key_groups:\n      - age: [*anna, *bert]\n`;
    const tree = await readConfigTree(text);
    const removal = { path: '.sops.yaml', isUnwanted: (one: string) => one === other };
    expect(await withoutRecipients(tree, removal)).toBe(
      `1: a\nkeys:\n  - &users:\n    - &anna ${ANNA}\nx:\n  <<: 1\ncreation_rules:\n  - key_groups:\n      - age: [*anna]\n`,
    );
  });

  test('reads the configuration of the audit log', async () => {
    const text = '1: a\nx: {<<: 1}\nbackends:\n  postgres:\n    - connection_string: postgres://x\n';
    expect(await parseAuditConfig(text, 'audit.yaml')).toEqual({ postgres: ['postgres://x'], files: [], syslog: [] });
  });
});
