/** What `emit` refers to, looked up where `publish` put it: a real OpenBao. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { BAO, Bao, ROOT_TOKEN } from '../support/bao.js';
import { Desk } from '../support/desk.js';
import { announceSkipped } from '../support/programs.js';
import { validObjects } from '../support/schemas.js';

if (!BAO) announceSkipped(4, 'there is no bao program');

const BYTES = Buffer.from([0, 255, 254, 10]);
const SECRET = `apiVersion: v1
kind: Secret
metadata: {name: app, namespace: prod}
data:
  tls.key: ${BYTES.toString('base64')}
  text: ${Buffer.from('pässwörd').toString('base64')}
stringData:
  A.B-c_D: "007"
`;

interface Reference {
  readonly secretKey: string;
  readonly remoteRef: { readonly key: string; readonly property: string; readonly decodingStrategy?: string };
}

describe.skipIf(!BAO)('references of emit', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bao-'));
  const desk = new Desk();
  let bao: Bao;
  beforeAll(async () => {
    bao = await Bao.start(folder);
    bao.run('secrets', 'enable', '-path=kv1', '-version=1', 'kv');
    const rule = (more: string): string => `vault_address: ${bao.url}, ${more}`;
    const rules = [
      `  - {path_regex: ^v1, ${rule('vault_path: old, vault_kv_mount_name: kv1, vault_kv_version: 1')}}\n`,
      `  - {${rule('vault_path: team/, omit_extensions: true')}}\n`,
    ];
    desk.write('.sops.yaml', `creation_rules:\n  - age: ${desk.recipient}\ndestination_rules:\n${rules.join('')}`);
  }, 60_000);
  afterAll(async () => {
    await bao.stop();
    rmSync(folder, { recursive: true, force: true });
    desk.remove();
  });

  async function publish(name: string, content: string, ...flags: string[]): Promise<void> {
    desk.write(name, await desk.encrypt(name, content, ...flags));
    // The configuration alone would not get the token.
    const env = { VAULT_TOKEN: ROOT_TOKEN, VAULT_CACERT: bao.authority, VAULT_ADDR: bao.url };
    const ran = await desk.run(['publish', '--yes', name], { env });
    expect(ran.status, ran.stderr).toBe(0);
  }

  async function emit(...words: string[]): Promise<Record<string, unknown>> {
    const ran = await desk.run(['emit', ...words], { env: { SOPS_AGE_KEY: '' } });
    expect(ran.status, ran.stderr).toBe(0);
    return validObjects(ran.stdout.toString())[0] ?? {};
  }

  /** The values that the operator would find: by the exact name first, else along the path. */
  function resolved(object: Record<string, unknown>, mount: string): Record<string, Buffer> {
    const { data } = object.spec as { data: Reference[] };
    return Object.fromEntries(
      data.map(({ secretKey, remoteRef }) => {
        const found = held(mount, remoteRef.key);
        const path = remoteRef.property.split(/(?<!\\)\./).map((part) => part.replaceAll('\\.', '.'));
        const value =
          found[remoteRef.property] ?? path.reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], found);
        return [secretKey, Buffer.from(String(value), remoteRef.decodingStrategy === 'Base64' ? 'base64' : 'utf8')];
      }),
    );
  }

  function held(mount: string, path: string): Record<string, unknown> {
    const { data } = JSON.parse(bao.run('kv', 'get', '-format=json', `-mount=${mount}`, path));
    return mount === 'kv1' ? data : data.data;
  }

  const expected = { 'tls.key': BYTES, text: Buffer.from('pässwörd'), 'A.B-c_D': Buffer.from('007') };

  test('find every value of a Secret', async () => {
    await publish('app.enc.yaml', SECRET, '--encrypted-regex', '^(data|stringData)$');
    expect(resolved(await emit('external-secret', 'app.enc.yaml', '--store', 's'), 'secret')).toEqual(expected);
  });

  test('find every value in an engine of version 1', async () => {
    await publish('v1.yaml', SECRET, '--encrypted-regex', '^(data|stringData)$');
    expect(resolved(await emit('external-secret', 'v1.yaml', '--store', 's'), 'kv1')).toEqual(expected);
  });

  test('find every variable of a file', async () => {
    await publish('app.env', 'DB_PASS=p w\nDB.USER=u\n');
    const object = await emit('external-secret', 'app.env', '--store', 's', '--name', 'app');
    expect(resolved(object, 'secret')).toEqual({ DB_PASS: Buffer.from('p w'), 'DB.USER': Buffer.from('u') });
  });

  test('of the CSI driver name the path of the API', async () => {
    await publish('csi.env', 'DB_PASS=p w\n');
    const object = await emit('secret-provider-class', 'csi.env', '--name', 'app', '--role', 'r');
    const { parameters } = object.spec as { parameters: Record<string, string> };
    const [{ secretPath, secretKey }] = parse(parameters.objects ?? '');
    expect(parameters.vaultAddress).toBe(bao.url);
    const answer = JSON.parse(bao.run('read', '-format=json', secretPath));
    expect(answer.data.data[secretKey]).toBe('p w');
  });
});
