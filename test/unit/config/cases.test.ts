/** The vectors of the real binary: what `sops encrypt` makes of a `.sops.yaml`, flags and variables. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/config.js';
import { creationRuleFor } from '../../../src/config/creation-rule.js';
import { parseEncryptionContext } from '../../../src/config/encryption-context.js';
import { keyGroupsFor } from '../../../src/config/key-groups.js';
import { binaryOptions, fileOptionsFor } from '../../../src/config/selection.js';
import { SopsError } from '../../../src/errors.js';
import { formatOfName } from '../../../src/formats/registry.js';
import type { MasterKey } from '../../../src/keys/provider.js';
import { KEY_TYPES } from '../../../src/keys/registry.js';
import { SELECTION_OPTIONS, type SelectionOption } from '../../../src/metadata/metadata.js';
import { hostIn, layOut, type TestHost, useStandInProviders } from './support.js';

interface Case {
  readonly id: string;
  readonly config: string | null;
  readonly config_at: string | null;
  readonly cwd: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly extra_files?: Readonly<Record<string, string>>;
  readonly expect: {
    readonly exit: number;
    readonly stderr: string;
    readonly groups?: readonly (readonly unknown[])[];
    readonly options?: Readonly<Record<string, unknown>>;
  };
}

const FIXTURES = new URL('../../../fixtures/', import.meta.url).pathname;
const CASES = JSON.parse(readFileSync(join(FIXTURES, 'config/cases.json'), 'utf8')) as readonly Case[];

/** Where the decision is not the configuration's: what it hands on instead. */
const DECIDED_LATER: Readonly<Record<string, string>> = {
  'bad-recipient': 'the age provider refuses the recipient',
  'bad-vault': 'the Vault provider refuses the address',
  'bad-vault-prefix': 'the Vault provider refuses the address',
  'bad-azure': 'the Azure provider refuses the address',
  'bad-hckms': 'the Huawei provider refuses the key id',
  'threshold-one-of-two': 'the data key cannot be split so',
  'threshold-too-high': 'the data key cannot be split so',
  'key-groups-empty-group': 'the data key cannot be wrapped for an empty group',
  'nothing-in-rule': 'the data key cannot be wrapped for an empty group',
};

/** Where sops-ts differs on purpose (docs/differences-from-sops.md), each with a test below. */
const DIFFERENT = new Set([
  'cwd-elsewhere',
  'flag-no-matching-rule',
  'context-subcommand',
  'context-null',
  'duplicate-key',
]);

/** Where a warning is sops-ts's own. */
const OWN_WARNING = /unknown key "bogus" is ignored/;

interface Outcome {
  readonly groups: unknown[][];
  readonly options: Record<string, unknown>;
  readonly warnings: string[];
}

function hostOf(one: Case): TestHost {
  const files: Record<string, string> = { 'a/app.yaml': 'a: 1\n', 'b/c.yaml': 'a: 1\n', ...one.extra_files };
  if (one.config && one.config_at) files[one.config_at] = readFileSync(join(FIXTURES, one.config), 'utf8');
  return hostIn(join(layOut(files), one.cwd), one.env);
}

/** The values of the flags by long name; the file is `FILE`. */
function flagsOf(args: readonly string[]): Map<string, string> {
  const flags = new Map<string, string>();
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? '';
    const short = KEY_TYPES.find((row) => word === `-${row.shortFlag}`);
    if (word === 'encrypt' || word === '-e' || word === '--mac-only-encrypted')
      flags.set(word.replace(/^-*/, ''), 'true');
    else if (word.startsWith('-')) flags.set(short?.flag ?? word.slice(2), args[++at] ?? '');
    else flags.set('FILE', word);
  }
  return flags;
}

/** What a command line does with the configuration when it encrypts. */
async function encrypt(one: Case, host: TestHost): Promise<Outcome> {
  const flags = flagsOf(one.args);
  const filePath = flags.get('filename-override') ?? flags.get('FILE') ?? '';
  const keyFlags = new Map(KEY_TYPES.map((row) => [row.type, flags.get(row.flag) ?? host.env[row.variable] ?? '']));
  const flagFields = new Map<string, string | ReadonlyMap<string, string>>([
    ['aws_profile', flags.get('aws-profile') ?? ''],
  ]);
  const context = parseEncryptionContext(flags.get('encryption-context') ?? '');
  if (context) flagFields.set('context', context);
  const selection = new Map<SelectionOption, string>();
  for (const option of SELECTION_OPTIONS) selection.set(option, flags.get(option.replaceAll('_', '-')) ?? '');

  const config = await loadConfig({ configPath: flags.get('config'), filePath, host });
  const keysGiven = [...keyFlags.values()].some((text) => text !== '');
  const rule = await creationRuleFor(config, filePath, host, { keysGiven });
  const groups = await keyGroupsFor({ rule, keyFlags, flagFields, host });
  const sources = { rule, flags: selection, macOnlyEncrypted: flags.has('mac-only-encrypted') };
  const binary = formatOfName(filePath).name === 'binary';
  const chosen = binary ? binaryOptions(sources, host) : fileOptionsFor(sources);
  const given = Number(flags.get('shamir-secret-sharing-threshold') ?? 0) || rule?.shamirThreshold || 0;
  const threshold = given || (groups.length > 1 ? groups.length : 0);
  const options: Record<string, unknown> = {};
  if (chosen.selection) options[chosen.selection.option] = chosen.selection.text;
  if (chosen.macOnlyEncrypted) options.mac_only_encrypted = true;
  if (threshold > 0) options.shamir_threshold = threshold;
  return { groups: groups.map((group) => group.map(recorded)), options, warnings: host.warnings };
}

const RECORDED_AS: Readonly<Record<string, string>> = {
  kms: 'kms_key',
  gcp_kms: 'gcp_kms_key',
  hckms: 'hckms_key',
  azure_kv: 'azure_keyvault_key',
  hc_vault: 'vault_key',
  pgp: 'pgp_key',
  age: 'age_key',
};

/** A master key as the recording key service of the vectors wrote it down. */
function recorded(key: MasterKey): unknown {
  const fields = [...key.fields].filter(([, value]) => value !== '');
  const entries = fields.map(([name, value]) => [
    name === 'fp' ? 'fingerprint' : name,
    typeof value === 'string' ? value : Object.fromEntries(value),
  ]);
  return { [RECORDED_AS[key.type] ?? '']: Object.fromEntries(entries) };
}

function caseOf(id: string): Case {
  const found = CASES.find((one) => one.id === id);
  if (!found) throw new Error(`no case ${id}`);
  return found;
}

async function failureOf(one: Case): Promise<SopsError> {
  const error = await encrypt(one, hostOf(one)).catch((caught: unknown) => caught);
  if (!(error instanceof SopsError)) throw new Error(`${one.id} should have failed with a SopsError`);
  return error;
}

describe('encrypt as the binary does', () => {
  useStandInProviders();
  const same = CASES.filter(({ id }) => !(id in DECIDED_LATER) && !DIFFERENT.has(id));

  test.each(same.filter((one) => one.expect.exit === 0))('$id', async (one) => {
    const { groups, options, warnings } = await encrypt(one, hostOf(one));
    expect(groups).toEqual(one.expect.groups);
    expect(options).toEqual(one.expect.options);
    const others = warnings.filter((warning) => !OWN_WARNING.test(warning));
    expect(others).toEqual(
      [...one.expect.stderr.matchAll(/ msg="(.*)"$/gm)].map(([, text]) => JSON.parse(`"${text}"`)),
    );
  });

  test.each(same.filter((one) => one.expect.exit !== 0))('$id fails', async (one) => {
    const error = await failureOf(one);
    expect(error.exitStatus).toBe(one.expect.exit);
    expect(one.expect.stderr).toContain(error.message);
  });

  test.each(CASES.filter(({ id }) => id in DECIDED_LATER))('$id is handed on', async (one) => {
    const { groups } = await encrypt(one, hostOf(one));
    expect(groups.length).toBeGreaterThan(0);
  });

  test('a rule without keys gives one empty group', async () => {
    const one = caseOf('nothing-in-rule');
    expect((await encrypt(one, hostOf(one))).groups).toEqual([[]]);
  });
});

describe('encrypt differently than the binary', () => {
  useStandInProviders();

  test('the configuration above the file is used when there is none above the working directory', async () => {
    const one = caseOf('cwd-elsewhere');
    const { groups, options } = await encrypt(one, hostOf(one));
    expect({ groups, options }).toEqual({
      groups: caseOf('first-match').expect.groups,
      options: caseOf('first-match').expect.options,
    });
  });

  test('a missing rule is a warning when the keys are given', async () => {
    const one = caseOf('flag-no-matching-rule');
    const { groups, warnings } = await encrypt(one, hostOf(one));
    expect(groups).toEqual(caseOf('flag-with-config').expect.groups);
    expect(warnings.join()).toMatch(
      /no creation rule of \.sops\.yaml is for .*blob\.txt; only the keys given are used/,
    );
  });

  test('the encryption context is applied to the keys of a rule', async () => {
    const one = caseOf('context-subcommand');
    const { groups } = await encrypt(one, hostOf(one));
    expect(groups).toEqual([
      [{ kms_key: { arn: 'arn:aws:kms:us-west-2:123456789012:key/1111aaaa', context: { k: 'v' } } }],
    ]);
  });

  test('a context without a value is an error, not a crash', async () => {
    const error = await failureOf(caseOf('context-null'));
    expect(error.code).toBe('config');
    expect(error.message).toContain('key "a" needs a value');
  });

  test('a repeated key is an error', async () => {
    const error = await failureOf(caseOf('duplicate-key'));
    expect(error.code).toBe('config');
    expect(error.message).toBe(
      'error loading config: Could not unmarshal config file: yaml: unmarshal errors:\n  line 3: mapping key "creation_rules" already defined at line 1',
    );
  });

  test('that later rules match the file too is the usual layout, and no warning', async () => {
    const one = caseOf('first-match');
    const host = hostOf(one);
    await encrypt(one, host);
    expect(host.warnings).toEqual([]);
  });
});
