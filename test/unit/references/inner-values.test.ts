/** What a reference within another one gives is a value: it stands in no message, and goes to no store unless the user allows that. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { concealed } from '../../../src/references/concealed.js';
import { SCHEMES } from '../../../src/references/registry.js';
import { Resolver } from '../../../src/references/resolver.js';
import { sessionOf } from '../../../src/util/host/session.js';
import { Desk } from '../../support/desk.js';
import { HttpService, unusedPort } from '../keys/http-service.js';

const VALUE = 'Swordfish-9';
const INNER = 'ref+file://inner.yaml#/p+';
const desk = new Desk();
let env: Record<string, string>;

beforeAll(async () => {
  desk.write('inner.yaml', `p: ${VALUE}\n`);
  const url = `http://127.0.0.1:${await unusedPort()}`;
  env = {
    ...{ VAULT_ADDR: url, VAULT_TOKEN: 't', BAO_ADDR: url, BAO_TOKEN: 't', VAULT_MAX_RETRIES: '0' },
    ...{
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: 'AKIA',
      AWS_SECRET_ACCESS_KEY: 's',
      AWS_REGION: 'x',
      AWS_MAX_ATTEMPTS: '1',
    },
    ...{ OP_CONNECT_HOST: url, OP_CONNECT_TOKEN: 't', SOPS_TS_KEY_TIMEOUT: '5' },
    CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER: url,
  };
});
afterAll(() => desk.remove());

describe('a message', () => {
  test.each(
    SCHEMES.flatMap((scheme) => [
      `${scheme}://v1/Secret/${INNER}/x/y`,
      `${scheme}://v1/${INNER}#/y`,
      `${scheme}://v1/x?${INNER}=1#/${INNER}`,
    ]),
  )('does not hold it: %s', { timeout: 60_000 }, async (address) => {
    const ran = await desk.run(['--verbose', 'refs', 'get', `ref+${address}`], { env });
    // Where the reference itself is the value there is nothing to fail.
    expect([ran.status === 0 || ran.stderr !== '', ran.status === 70], ran.stderr).toEqual([true, false]);
    expect(ran.stderr.toLowerCase()).not.toContain(VALUE.toLowerCase());
  });

  test('does not hold what a server says of it, nor the hint', async () => {
    const server = await HttpService.start(({ path }) => ({
      status: 403,
      body: JSON.stringify({ errors: [`no right to ${path}`] }),
    }));
    const ran = await desk.run(['refs', 'get', `ref+vault://secret/data/${INNER}/x#/y`], {
      env: { VAULT_ADDR: server.url, VAULT_TOKEN: 'token-of-the-test' },
    });
    await server.close();
    expect(ran.stderr).toContain('no right to /v1/sys/internal/ui/mounts/secret/data/…/x');
  });

  test('in the audit log, when it names what was lent, does not hold it', async () => {
    const body = JSON.stringify({ lease_id: 'x', lease_duration: 60, renewable: true, data: { user: 'u' } });
    const server = await HttpService.start(({ method }) => ({ body: method === 'GET' ? body : '{}' }));
    const { url: address } = server;
    const leases: string[] = [];
    const resolver = new Resolver({
      host: sessionOf({
        env: { VAULT_ADDR: server.url, VAULT_TOKEN: 'token-of-the-test' },
        ...{ cwd: desk.folder, platform: 'linux', warn: () => undefined },
        askSecret: () => Promise.reject(new Error('nobody is asked')),
      }),
      folder: desk.folder,
      allowed: new Set(['all']),
      leases: { add: ({ called }) => void leases.push(called) },
    });
    expect(await resolver.text(`ref+vault://rabbitmq/creds/${INNER}#/user`)).toBe('u');
    await server.close();
    expect(leases).toEqual([`rabbitmq/creds/… of ${address}`]);
  });

  test('in all the forms that a store may give it', () => {
    const value = 'Ab+c/d "e"//long-part';
    for (const form of [value, encodeURIComponent(value), JSON.stringify(value), value.toLowerCase(), 'x/long-part/y'])
      expect(concealed(`before ${form} behind`, [value])).not.toMatch(/c\/d|c%2F|long-part/i);
    expect(concealed('Vault says a word of it', ['a'])).toBe('Vault says … word of it');
    expect(concealed('nothing', ['', ' '])).toBe('nothing');
  });
});

describe('a value in the address of another store', () => {
  const evaluated = (reference: string, flags: readonly string[] = []) => {
    desk.write('doc.yaml', `a: ${reference}\n`);
    return desk.run(['refs', 'eval', ...flags, 'doc.yaml'], { env });
  };

  test.each([
    `ref+s3://bucket-of-the-writer/${INNER}`,
    `ref+azurekeyvault://ref+vault://secret/app#/password+/x`,
    `ref+gcpsecrets://project/ref+echo://${INNER}+`,
    `ref+k8s://v1/Secret/ns/${INNER}/key`,
  ])('is asked for only where the user allows it: %s', async (reference) => {
    const ran = await evaluated(reference);
    expect([ran.status, ran.stdout.toString()]).toEqual([reference.includes('vault:') ? 69 : 78, '']);
    if (ran.status === 78) expect(ran.stderr).toContain('whose path holds what another reference gives');
  });

  test('is asked for where they do, and where it stays on this machine', async () => {
    expect(
      (await evaluated(`ref+onepasswordconnect://prod/${INNER}#/x`, ['--allow-ref', 'onepasswordconnect'])).status,
    ).toBe(69);
    desk.write(VALUE, 'found');
    expect((await evaluated(`ref+file://${INNER}`)).stdout.toString()).toBe('a: found\n');
    expect((await evaluated('ref+vault://secret/ref+echo://xy+#/k')).status).toBe(69);
  });
});
