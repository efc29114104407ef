/** Recipients of a file that no rule names: told when they would get a new data key. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/config.js';
import { creationRuleFor } from '../../../src/config/creation-rule.js';
import { keyGroupsFor } from '../../../src/config/key-groups.js';
import { generateIdentity } from '../../../src/keys/age/x25519.js';
import type { KeyGroup } from '../../../src/keys/provider.js';
import { warnOfStrangers } from '../../../src/operations/strangers.js';
import { trustConfig } from '../../../src/operations/trust.js';
import { Desk } from '../../support/desk.js';
import { hostOf } from '../keys/host.js';

const ARN = 'arn:aws:kms:eu-central-1:123456789012:key/7714839b-3234-4fce-a6c6-31b434d17a52';
const VAULT = 'https://kv1.vault.azure.net';
const ID = 'projects/p1/locations/global/keyRings/ring/cryptoKeys/key';
const FINGERPRINT = 'B050EB6CD63B990492E0F13DF88364F792761441';
const TRANSIT = 'http://127.0.0.1:8200/v1/transit/keys/sops';

let desk: Desk;
beforeAll(() => {
  desk = new Desk();
});
afterAll(() => desk.remove());

/** The groups that a rule gives, and what is told of a file with them under another configuration, or the same. */
async function told(rule: object, other: object = rule): Promise<string[]> {
  const groups = (await load(rule)).groups;
  const { config, host } = await load(other);
  return warnOfStrangers(groups, config, host);
}

async function load(rule: object) {
  const host = hostOf({ cwd: desk.folder });
  const configPath = desk.write('.sops.yaml', JSON.stringify({ creation_rules: [rule] }));
  const config = await loadConfig({ configPath, filePath: 'f.yaml', host });
  if (!config) throw new Error('there is no configuration');
  trustConfig(config, host);
  const groups: KeyGroup[] = await keyGroupsFor({ rule: await creationRuleFor(config, 'f.yaml', host), host });
  return { config, host, groups };
}

const flat = () => ({
  age: desk.recipient,
  pgp: FINGERPRINT.toLowerCase().replace(/(.{4})/g, '$1 '),
  kms: `${ARN}+arn:aws:iam::123456789012:role/sops`,
  aws_profile: 'dev',
  gcp_kms: ID,
  azure_keyvault: `${VAULT}/keys/k/v1`,
  hc_vault_transit_uri: TRANSIT,
  hckms: ['tr-west-1:uuid'],
});
const grouped = () => ({
  key_groups: [
    { age: [desk.recipient], pgp: [FINGERPRINT], hc_vault: [TRANSIT] },
    { kms: [{ arn: ARN, context: { a: 'b' } }], gcp_kms: [{ resource_id: ID }], hckms: [{ key_id: 'tr-west-1:uuid' }] },
    { merge: [{ azure_keyvault: [{ vaultUrl: VAULT, key: 'k', version: 'v1' }] }] },
  ],
});

describe('of the keys of a file', () => {
  test('those that the rules name are no strangers, in whatever form', async () => {
    expect(await told(flat())).toEqual([]);
    expect(await told(grouped())).toEqual([]);
    expect(await told({ azure_keyvault: `${VAULT}/keys/k/v1` }, { azure_keyvault: `${VAULT}/keys/k/v2` })).toHaveLength(
      1,
    );
    expect(await told({ pgp: FINGERPRINT }, { pgp: FINGERPRINT.slice(-16) })).toEqual([]);
  });

  test('the others are, of every type', async () => {
    const { recipient } = generateIdentity();
    const strangers = await told(grouped(), { age: recipient });
    expect(strangers).toHaveLength(7);
    for (const name of [desk.recipient, FINGERPRINT, ARN, ID, VAULT, TRANSIT, 'tr-west-1:uuid']) {
      expect(strangers.filter((warning) => warning.startsWith(name))).toHaveLength(1);
    }
  });

  test('nothing is known without a configuration', async () => {
    expect(await warnOfStrangers([[]], null, hostOf())).toEqual([]);
  });
});

describe('rotate', () => {
  const stranger = generateIdentity().recipient;

  test('tells of a recipient that was pasted into the file, and not of one that it adds or removes', async () => {
    desk.write('.sops.yaml', JSON.stringify({ creation_rules: [{ age: desk.recipient }] }));
    const sealed = await desk.encrypt('f.yaml', 'a: 1\n', '--age', `${desk.recipient},${stranger}`);
    desk.write('f.yaml', sealed);
    const ran = await desk.run(['rotate', '-i', 'f.yaml']);
    expect(ran).toMatchObject({
      status: 0,
      stderr: expect.stringContaining(`warning: ${stranger} can read the new version`),
    });
    expect(await desk.run(['rotate', '-i', '--rm-age', stranger, 'f.yaml'])).toMatchObject({ status: 0, stderr: '' });
    expect(await desk.run(['rotate', '-i', '--add-age', stranger, 'f.yaml'])).toMatchObject({ status: 0, stderr: '' });
    expect((await desk.run(['rotate', '-i', 'f.yaml'])).stderr).toContain(stranger);
  });
});
