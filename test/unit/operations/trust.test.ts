/** Credentials and plug-ins that only a configuration asks for: used once the user has trusted it, as it is. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { loadConfig } from '../../../src/config/config.js';
import { isTrusted, recordTrust } from '../../../src/config/trust-record.js';
import { encodeBech32 } from '../../../src/keys/age/bech32.js';
import { checkTarget, type TrustTarget } from '../../../src/keys/trust.js';
import { checkListed } from '../../../src/operations/unlisted-recipients.js';
import { trustConfig } from '../../../src/run/trust.js';
import { Desk } from '../../support/desk.js';
import { sampledTest } from '../../support/sweep.js';
import { hostOf } from '../keys/host.js';
import { ProgramFolder } from '../keys/programs.js';
import { TOKEN, VaultService } from '../keys/vault-service.js';

const test = sampledTest(2);

const ROLE = 'arn:aws:iam::123456789012:role/other';
const ARN = 'arn:aws:kms:eu-central-1:123456789012:key/7714839b-3234-4fce-a6c6-31b434d17a52';

let desk: Desk;
let service: VaultService;
const programs = new ProgramFolder();
beforeAll(async () => {
  service = await VaultService.start();
  programs.addFixture('age-plugin-fake');
});
beforeEach(() => {
  desk = new Desk();
  mkdirSync(desk.path('clone'));
  service.http.received.splice(0);
  desk.write('f.yaml', 'a: 1\n');
});
afterEach(() => desk.remove());
afterAll(async () => {
  programs.remove();
  await service.http.close();
});

const rules = (rule: object, more: object = {}) =>
  desk.write('.sops.yaml', JSON.stringify({ creation_rules: [rule], ...more }));
const transit = () => ({ hc_vault_transit_uri: service.key('k') });
const env = () => ({ SOPS_AGE_RECIPIENTS: '', VAULT_TOKEN: TOKEN, VAULT_MAX_RETRIES: '0' });
const run = (words: readonly string[], more: Record<string, string> = {}) =>
  desk.run(words, { env: { ...env(), ...more } });
const encrypt = (more: Record<string, string> = {}) => run(['encrypt', 'f.yaml'], more);
const records = () => desk.path('home/.config/sops-ts/trust');

describe('a Vault address that a configuration names', () => {
  beforeEach(() => void rules(transit()));

  test('gets no token, and the error says how to change that', async () => {
    const ran = await encrypt();
    expect(ran.status).not.toBe(0);
    expect(service.http.received).toEqual([]);
    expect(ran.stderr).toContain(`the Vault address ${service.url} is named only by .sops.yaml`);
    for (const way of ['sops-ts trust', 'VAULT_ADDR', 'SOPS_HC_VAULT_ALLOWLIST']) expect(ran.stderr).toContain(way);
    expect(ran.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(5);
  });

  test('gets none either for a file that names it, too', async () => {
    const sealed = await run(['encrypt', '--hc-vault-transit', service.key('k'), 'f.yaml']);
    expect(sealed.status, sealed.stderr).toBe(0);
    desk.write('clone/s.yaml', sealed.stdout);
    desk.write('clone/.sops.yaml', readFileSync(desk.path('.sops.yaml')));
    rmSync(desk.path('.sops.yaml'));
    service.http.received.splice(0);
    for (const as of ['', 'sops']) {
      // Beside the file alone, where sops does not look.
      const ran = await run(['decrypt', 'clone/s.yaml'], { SOPS_TS_AS: as });
      expect(ran.status).toBe(128);
      expect(service.http.received).toEqual([]);
    }
    expect((await run(['trust', 'clone'])).status).toBe(0);
    expect(await run(['decrypt', 'clone/s.yaml'])).toMatchObject({ status: 0, stderr: '' });
  });

  test.each<[string, () => Record<string, string>]>([
    ['VAULT_ADDR', () => ({ VAULT_ADDR: service.url })],
    ['SOPS_HC_VAULT_ALLOWLIST', () => ({ SOPS_HC_VAULT_ALLOWLIST: service.url })],
    ['SOPS_TS_TRUST', () => ({ SOPS_TS_TRUST: 'all' })],
  ])('gets it where %s says so', async (_, more) => {
    expect(await encrypt(more())).toMatchObject({ status: 0, stderr: '' });
  });

  test('gets it for a key that a flag names', async () => {
    expect((await run(['encrypt', '--hc-vault-transit', service.key('k'), 'f.yaml'])).status).toBe(0);
  });

  test('gets it called as sops, with a warning', async () => {
    const ran = await encrypt({ SOPS_TS_AS: 'sops' });
    expect(ran).toMatchObject({ status: 0, stderr: expect.stringContaining('which you have not trusted') });
  });

  test('gets it once the configuration is trusted, until it is changed', async () => {
    const trusted = await run(['trust']);
    expect(trusted.stdout.toString()).toContain(`  the Vault address ${service.url}\n`);
    expect(await encrypt()).toMatchObject({ status: 0, stderr: '' });
    rules({ ...transit(), shamir_threshold: 1 });
    expect((await encrypt()).status).not.toBe(0);
    expect((await run(['trust', '--list'])).stdout.toString()).toBe(`changed  ${desk.path('.sops.yaml')}\n`);
  });

  test('is a recipient for all that: it is named by a rule', async () => {
    const host = hostOf({ cwd: desk.folder });
    const config = await loadConfig({ host });
    trustConfig(config, host);
    const fields = { engine_path: 'transit', key_name: 'k', vault_address: service.url };
    const key = { type: 'hc_vault', fields: new Map(Object.entries(fields)), enc: '' };
    await checkListed([[key]], { config, file: 'f.yaml', host });
  });
});

describe('what else a configuration names', () => {
  test('a role is not assumed', async () => {
    rules({ kms: `${ARN}+${ROLE}` });
    const ran = await encrypt({ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' });
    expect(ran.stderr).toContain(`the role ${ROLE} is named only by .sops.yaml`);
  });

  test('an Azure host outside of the clouds is not asked, not even for a version', async () => {
    rules({ key_groups: [{ azure_keyvault: [{ vaultUrl: 'https://vault.example', key: 'k' }] }] });
    const ran = await encrypt();
    expect(ran.stderr).toContain('the Azure Key Vault https://vault.example is named only by .sops.yaml');
    expect(service.http.received).toEqual([]);
  });

  test('an age plug-in is not started, unless it is allowed or trusted', async () => {
    rules({ age: `${desk.recipient}, ${encodeBech32('age1fake', Buffer.from('plain'))}` });
    const start = (more: Record<string, string> = {}) =>
      encrypt({ PATH: programs.path, FAKE_PLUGIN_LOG: desk.path('log'), ...more });
    const refused = await start();
    expect(refused.stderr).toContain('the age plug-in "fake" is named only by .sops.yaml');
    expect(refused.stderr).toContain('so it is not started');
    expect(desk.names()).not.toContain('log');
    expect((await start({ SOPS_AGE_PLUGIN_ALLOWLIST: 'other' })).stderr).toContain('Allowlist does not allow fake');
    expect((await start({ SOPS_AGE_PLUGIN_ALLOWLIST: 'other, fake' })).status).toBe(0);
    expect((await run(['trust'])).stdout.toString()).toContain('  the age plug-in "fake"\n');
    expect((await start()).status).toBe(0);
    expect((await start({ SOPS_AGE_PLUGIN_ALLOWLIST: 'other' })).status).toBe(0);
    expect((await start({ SOPS_AGE_PLUGIN_ALLOWLIST: 'none' })).stderr).toContain('Allowlist does not allow fake');
  });

  test('a Vault to publish to gets neither token nor values', async () => {
    rules({ age: desk.recipient }, { destination_rules: [{ vault_path: 'p', vault_address: service.url }] });
    desk.write('s.yaml', (await encrypt()).stdout);
    const refused = await run(['publish', '--yes', 's.yaml']);
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('to publish to is named only by') });
    expect(service.http.received).toEqual([]);
    expect((await run(['trust'])).stdout.toString()).toContain(`the Vault address ${service.url} to publish to`);
    await run(['publish', '--yes', 's.yaml']);
    expect(service.http.received).not.toEqual([]);
  });

  test('what is in the known clouds needs no trust', async () => {
    rules({ age: desk.recipient, azure_keyvault: 'https://kv.vault.azure.net/keys/k/v', kms: ARN });
    expect((await run(['trust'])).stdout.toString()).toContain('names no address, role or plug-in');
  });
});

describe('the record', () => {
  beforeEach(() => void rules(transit()));

  test("is the user's alone, and forgotten by --remove", async () => {
    await run(['trust', '.']);
    expect(statSync(records()).mode & 0o777).toBe(0o700);
    const [name = ''] = readdirSync(records());
    expect(statSync(join(records(), name)).mode & 0o777).toBe(0o600);
    const listed = await run(['trust', '--list']);
    expect(listed.stdout.toString()).toBe(`trusted  ${desk.path('.sops.yaml')}\n`);
    expect((await run(['trust', '--remove'])).status).toBe(0);
    expect(readdirSync(records())).toEqual([]);
    expect((await encrypt()).status).not.toBe(0);
    expect(await run(['trust', '--remove'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('not trusted'),
    });
  });

  test('counts for nothing when others could have written it, or it is broken', async () => {
    await run(['trust']);
    const [name = ''] = readdirSync(records());
    const text = readFileSync(join(records(), name));
    for (const spoil of [
      () => chmodSync(join(records(), name), 0o666),
      () => chmodSync(records(), 0o777),
      () => writeFileSync(join(records(), name), '{'),
      () => writeFileSync(join(records(), name), text.toString().replace('.sops.yaml', 'x')),
    ]) {
      spoil();
      expect((await encrypt()).status).not.toBe(0);
      expect((await run(['trust'])).status).toBe(0);
      expect((await encrypt()).status).toBe(0);
    }
  });

  test('of a configuration that is gone can be removed', async () => {
    await run(['trust']);
    rmSync(desk.path('.sops.yaml'));
    expect((await run(['trust', '--list'])).stdout.toString()).toBe(`gone     ${desk.path('.sops.yaml')}\n`);
    expect((await run(['trust', '--remove', desk.folder])).status).toBe(0);
    expect((await run(['trust', '--list'])).stdout.toString()).toBe('');
  });

  test('allows a configuration that others can write, as it is', async () => {
    rules({ age: desk.recipient });
    chmodSync(desk.path('.sops.yaml'), 0o666);
    expect((await encrypt()).stderr).toContain('sops-ts trust');
    expect((await run(['trust'])).status).toBe(0);
    expect(await encrypt()).toMatchObject({ status: 0, stderr: '' });
    writeFileSync(desk.path('.sops.yaml'), `creation_rules: [{ age: '${desk.recipient}' }]\n`);
    expect((await encrypt()).status).toBe(1);
  });

  test('is in XDG_CONFIG_HOME where that is set', async () => {
    expect((await run(['trust'], { XDG_CONFIG_HOME: desk.path('settings') })).status).toBe(0);
    expect(readdirSync(desk.path('settings/sops-ts/trust'))).toHaveLength(1);
  });

  test('cannot be made of nothing', async () => {
    rmSync(desk.path('.sops.yaml'));
    expect(await run(['trust'])).toMatchObject({ status: 1, stderr: expect.stringContaining('config file not found') });
    expect(await run(['trust', 'a', 'b'])).toMatchObject({ status: 1, stderr: expect.stringContaining('Usage') });
    expect(await run(['trust', '--list', '--remove'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Usage'),
    });
  });
});

describe('at a terminal', () => {
  const target: TrustTarget = {
    type: 'hc_vault',
    called: 'the place',
    variable: 'LIST',
    entry: 'x',
    covers: () => false,
    isChosen: () => false,
    isNamedBy: () => true,
    refusal: 'it is not used',
    advice: 'set a variable',
  };

  /** Asks twice in a run, with that answer; how it ended, what was asked, and whether it was recorded. */
  async function answering(answer: boolean | undefined) {
    rules(transit());
    const asked: string[] = [];
    const plain = hostOf({ cwd: desk.folder, env: { HOME: desk.path('home') } });
    const host = {
      ...plain,
      confirm: async (question: string) => {
        asked.push(question);
        return answer;
      },
    };
    const config = await loadConfig({ host });
    trustConfig(config, host);
    const check = () =>
      checkTarget(target, host).then(
        () => 'used',
        () => 'refused',
      );
    const ended = await Promise.all([check(), check()]);
    return { ended, asked, isRecorded: config !== null && isTrusted(config.file, host) };
  }

  test('the user is asked once, shown what it names, and yes is remembered', async () => {
    const { ended, asked, isRecorded } = await answering(true);
    expect([ended, isRecorded]).toEqual([['used', 'used'], true]);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toContain(desk.path('.sops.yaml'));
    expect(asked[0]).toContain(`\n  the Vault address ${service.url}\n`);
    expect((await answering(false)).asked).toEqual([]);
  });

  test.each([false, undefined])('the answer %s is no', async (answer) => {
    expect(await answering(answer)).toMatchObject({ ended: ['refused', 'refused'], isRecorded: false });
  });

  test('nobody is asked about what is trusted', async () => {
    rules(transit());
    const host = hostOf({ cwd: desk.folder, env: { HOME: desk.path('home') } });
    const config = await loadConfig({ host });
    if (config) await recordTrust(config.file, host);
    expect(await answering(false)).toMatchObject({ ended: ['used', 'used'], asked: [] });
  });
});
