/** Log-ins that run out while a program reads or publishes: they are got anew, once; and clocks that are wrong. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { TestCluster } from '../../support/cluster.js';
import { GOOGLE_TOKEN, GoogleSecretManager } from '../../support/google-secret-manager.js';
import { KeyVaultSecrets } from '../../support/key-vault-secrets.js';
import { Publishing } from '../../support/publishing.js';
import { type Ran, run } from '../../support/run.js';
import { inSweeps } from '../../support/sweep.js';
import { addAz, CERTIFICATE, TOKEN as VAULT_TOKEN } from '../keys/azure-service.js';
import { HttpService, type Received, type Reply } from '../keys/http-service.js';
import { ProgramFolder } from '../keys/programs.js';

const programs = new ProgramFolder();
const services: HttpService[] = [];
let publishing: Publishing;
beforeAll(async () => {
  publishing = await Publishing.start();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const service of services.splice(0)) await service.close();
});
afterAll(async () => {
  programs.remove();
  await publishing.close();
});

const evaluate = (text: string, env: Record<string, string>): Promise<Ran> => {
  publishing.write('doc.yaml', text);
  const words = ['refs', 'eval', '--allow-ref', 'all', 'doc.yaml'];
  const PATH = process.env.PATH ?? '';
  return run(words, { cwd: publishing.folder, env: { ...publishing.env, PATH, ...env } });
};

/** A program that says something else each time: what comes first, and from the second time on. */
function turning(name: string, first: string, then: string): string {
  const mark = join(programs.path, `${name}.told`);
  writeFileSync(mark, '');
  return programs.addShellScript(
    name,
    `if [ -s '${mark}' ]; then echo '${then}'; else echo '${first}'; fi; echo x >> '${mark}'`,
  );
}
const told = (name: string): number => readFileSync(join(programs.path, `${name}.told`), 'utf8').length / 2;

describe('a cluster', () => {
  const credential = (token: string): string => JSON.stringify({ kind: 'ExecCredential', status: { token } });

  test.each(['a program', 'a token file'])('is logged in to anew by %s, once', async (by) => {
    const cluster = await TestCluster.start();
    services.push(cluster.http);
    cluster.put('prod/a', { k: 'one' });
    cluster.put('prod/b', { k: 'two' });
    let current = 'token-1';
    cluster.token = () => current;
    const command = turning('login', credential('token-1'), credential('token-2'));
    publishing.write('.token', 'token-1');
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command };
    publishing.write('.kubeconfig', cluster.config(by === 'a program' ? { exec } : { tokenFile: '.token' }));
    cluster.before = () => {
      // The first that is read ends it.
      current = 'token-2';
      publishing.write('.token', 'token-2');
      return undefined;
    };
    const text = 'a: ref+k8s://v1/Secret/prod/a/k\nb: ref+echo://x/y\nc: ref+k8s://v1/Secret/prod/b/k\n';
    const ran = await evaluate(text, { KUBECONFIG: join(publishing.folder, '.kubeconfig') });
    expect(ran).toMatchObject({ status: 0, stdout: Buffer.from('a: one\nb: x/y\nc: two\n') });
    if (by === 'a program') expect(told('login')).toBe(2);
  });

  test('that takes no log-in is asked twice at most', async () => {
    const cluster = await TestCluster.start();
    services.push(cluster.http);
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: turning('wrong', credential('token-1'), credential('token-2')),
    };
    publishing.write('.kubeconfig', cluster.config({ exec }));
    const ran = await evaluate('a: ref+k8s://v1/Secret/prod/a/k\n', {
      KUBECONFIG: join(publishing.folder, '.kubeconfig'),
    });
    expect([ran.status, cluster.http.received.length]).toEqual([77, 2]);
    expect(ran.stderr).not.toMatch(/token-[12]/);
  });
});

inSweeps(() => {
  describe('Google', () => {
    test('gives a machine a new token, also while it publishes', async () => {
      const service = await GoogleSecretManager.start();
      let asked = 0;
      const metadata = await HttpService.start(() => ({
        headers: { 'metadata-flavor': 'Google', 'content-type': 'application/json' },
        body: JSON.stringify({ access_token: asked++ === 0 ? 'of-before' : GOOGLE_TOKEN, expires_in: 3600 }),
      }));
      services.push(service.http, metadata);
      const address = new URL(metadata.url).host;
      // The package reads it from the process.
      vi.stubEnv('GCE_METADATA_HOST', address);
      const { GOOGLE_OAUTH_ACCESS_TOKEN: _, ...endpoint } = service.env;
      publishing.rules('  - gcp_secretmanager: projects/team\n    layout: per_key\n');
      await publishing.seal('app.yaml', 'A: x\nB: y\n');
      const env = { ...endpoint, GCE_METADATA_HOST: address, METADATA_SERVER_DETECTION: '' };
      expect(await publishing.publish(['--yes', 'app.yaml'], { env })).toMatchObject({ status: 0 });
      expect([asked, service.secrets.size]).toEqual([2, 2]);
    });
  });

  describe('Azure', () => {
    test('gives a new token', async () => {
      const vault = await KeyVaultSecrets.start();
      services.push(vault.http);
      vault.put('a', 'one');
      addAz(programs, 'of-before');
      vi.stubEnv('PATH', `${programs.path}:${process.env.PATH}`);
      vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'AzureCLICredential');
      vault.refused = () => addAz(programs, VAULT_TOKEN);
      const at = new URL(vault.http.url).host;
      const ran = await evaluate(`a: ref+azurekeyvault://${at}/a\n`, { SSL_CERT_FILE: CERTIFICATE });
      expect(ran).toMatchObject({ status: 0, stdout: Buffer.from('a: one\n') });
    });
  });

  describe('AWS', () => {
    const json = (body: object, status = 200, headers: Record<string, string> = {}): Reply => ({
      status,
      headers: { 'content-type': 'application/x-amz-json-1.1', ...headers },
      body: JSON.stringify(body),
    });
    const keys = (id: string): string =>
      JSON.stringify({ Version: 1, AccessKeyId: id, SecretAccessKey: `secret-of-${id}` });

    async function service(answer: (request: Received) => Reply): Promise<Record<string, string>> {
      const http = await HttpService.start(answer);
      services.push(http);
      const command = turning('keys', keys('AKIAONE'), keys('AKIATWO'));
      const config = publishing.write('.aws', `[default]\nregion = eu-central-1\ncredential_process = ${command}\n`);
      const none = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
      return { ...none, AWS_CONFIG_FILE: config, AWS_ENDPOINT_URL: http.url };
    }
    const ofTheFirst = ({ headers }: Received): boolean => String(headers.authorization).includes('AKIAONE');

    test('gives new keys in place of those of a session that is over', async () => {
      let read = 0;
      const env = await service((request) =>
        ofTheFirst(request) && read++ > 0
          ? json({ __type: 'ExpiredTokenException', message: 'words' }, 400)
          : json({ SecretString: 'value' }),
      );
      const ran = await evaluate('a: ref+awssecrets://one\nb: ref+awssecrets://two\n', env);
      expect(ran).toMatchObject({ status: 0, stdout: Buffer.from('a: value\nb: value\n') });
      expect(told('keys')).toBe(2);
    });

    test('gives new keys while it is published to', async () => {
      const env = await service((request) => {
        const isReading = String(request.headers['x-amz-target']).endsWith('GetSecretValue');
        if (ofTheFirst(request) && !isReading) return json({ __type: 'ExpiredTokenException', message: 'words' }, 400);
        return isReading ? json({ __type: 'ResourceNotFoundException' }, 400) : json({});
      });
      publishing.rules('  - aws_secretsmanager: app\n');
      await publishing.seal('app.yaml', 'A: x\n');
      expect(await publishing.publish(['--yes', 'app.yaml'], { env })).toMatchObject({ status: 0 });
    });

    test('is asked again by its own clock when this one is wrong', async () => {
      const DAY = 86_400_000;
      const env = await service(({ headers }) => {
        const sent = String(headers['x-amz-date']).replace(/(....)(..)(..)T(..)(..)(..)Z/, '$1-$2-$3T$4:$5:$6Z');
        const now = Date.now() + DAY;
        return Math.abs(Date.parse(sent) - now) > 300_000
          ? json({ __type: 'InvalidSignatureException', message: 'Signature expired' }, 400, {
              date: new Date(now).toUTCString(),
            })
          : json({ SecretString: 'value' });
      });
      const ran = await evaluate('a: ref+awssecrets://one\n', env);
      expect(ran).toMatchObject({ status: 0, stdout: Buffer.from('a: value\n') });
    });
  });
});

test('a time at which to try again is one of the clock of the server', async () => {
  let asked = 0;
  const service = await HttpService.start(() => {
    const year = Date.parse('2036-05-05T10:00:00Z');
    const headers = { date: new Date(year).toUTCString(), 'retry-after': new Date(year).toUTCString() };
    return asked++ === 0
      ? { status: 503, headers, body: '{}' }
      : { body: JSON.stringify({ fields: [{ id: 'k', label: 'k', value: 'value' }] }) };
  });
  services.push(service);
  const text = `a: ref+onepasswordconnect://${'v'.repeat(26)}/${'i'.repeat(26)}#/k\n`;
  const ran = await evaluate(text, { OP_CONNECT_HOST: service.url, OP_CONNECT_TOKEN: 'token' });
  expect([ran.status, ran.stdout.toString(), asked]).toEqual([0, 'a: value\n', 2]);
});
