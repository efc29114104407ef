/** What counts as named by the user, the allow lists, and that operations tell providers what `.sops.yaml` names. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/config.js';
import { createDataKey } from '../../../src/datakey/create.js';
import type { MasterKey } from '../../../src/keys/provider.js';
import {
  checkTarget,
  NO_CREDENTIALS,
  namedKeys,
  noteKeys,
  type TrustTarget,
  trustedKeys,
  trustKeys,
} from '../../../src/keys/trust.js';
import { LocalKeyService } from '../../../src/keyservice/local.js';
import { trustConfig } from '../../../src/run/trust.js';
import { run } from '../../support/run.js';
import { fixturePath } from './entries.js';
import { hostOf } from './host.js';
import { ProgramFolder } from './programs.js';
import { recordingOf } from './wire.js';

/** Keys in every place of a configuration that can name some. */
const NAMING_KEYS = `creation_rules:
  - path_regex: never
    hc_vault_transit_uri: "http://a/v1/t/keys/k, http://b/v1/t/keys/k"
    age: 5
  - key_groups:
      - hc_vault: [http://c/v1/t/keys/k]
        azure_keyvault: [{ vaultUrl: https://d, key: k }]
        merge:
          - merge: [{ kms: [{ arn: x, role: arn:r }] }]
destination_rules:
  - s3_bucket: b
    recreation_rule: { hc_vault_transit_uri: http://e/v1/t/keys/k }
`;

describe('what the user named', () => {
  test('is remembered for that run and type alone', () => {
    const host = hostOf();
    trustKeys(host, 'hc_vault', ['a', 'b']);
    trustKeys(host, 'hc_vault', ['c']);
    expect(trustedKeys(host, 'hc_vault')).toEqual(['a', 'b', 'c']);
    expect(trustedKeys(host, 'kms')).toEqual([]);
    expect(trustedKeys(hostOf(), 'hc_vault')).toEqual([]);
  });

  test('is told apart from what a configuration names', () => {
    const host = hostOf();
    trustKeys(host, 'age', ['a']);
    noteKeys(host, 'age', ['b'], { path: '.sops.yaml', vouches: async () => true });
    expect(trustedKeys(host, 'age')).toEqual(['a']);
    expect(namedKeys(host, 'age')).toEqual(['a', 'b']);
  });

  test('all rules of the configuration name keys, those of groups, merged groups and publishing too', async () => {
    const folder = new ProgramFolder();
    folder.write('.sops.yaml', NAMING_KEYS);
    const host = hostOf({ cwd: folder.path });
    trustConfig(await loadConfig({ host }), host);
    folder.remove();
    for (const type of ['hc_vault', 'azure_kv', 'kms']) expect(trustedKeys(host, type)).toEqual([]);
    expect(namedKeys(host, 'hc_vault')).toEqual([
      'http://a/v1/t/keys/k',
      'http://b/v1/t/keys/k',
      'http://c/v1/t/keys/k',
      'http://e/v1/t/keys/k',
    ]);
    expect(namedKeys(host, 'azure_kv')).toEqual([
      new Map([
        ['vault_url', 'https://d'],
        ['name', 'k'],
        ['version', ''],
      ]),
    ]);
    expect(namedKeys(host, 'kms')).toMatchObject([
      new Map<string, unknown>([
        ['arn', 'x'],
        ['role', 'arn:r'],
        ['context', new Map()],
        ['aws_profile', ''],
      ]),
    ]);
    expect(namedKeys(host, 'age')).toEqual([]);
  });

  test('no configuration names nothing', () => {
    const host = hostOf();
    trustConfig(null, host);
    expect(namedKeys(host, 'hc_vault')).toEqual([]);
  });
});

describe('a target', () => {
  const target = (chosen: boolean): TrustTarget => ({
    called: 'the place p1',
    variable: 'LIST',
    entry: 'p1',
    covers: (entry) => entry === 'p1',
    type: 'some',
    isChosen: () => chosen,
    isNamedBy: (key) => key === 'p1',
    refusal: NO_CREDENTIALS,
    advice: 'name it by a variable',
  });
  const check =
    (list: string | undefined, chosen: boolean, more: { calledAsSops?: true } = {}) =>
    () =>
      checkTarget(target(chosen), { ...hostOf({ env: { LIST: list } }), ...more });

  test.each([
    [undefined, true],
    ['', true],
    ['all', false],
    ['p1', false],
    [' p2 , p1 ', false],
    // A list of others takes nothing away from what the user chose.
    ['p2', true],
    ['all,p2', true],
  ])('passes: list %j, chosen %s', (list, chosen) => check(list, chosen)());

  test.each([
    [undefined, false, /^the place p1 is named by the file only, so your credentials are not used with it$/],
    ['', false, /^the place p1 is named by the file only/],
    ['none', true, /^Allowlist does not allow p1$/],
    ['p2', false, /^Allowlist does not allow p1$/],
    ['all,p2', false, /^Allowlist does not allow p1$/],
    ['p1,', true, /^LIST's entry 2 is empty$/],
    [',p1', true, /^LIST's entry 1 is empty$/],
  ])('does not pass: list %j, chosen %s', async (list, chosen, message) => {
    await expect(check(list, chosen)()).rejects.toMatchObject({ code: 'key', message: expect.stringMatching(message) });
  });

  test('called as sops the list is the whole answer, as there', async () => {
    await expect(check('p2', true, { calledAsSops: true })()).rejects.toMatchObject({
      message: 'Allowlist does not allow p1',
      hint: 'LIST decides; list it there if you trust it.',
    });
    await check('p1', false, { calledAsSops: true })();
  });

  test('passes beside a list of others if a configuration that the user trusts names it, and not if the list is of none', async () => {
    const ask = (list: string, trusts: boolean) => {
      const host = hostOf({ env: { LIST: list } });
      noteKeys(host, 'some', ['p1'], { path: '.sops.yaml', vouches: async () => trusts });
      return checkTarget(target(false), host);
    };
    await ask('p2', true);
    await expect(ask('none', true)).rejects.toMatchObject({ message: 'Allowlist does not allow p1' });
    await expect(ask('p2', false)).rejects.toMatchObject({
      message: 'Allowlist does not allow p1',
      hint: expect.stringMatching(/run sops-ts trust .* name it by a variable, or list it in LIST\.$/),
    });
  });

  test('the error says how to allow it, quoting nothing that could be pasted into a shell', async () => {
    await expect(check(undefined, false)()).rejects.toMatchObject({
      hint: 'If you trust it, name it by a variable, name it in .sops.yaml and run sops-ts trust, or list it in LIST (the word all lists everything, as SOPS does).',
    });
  });
});

test('the program says how to allow an address that only the file names, decrypting and wrapping anew', async () => {
  const folder = new ProgramFolder();
  const recording = recordingOf('vault-transit');
  copyFileSync(fixturePath(recording.file), join(folder.path, 'file.yaml'));
  const ran = await run(['decrypt', 'file.yaml'], { cwd: folder.path, env: { VAULT_TOKEN: 'root' } });
  folder.remove();
  expect(ran.status).toBe(128);
  expect(ran.stderr).toMatch(/the Vault address http:\/\/127\.0\.0\.1:\d+ is named by the file only/);
  expect(ran.stderr).toMatch(/If you trust it, set VAULT_ADDR .*\.sops\.yaml.*SOPS_HC_VAULT_ALLOWLIST/);
  expect(ran.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(5);

  const key: MasterKey = {
    type: 'hc_vault',
    fields: new Map([
      ['vault_address', 'http://x'],
      ['engine_path', 't'],
      ['key_name', 'k'],
    ]),
    enc: '',
  };
  const wrapping = createDataKey({ keyGroups: [[key]], shamirThreshold: 0 }, [new LocalKeyService(hostOf())]);
  await expect(wrapping).rejects.toMatchObject({
    code: 'data-key-not-wrapped',
    hint: expect.stringContaining('SOPS_HC_VAULT_ALLOWLIST'),
  });
});
