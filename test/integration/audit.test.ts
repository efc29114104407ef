/** The audit log in a real PostgreSQL, and the rows of the real sops beside ours (POSTGRES_BIN, SOPS_BIN; docs/audit-log.md). */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Desk } from '../support/desk.js';
import { HAS_TLS, PASSWORD, POSTGRES, Postgres } from '../support/postgres.js';
import { announceSkipped, SOPS } from '../support/programs.js';
import { type Ran, run } from '../support/run.js';

/** Other mounts for one process: the real sops looks at /etc/sops/audit.yaml only, which must not be made on this machine. */
const CAN_MOUNT =
  spawnSync('unshare', ['--mount', 'mount', '--bind', '/tmp', '/mnt'], { stdio: 'ignore' }).status === 0;
const BESIDE = 5;
const ALONE = 9;
const WITH_TLS = 3;
if (!POSTGRES) announceSkipped(ALONE + BESIDE, 'there is no PostgreSQL');
else if (!HAS_TLS) announceSkipped(WITH_TLS, 'PostgreSQL was built without TLS');
if (POSTGRES && (!SOPS || !CAN_MOUNT)) announceSkipped(BESIDE, 'there is no sops program, or no right to mount');

const USER = userInfo().username;
const TLS = new URL('../../fixtures/keys/tls', import.meta.url).pathname;
let postgres: Postgres;
let desk: Desk;

beforeAll(async () => {
  if (!POSTGRES) return;
  const pem = (name: string) => readFileSync(join(TLS, name), 'utf8');
  postgres = await Postgres.start({ cert: pem('localhost.crt'), key: pem('localhost.key') });
});
afterAll(() => postgres?.stop());
beforeEach(async () => {
  desk = new Desk();
  await postgres?.clear();
});
afterEach(() => desk.remove());

const PLAIN = HAS_TLS ? '' : '?sslmode=disable';
const url = (query = PLAIN, password = PASSWORD) =>
  `postgres://auditor:${password}@127.0.0.1:${postgres.port}/postgres${query}`;

async function audited(connection: string, words: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  desk.write('audit.yaml', `backends:\n  postgres:\n    - connection_string: ${JSON.stringify(connection)}\n`);
  const auditConfig = desk.path('audit.yaml');
  return run(words, { cwd: desk.folder, env: { ...desk.env, ...env }, auditConfig });
}

async function seal(name = 'a.yaml'): Promise<void> {
  desk.write(name, await desk.encrypt(name, 'a: secret\n'));
}

async function insertsRows(_: string, connection: () => string): Promise<void> {
  await seal();
  // Without a configuration rotate lists the recipients on standard error.
  expect(await audited(connection(), ['rotate', '-i', 'a.yaml'])).toMatchObject({ status: 0 });
  const file = desk.path('a.yaml');
  expect(await postgres.events()).toEqual([
    `rotate ${USER} ${file}`,
    `decrypt ${USER} ${file}`,
    `encrypt ${USER} ${file}`,
  ]);
}

describe.skipIf(!POSTGRES)('with a real PostgreSQL', () => {
  test.each<[string, () => string]>(
    HAS_TLS
      ? [
          ['TLS, not checked', () => url('')],
          ['TLS, optional', () => url('?sslmode=prefer')],
          ['TLS, the authority checked', () => url(`?sslmode=verify-ca&sslrootcert=${TLS}/localhost.crt`)],
        ]
      : [],
  )('%s: rows are inserted', insertsRows);

  test.each<[string, () => string]>([
    ['no TLS', () => url('?sslmode=disable')],
    [
      'keywords',
      () => `host=127.0.0.1 port=${postgres.port} user=auditor password='${PASSWORD}' dbname=postgres sslmode=disable`,
    ],
    ['a unix socket', () => `host=${postgres.folder} port=${postgres.port} user=auditor dbname=postgres`],
  ])('%s: rows are inserted', insertsRows);

  test('a wrong password, and an authority that the server is not from', async () => {
    await seal();
    for (const connection of [url(PLAIN, 'wrong-pw'), url('?sslmode=verify-full')]) {
      const ran = await audited(connection, ['--verbose', 'decrypt', 'a.yaml']);
      expect(ran.status).toBe(1);
      expect(ran.stdout.toString()).toBe('');
      expect(ran.stderr).toMatch(/password authentication failed|certificate|does not support SSL/);
      for (const secret of ['wrong-pw', PASSWORD]) expect(ran.stderr).not.toContain(secret);
    }
    expect(await postgres.events()).toEqual([]);
  });

  test('a role without the right', async () => {
    await seal();
    await postgres.asAdmin((client) => client.query("CREATE ROLE other LOGIN PASSWORD 'x'"));
    const ran = await audited(url().replace(`auditor:${PASSWORD}`, 'other:x'), ['decrypt', 'a.yaml']);
    expect(ran).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('permission denied for table audit_event'),
    });
    expect(ran.stdout.toString()).toBe('');
  });

  test('a schema is chosen by the connection string, not by a variable', async () => {
    await seal();
    await postgres.asAdmin((client) =>
      client.query('CREATE SCHEMA mine; CREATE TABLE mine.audit_event (LIKE public.audit_event)'),
    );
    const env = { PGOPTIONS: '-c search_path=mine' };
    Object.assign(process.env, env);
    try {
      expect((await audited(url(), ['decrypt', 'a.yaml'], env)).status).toBe(0);
    } finally {
      delete process.env.PGOPTIONS;
    }
    expect(await postgres.events()).toHaveLength(1);
    expect(await audited(url(`${PLAIN || '?'}&search_path=mine`), ['decrypt', 'a.yaml'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('audit_event'),
    });
  });
});

describe.skipIf(!POSTGRES || !SOPS || !CAN_MOUNT)('and the real sops', () => {
  /** What sops notes when it runs with an /etc of its own. */
  async function theirs(words: readonly string[], input = ''): Promise<string[]> {
    const etc = desk.path('etc');
    cpSync('/etc/passwd', join(etc, 'passwd'));
    mkdirSync(join(etc, 'sops'));
    writeFileSync(join(etc, 'sops', 'audit.yaml'), `backends: {postgres: [{connection_string: "${url()}"}]}\n`);
    const mounted = ['--mount', 'sh', '-c', 'mount --bind "$0" /etc && exec "$@"', etc, SOPS ?? ''];
    const env = { ...desk.env, EDITOR: desk.path('editor'), SOPS_DISABLE_VERSION_CHECK: '1' };
    execFileSync('unshare', [...mounted, ...words], {
      cwd: desk.folder,
      env,
      input,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    return postgres.events();
  }

  test.each<[string, string[]]>([
    ['rotate', ['rotate', '-i', 'a.yaml']],
    ['set', ['set', 'a.yaml', '["a"]', '"x"']],
    ['edit', ['edit', 'a.yaml']],
    ['exec-env', ['exec-env', 'a.yaml', 'true']],
    ['encrypt', ['encrypt', '--filename-override', 'x.yaml', 'plain.yaml']],
  ])('%s leaves the same rows', async (_, words) => {
    desk.write('editor', '#!/bin/sh\necho "b: c" >> "$1"\n');
    chmodSync(desk.path('editor'), 0o755);
    desk.write('plain.yaml', 'a: x\n');
    await seal();
    const wanted = await theirs(words);
    expect(wanted.length).toBeGreaterThan(0);
    await postgres.clear();
    await seal();
    expect((await audited(url(), words, { EDITOR: desk.path('editor') })).status).toBe(0);
    expect(await postgres.events()).toEqual(wanted);
  });
});
