/** References to a real OpenBao: KV of both versions, log-ins, and database users that live as long as a program (BAO_BIN, POSTGRES_BIN). */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { generateIdentity } from '../../src/keys/age/x25519.js';
import { BAO, Bao } from '../support/bao.js';
import { POSTGRES, Postgres } from '../support/postgres.js';
import { Program } from '../support/program.js';
import { announceSkipped } from '../support/programs.js';
import { type Ran, run } from '../support/run.js';

const TESTS = 29;
if (!BAO) announceSkipped(TESTS, 'there is no bao program');
else if (!POSTGRES) announceSkipped(6, 'there is no PostgreSQL');

const folder = mkdtempSync(join(tmpdir(), 'references-'));
const { identity: IDENTITY, recipient: RECIPIENT } = generateIdentity();
const pem = (name: string): string => readFileSync(new URL(`../../fixtures/keys/tls/${name}`, import.meta.url), 'utf8');
let server: Bao | undefined;
let database: Postgres | undefined;
const bao = (...args: string[]): string => server?.run(...args) ?? '';
const env = (): Record<string, string> => ({
  HOME: join(folder, 'home'),
  PATH: process.env.PATH ?? '',
  VAULT_ADDR: server?.url ?? '',
  VAULT_CACERT: join(folder, 'vault-ca.pem'),
  VAULT_MAX_RETRIES: '0',
});

function refs(text: string, more: Readonly<Record<string, string>> = { VAULT_TOKEN: 'root' }): Promise<Ran> {
  return run(['refs', 'get', text], { cwd: folder, env: { ...env(), ...more }, stdin: '' });
}

async function got(text: string, more?: Readonly<Record<string, string>>): Promise<string> {
  const ran = await refs(text, more);
  expect([ran.stderr, ran.status]).toEqual(['', 0]);
  return ran.stdout.toString();
}

beforeAll(async () => {
  if (!BAO) return;
  server = await Bao.start(folder);
  bao('kv', 'put', '-mount=secret', 'app/db', 'password=first', 'port=5432');
  bao('kv', 'put', '-mount=secret', 'app/db', 'password=second', 'encoded=aGVsbG8=');
  bao('kv', 'put', '-mount=secret', 'gone', 'a=b');
  bao('kv', 'delete', '-mount=secret', 'gone');
  bao('secrets', 'enable', '-path=old/kv', '-version=1', 'kv');
  bao('write', 'old/kv/app', 'password=one');
  bao('namespace', 'create', 'tenant');
  bao('secrets', 'enable', '-namespace=tenant', '-path=secret', '-version=2', 'kv');
  bao('kv', 'put', '-namespace=tenant', '-mount=secret', 'app', 'k=of the tenant');
  writeFileSync(
    join(folder, 'read.hcl'),
    'path "secret/data/app/*" { capabilities = ["read"] }\npath "database/*" { capabilities = ["read"] }',
  );
  bao('policy', 'write', 'reader', join(folder, 'read.hcl'));
  bao('auth', 'enable', 'approle');
  bao('write', 'auth/approle/role/app', 'token_policies=reader', 'token_ttl=60s');
  bao('auth', 'enable', 'userpass');
  bao('write', 'auth/userpass/users/bob', 'password=pw-of-bob', 'policies=reader');
  if (POSTGRES) await prepareDatabase();
});

async function prepareDatabase(): Promise<void> {
  database = await Postgres.start({ cert: pem('localhost.crt'), key: pem('localhost.key') });
  const url = `postgresql://{{username}}:{{password}}@127.0.0.1:${database.port}/postgres?sslmode=disable`;
  const creation = `CREATE ROLE "{{name}}" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'`;
  bao('secrets', 'enable', 'database');
  bao(
    'write',
    'database/config/pg',
    'plugin_name=postgresql-database-plugin',
    'allowed_roles=*',
    `connection_url=${url}`,
    'username=admin',
    'password=admin',
  );
  bao('write', 'database/roles/app', 'db_name=pg', `creation_statements=${creation}`, 'default_ttl=4s', 'max_ttl=60s');
  bao('write', 'database/roles/short', 'db_name=pg', `creation_statements=${creation}`, 'default_ttl=3s', 'max_ttl=5s');
}

afterAll(async () => {
  await server?.stop();
  await database?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(!BAO)('key and value', () => {
  test.each([
    ['the last step is the field', 'ref+vault://secret/app/db/password', 'second'],
    ['a key leads into it', 'ref+vault://secret/app/db#/password', 'second'],
    ['an older version', 'ref+vault://secret/app/db?version=1#/port', '5432'],
    ['base64', 'ref+vault://secret/app/db/encoded?decode=base64', 'hello'],
    ['version 1, at a mount of two steps', 'ref+vault://old/kv/app#/password', 'one'],
    ['a namespace', 'ref+vault://secret/app?namespace=tenant#/k', 'of the tenant'],
    ['OpenBao by its own name', 'ref+openbao://secret/app/db#/password', 'second'],
  ])('%s', async (_, text, value) => {
    expect(await got(text)).toBe(value);
  });

  test.each([
    ['a secret that is not there', 'ref+vault://secret/none#/k', 66, 'no secret at secret/none'],
    ['a key that is not there', 'ref+vault://secret/app/db#/none', 66, 'no value found for key none'],
    ['a version that was deleted', 'ref+vault://secret/gone#/a', 66, 'deleted'],
    ['data/ in the path', 'ref+vault://secret/data/app/db#/password', 66, 'Leave out data/'],
    ['a mount that is not there', 'ref+vault://nowhere/app#/password', 77, 'vault://nowhere/app'],
  ])('%s is told', async (_, text, status, words) => {
    const ran = await refs(text);
    expect([ran.status, ran.stdout.toString()]).toEqual([status, '']);
    expect(ran.stderr).toContain(words);
  });

  test('a server that is down, and a token that may not', async () => {
    const down = await refs('ref+vault://secret/app/db#/password', {
      VAULT_TOKEN: 'root',
      VAULT_ADDR: 'https://127.0.0.1:1',
    });
    expect(down.status).toBe(69);
    const denied = await refs('ref+vault://secret/app/db#/password', { VAULT_TOKEN: 'no-such-token-here' });
    expect(denied.status).toBe(77);
    expect(denied.stderr).not.toContain('no-such-token-here');
  });

  test('BAO_ variables come first for openbao', async () => {
    expect(await got('ref+openbao://secret/app/db#/password', { BAO_TOKEN: 'root', VAULT_TOKEN: 'wrong' })).toBe(
      'second',
    );
  });
});

describe.skipIf(!BAO)('a file may not send the token elsewhere', () => {
  test.each(['address=https://evil.example', 'host=evil.example', 'token_file=/etc/hostname', 'token_env=HOME'])(
    '%s',
    async (parameter) => {
      writeFileSync(join(folder, 'doc.yaml'), `a: ref+vault://secret/app/db?${parameter}#/password\n`);
      const ran = await run(['refs', 'eval', 'doc.yaml'], {
        cwd: folder,
        env: { ...env(), VAULT_TOKEN: 'root' },
        stdin: '',
      });
      expect([ran.status, ran.stdout.toString()]).toEqual([78, '']);
      expect(ran.stderr).toContain('--allow-ref vault');
    },
  );
});

describe.skipIf(!BAO)('log-ins', () => {
  test('by AppRole', async () => {
    const role = bao('read', '-field=role_id', 'auth/approle/role/app/role-id');
    const secret = bao('write', '-f', '-field=secret_id', 'auth/approle/role/app/secret-id');
    const more = { VAULT_ROLE_ID: role, VAULT_SECRET_ID: secret };
    expect(await got('ref+vault://secret/app/db?auth_method=approle#/password', more)).toBe('second');
    const wrong = await refs('ref+vault://secret/app/db?auth_method=approle#/password', {
      ...more,
      VAULT_SECRET_ID: 'wrong-secret-id',
    });
    expect(wrong.status).toBe(77);
    expect(wrong.stderr).not.toContain('wrong-secret-id');
  });

  test('by a name and a password', async () => {
    const more = { VAULT_AUTH_METHOD: 'userpass', VAULT_USERNAME: 'bob', VAULT_PASSWORD_ENV: 'PW', PW: 'pw-of-bob' };
    expect(await got('ref+vault://secret/app/db#/password', more)).toBe('second');
    expect((await refs('ref+vault://secret/app/db#/password', { ...more, PW: 'no' })).status).toBe(77);
  });

  test('by a wrapped token, once', async () => {
    const wrapping = bao('token', 'create', '-policy=reader', '-wrap-ttl=60s', '-field=wrapping_token');
    expect(await got('ref+vault://secret/app/db#/password', { VAULT_WRAPPING_TOKEN: wrapping })).toBe('second');
    const again = await refs('ref+vault://secret/app/db#/password', { VAULT_WRAPPING_TOKEN: wrapping });
    expect(again.status).toBe(77);
    expect(again.stderr).toContain('somebody else');
  });
});

describe.skipIf(!BAO)('what other engines make', () => {
  beforeAll(() => {
    if (!BAO) return;
    bao('secrets', 'enable', 'pki');
    bao('write', 'pki/root/generate/internal', 'common_name=example.com', 'ttl=10h');
    bao('write', 'pki/roles/app', 'allowed_domains=example.com', 'allow_subdomains=true', 'max_ttl=1h');
    bao('secrets', 'enable', 'ssh');
    bao('write', 'ssh/roles/otp', 'key_type=otp', 'default_user=ubuntu', 'cidr_list=127.0.0.0/8');
    bao('write', 'ssh/config/ca', 'generate_signing_key=true');
    bao('write', 'ssh/roles/ca', 'key_type=ca', 'allow_user_certificates=true', 'allowed_users=*', 'ttl=5m');
  });

  test('a certificate and its key, from one issue', async () => {
    const at = 'ref+vault://pki/issue/app?common_name=a.example.com&ttl=10m';
    const text = await got(`${at}#/certificate+|${at}#/private_key`);
    const [certificate = '', key = ''] = text.split('|');
    const { X509Certificate, createPrivateKey } = await import('node:crypto');
    const read = new X509Certificate(certificate);
    expect([read.subject, read.checkPrivateKey(createPrivateKey(key))]).toEqual(['CN=a.example.com', true]);
  });

  test('a password for one log-in by SSH, with whom it is for', async () => {
    const at = 'ref+vault://ssh/creds/otp?ip=127.0.0.1';
    expect(await got(`${at}#/username+:${at}#/key`)).toMatch(/^ubuntu:[0-9a-f-]{36}$/);
  });

  test('a key of SSH that is signed', async () => {
    const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJl2yqYtyRdA7ZDY5dN2qZ0hYo2N9xVCkGtHw8t5mF2d';
    const at = `ref+vault://ssh/sign/ca?public_key=${encodeURIComponent(key)}&valid_principals=joe`;
    expect(await got(`${at}#/signed_key`)).toMatch(/^ssh-ed25519-cert-v01@openssh\.com /);
  });
});

describe.skipIf(!BAO || !POSTGRES)('database users', () => {
  const isThere = async (user: string): Promise<boolean> => {
    const found = await database?.asAdmin((client) =>
      client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [user]),
    );
    return (found?.rowCount ?? 0) > 0;
  };
  const exec = async (role: string, script: string, ...flags: string[]): Promise<Ran> => {
    writeFileSync(
      join(folder, 'db.yaml'),
      `U: ref+vault://database/creds/${role}#/username\nP: ref+vault://database/creds/${role}#/password\n`,
    );
    const sealed = await run(['encrypt', '--age', RECIPIENT, 'db.yaml'], { cwd: folder, env: env(), stdin: '' });
    writeFileSync(join(folder, 'db.enc.yaml'), sealed.stdout);
    const words = ['exec-env', '--resolve-refs', ...flags, 'db.enc.yaml', '--', 'sh', '-c', script];
    return run(words, { cwd: folder, env: { ...env(), VAULT_TOKEN: 'root', SOPS_AGE_KEY: IDENTITY }, stdin: '' });
  };
  const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const users = (): string[] => readFileSync(join(folder, 'users'), 'utf8').trim().split('\n');

  test('a user lives beyond the first time, as long as the program, and is gone then', async () => {
    const running = exec('app', 'echo $U > users; sleep 8; exit 3');
    await sleep(7000);
    const [user = ''] = users();
    expect(await isThere(user)).toBe(true);
    const { status } = await running;
    expect(status).toBe(3);
    expect(await isThere(user)).toBe(false);
  }, 30_000);

  test('at the end of the longest life the program is told to end', async () => {
    const ran = await exec('short', 'echo $U > users; exec sleep 30');
    expect(ran.status).toBe(75);
    expect(ran.stderr).toMatch(/end of its life|could not be renewed/);
    expect(await isThere(users()[0] ?? '')).toBe(false);
  }, 30_000);

  test('or it is started anew with new values', async () => {
    const ran = await exec(
      'short',
      'echo $U >> users2; if [ $(wc -l < users2) = 2 ]; then exit 4; fi; exec sleep 30',
      '--on-rotate',
      'restart',
    );
    expect(ran.status).toBe(4);
    const [first, second] = readFileSync(join(folder, 'users2'), 'utf8').trim().split('\n');
    expect(second).not.toBe(first);
    expect([await isThere(first ?? ''), await isThere(second ?? '')]).toEqual([false, false]);
  }, 30_000);

  test('of a run that is killed ends at its own time', async () => {
    await exec('app', 'true');
    const words = ['exec-env', '--resolve-refs', 'db.enc.yaml', '--', 'sh', '-c', 'echo $U > killed; exec sleep 30'];
    const running = spawn(process.execPath, [new Program().file, ...words], {
      cwd: folder,
      env: { ...env(), VAULT_TOKEN: 'root', SOPS_AGE_KEY: IDENTITY },
      detached: true,
      stdio: 'ignore',
    });
    await vi.waitUntil(() => existsSync(join(folder, 'killed')) && text('killed') !== '', { timeout: 20_000 });
    const user = text('killed').trim();
    await sleep(3000);
    expect(await isThere(user)).toBe(true);
    // The program that it started, too.
    process.kill(-(running.pid ?? 0), 'SIGKILL');
    await vi.waitUntil(async () => !(await isThere(user)), { timeout: 15_000, interval: 500 });
  });

  test('nothing is lent when another reference fails', async () => {
    writeFileSync(
      join(folder, 'half.yaml'),
      'U: ref+vault://database/creds/app#/username\nX: ref+vault://secret/none#/k\n',
    );
    const sealed = await run(['encrypt', '--age', RECIPIENT, 'half.yaml'], { cwd: folder, env: env(), stdin: '' });
    writeFileSync(join(folder, 'half.enc.yaml'), sealed.stdout);
    const before = await database?.asAdmin((client) => client.query("SELECT 1 FROM pg_roles WHERE rolname LIKE 'v-%'"));
    const ran = await run(['exec-env', '--resolve-refs', 'half.enc.yaml', '--', 'touch', 'started'], {
      cwd: folder,
      env: { ...env(), VAULT_TOKEN: 'root', SOPS_AGE_KEY: IDENTITY },
      stdin: '',
    });
    expect(ran.status).toBe(66);
    expect(ran.stderr).toContain('X: ');
    const after = await database?.asAdmin((client) => client.query("SELECT 1 FROM pg_roles WHERE rolname LIKE 'v-%'"));
    expect(after?.rowCount).toBe(before?.rowCount);
  });
});
