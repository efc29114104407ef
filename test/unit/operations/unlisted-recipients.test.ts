/** Recipients of a file that no rule names: told when they would get a new data key. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect } from 'vitest';
import { loadConfig } from '../../../src/config/config.js';
import { creationRuleFor } from '../../../src/config/creation-rule.js';
import { keyGroupsFor } from '../../../src/config/key-groups.js';
import { generateIdentity } from '../../../src/keys/age/x25519.js';
import type { KeyGroup } from '../../../src/keys/provider.js';
import { checkListed } from '../../../src/operations/unlisted-recipients.js';
import { trustConfig } from '../../../src/run/trust.js';
import { Desk } from '../../support/desk.js';
import { sampledTest } from '../../support/sweep.js';
import { hostOf } from '../keys/host.js';

const test = sampledTest(2);

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

/** The groups that a rule gives, and who of them is a stranger under another configuration, or the same. */
async function strangers(rule: object, other: object = rule): Promise<string> {
  const groups = (await load(rule)).groups;
  const { config, host } = await load(other);
  return checkListed(groups, { config, file: 'f.yaml', host }).then(
    () => '',
    (error: Error) => error.message,
  );
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
    expect(await strangers(flat())).toBe('');
    expect(await strangers(grouped())).toBe('');
    const older = { azure_keyvault: `${VAULT}/keys/k/v2` };
    expect(await strangers({ azure_keyvault: `${VAULT}/keys/k/v1` }, older)).toContain('names https:');
    expect(await strangers({ pgp: FINGERPRINT }, { pgp: FINGERPRINT.slice(-16) })).toBe('');
  });

  test('the others are, of every type', async () => {
    const told = await strangers(grouped(), { age: generateIdentity().recipient });
    for (const name of [desk.recipient, FINGERPRINT, ARN, ID, VAULT, TRANSIT, 'tr-west-1:uuid']) {
      expect(told).toContain(name);
    }
  });
});

describe('a recipient that was pasted into a file', () => {
  const stranger = generateIdentity().recipient;
  const known = generateIdentity();
  const pasted = `no rule of .sops.yaml names ${stranger}`;

  beforeEach(async () => {
    desk.clear();
    desk.write(
      '.sops.yaml',
      `keys:\n  - &me ${desk.recipient}\n  - &you ${known.recipient}\ncreation_rules:\n  - age: [*me, *you]\n`,
    );
    const flags = ['--age', `${desk.recipient},${known.recipient},${stranger}`];
    desk.write('f.yaml', await desk.encrypt('f.yaml', 'a: 1\n', ...flags));
  });

  /** Runs what would wrap for the stranger: refused, as `sops` warned of, and done when told to. */
  async function expectGuarded(words: readonly string[]): Promise<void> {
    const before = desk.text('f.yaml');
    const refused = await desk.run(words);
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining(pasted) });
    expect(refused.stderr).toContain('--keep-unlisted');
    expect(desk.text('f.yaml')).toBe(before);
    const asked = await desk.run([...words.slice(0, 2), '--keep-unlisted', ...words.slice(2)]);
    expect(asked.status, asked.stderr).toBe(0);
    expect(asked.stderr).not.toContain(stranger);
    desk.write('f.yaml', before);
    const asSops = await desk.run(words, { env: { SOPS_TS_AS: 'sops' } });
    expect(asSops).toMatchObject({ status: 0, stderr: expect.stringContaining(`${stranger}: named by no rule`) });
    expect(desk.text('f.yaml')).not.toBe(before);
  }

  test('gets no new key by rotate', () => expectGuarded(['rotate', '-i', 'f.yaml']));

  test('gets no part of the key by groups add', () =>
    expectGuarded(['groups', 'add', '-i', '-f', 'f.yaml', '--age', desk.recipient]));

  test('gets no part of the key by groups delete', async () => {
    const words = ['groups', 'add', '--keep-unlisted', '-i', '-f', 'f.yaml', '--age', desk.recipient];
    expect((await desk.run(words)).status).toBe(0);
    await expectGuarded(['groups', 'delete', '-i', '-f', 'f.yaml', '--shamir-secret-sharing-threshold', '1', '1']);
  });

  test('gets no new key by revoke, which then leaves the configuration alone, too', async () => {
    const config = desk.text('.sops.yaml');
    const before = desk.text('f.yaml');
    expect(await desk.run(['revoke', '-y', 'you'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(pasted),
    });
    expect([desk.text('.sops.yaml'), desk.text('f.yaml')]).toEqual([config, before]);
    expect((await desk.run(['revoke', '-y', '--keep-unlisted', 'you'])).status).toBe(0);
    expect(desk.text('f.yaml')).toContain(stranger);
    expect(desk.text('f.yaml')).not.toContain(known.recipient);
  });

  test('gets no new key by edit -s, which shows why and lets it be taken out', async () => {
    const other = generateIdentity().recipient;
    const script = desk.write(
      'editor.sh',
      `grep -q 'no rule of' "$1" && cp "$1" ${desk.path('shown')} && sed -i '/${stranger}/,+1d' "$1"\n` +
        `sed -i 's/${known.recipient}/${other}/' "$1"\n`,
    );
    const env = { EDITOR: `sh ${script}` };
    const refused = await desk.run(['edit', '-s', 'f.yaml'], { env, stdin: '\n\n\n' });
    expect(desk.text('shown')).toContain(stranger);
    expect(refused.stderr).toContain('no rule of');
  });

  test('is no hindrance when it is taken out, or was asked for', async () => {
    expect(await desk.run(['rotate', '-i', '--rm-age', stranger, 'f.yaml'])).toMatchObject({ status: 0, stderr: '' });
    expect(await desk.run(['rotate', '-i', '--add-age', stranger, 'f.yaml'])).toMatchObject({ status: 0, stderr: '' });
    expect((await desk.run(['rotate', '-i', 'f.yaml'])).stderr).toContain(pasted);
  });

  test('is no hindrance to updatekeys, which takes it out', async () => {
    expect((await desk.run(['updatekeys', '-y', 'f.yaml'])).status).toBe(0);
    expect(desk.text('f.yaml')).not.toContain(stranger);
  });

  test('is listed with the others where no rules say who is to read the file', async () => {
    rmSync(desk.path('.sops.yaml'));
    const ran = await desk.run(['rotate', '-i', 'f.yaml']);
    const all = [desk.recipient, known.recipient, stranger].join(', ');
    expect(ran).toMatchObject({ status: 0, stderr: expect.stringContaining(`gets the data key: ${all}`) });
  });
});
