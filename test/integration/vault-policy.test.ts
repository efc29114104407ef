/** The policy of `emit vault-policy`, given to a token of a real OpenBao: it reads each path that the files name, and nothing else. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BAO, Bao } from '../support/bao.js';
import { Desk } from '../support/desk.js';
import { announceSkipped } from '../support/programs.js';

if (!BAO) announceSkipped(22, 'there is no bao program');

const MANIFESTS = `apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: vault, namespace: prod}
spec: {provider: {vault: {server: "https://vault:8200", path: secret, version: v2}}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: app, namespace: prod}
spec:
  secretStoreRef: {name: vault, kind: SecretStore}
  data:
  - {secretKey: a, remoteRef: {key: team/app, property: a}}
  - {secretKey: b, remoteRef: {key: team/marked, property: a, metadataPolicy: Fetch}}
  dataFrom:
  - find: {path: many, name: {regexp: .*}}
  - extract: {key: many/exact}
---
apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata: {name: class, namespace: prod}
spec:
  provider: openbao
  parameters:
    baoAddress: https://vault:8200
    objects: |
      - objectName: key
        secretPath: secret/data/mounted
        secretKey: a
`;
const VALUES = `a: ref+vault://secret/by/key#/a
b: before ref+vault://secret/by/step/a+ behind
# ref+vault://secret/comment#/a
old: ref+openbao://old/kv/app#/a
code: ref+vault://totp/code/app#/code
certificate: ref+vault://pki/issue/web?common_name=a.example.com#/certificate
`;

describe.skipIf(!BAO)('a token with the policy', () => {
  const folder = mkdtempSync(join(tmpdir(), 'policy-'));
  const desk = new Desk();
  let bao: Bao;
  let token = '';

  function asRole(...args: string[]): { status: number | null; said: string } {
    const env = { ...process.env, BAO_ADDR: bao.url, BAO_TOKEN: token, BAO_CACERT: bao.authority };
    const ran = spawnSync(BAO ?? '', args, { env, encoding: 'utf8' });
    return { status: ran.status, said: ran.stdout + ran.stderr };
  }

  beforeAll(async () => {
    bao = await Bao.start(folder);
    for (const path of ['team/app', 'team/marked', 'team/other', 'many/one', 'many/deep/two', 'many/exact', 'mounted'])
      bao.run('kv', 'put', '-mount=secret', path, 'a=b');
    for (const path of ['by/key', 'by/step', 'comment', 'manyfold']) bao.run('kv', 'put', '-mount=secret', path, 'a=b');
    bao.run('secrets', 'enable', '-path=old/kv', '-version=1', 'kv');
    for (const path of ['old/kv/app', 'old/kv/other']) bao.run('write', path, 'a=b');
    bao.run('secrets', 'enable', 'totp');
    for (const name of ['app', 'other'])
      bao.run('write', `totp/keys/${name}`, 'generate=true', 'issuer=i', 'account_name=a');
    bao.run('secrets', 'enable', 'pki');
    bao.run('write', 'pki/root/generate/internal', 'common_name=example.com', 'ttl=1h');
    for (const role of ['web', 'other'])
      bao.run('write', `pki/roles/${role}`, 'allowed_domains=example.com', 'allow_subdomains=true', 'ttl=5m');
    desk.write('manifests.yaml', MANIFESTS);
    desk.write('values.yaml', VALUES);
    const ran = await desk.run(['emit', 'vault-policy', '--mount', 'old/kv=1', 'manifests.yaml', 'values.yaml']);
    expect([ran.stderr, ran.status]).toEqual(['', 0]);
    const policy = desk.write('app.hcl', ran.stdout.toString());
    bao.run('policy', 'write', 'app', policy);
    token = bao.run('token', 'create', '-policy=app', '-field=token');
  }, 60_000);
  afterAll(async () => {
    await bao.stop();
    rmSync(folder, { recursive: true, force: true });
    desk.remove();
  });

  test.each([
    ['read', 'secret/data/team/app'],
    ['read', 'secret/metadata/team/marked'],
    ['list', 'secret/metadata/many'],
    ['list', 'secret/metadata/many/deep'],
    ['read', 'secret/data/many/deep/two'],
    ['read', 'secret/data/many/exact'],
    ['read', 'secret/data/mounted'],
    ['read', 'totp/code/app'],
    ['write', 'pki/issue/web', 'common_name=a.example.com'],
  ])('may %s %s', (...words) => {
    expect(asRole(...words)).toMatchObject({ status: 0 });
  });

  test.each([
    ['read', 'secret/data/team/other'],
    ['read', 'secret/data/comment'],
    ['read', 'secret/data/manyfold'],
    ['list', 'secret/metadata'],
    ['list', 'secret/metadata/team'],
    ['read', 'secret/metadata/team/app'],
    ['read', 'old/kv/other'],
    ['read', 'totp/code/other'],
    ['read', 'totp/keys/app'],
    ['write', 'pki/issue/other', 'common_name=a.example.com'],
    ['write', 'old/kv/app', 'a=c'],
    ['delete', 'secret/data/many/one'],
  ])('may not %s %s', (...words) => {
    const { status, said } = asRole(...words);
    expect(status).not.toBe(0);
    expect(said).toContain('permission denied');
  });

  test('resolves every reference of the file', async () => {
    const env = { VAULT_ADDR: bao.url, VAULT_CACERT: bao.authority, VAULT_TOKEN: token };
    const ran = await desk.run(['refs', 'eval', 'values.yaml'], { env });
    expect([ran.stderr, ran.status]).toEqual(['', 0]);
    expect(ran.stdout.toString()).toContain('a: b\nb: before b behind\n');
  });
});
