/** The audit log as a user meets it (docs/audit-log.md), against a stand-in for PostgreSQL. */
import { chmodSync } from 'node:fs';
import { userInfo } from 'node:os';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { Desk } from '../../support/desk.js';
import { runPlugin } from '../../support/kubernetes.js';
import { PostgresService } from '../../support/postgres-service.js';
import { type Ran, run } from '../../support/run.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(4);

const USER = userInfo().username;
const INSERT = 'INSERT INTO audit_event (action, username, file) VALUES ($1, $2, $3)';
let desk: Desk;
let database: PostgresService;

beforeEach(async () => {
  desk = new Desk();
  database = await PostgresService.start();
});
afterEach(async () => {
  await database.close();
  desk.remove();
});

/** Writes the configuration of the audit log. */
function configure(...strings: string[]): void {
  const backends = strings.map((text) => `    - connection_string: ${JSON.stringify(text)}\n`);
  desk.write('audit.yaml', `backends:\n  postgres:\n${backends.join('')}`);
}

function audited(
  words: readonly string[],
  options: { env?: Record<string, string>; stdin?: string } = {},
): Promise<Ran> {
  const { env = {}, stdin = '' } = options;
  return run(words, {
    cwd: desk.folder,
    env: { ...desk.env, USER: 'somebody-else', LOGNAME: 'somebody-else', ...env },
    stdin,
    auditConfig: desk.path('audit.yaml'),
  });
}

/** The events, without the questions for a sign of life. */
const events = (service = database) =>
  service.statements.filter((text) => text !== 'SELECT 1').map((text) => text.replace(`${INSERT} | `, ''));
const event = (action: string, name: string) => `${action} | ${USER} | ${desk.path(name)}`;

async function seal(name = 'a.yaml', text = 'a: secret\n'): Promise<void> {
  desk.write(name, await desk.encrypt(name, text));
}

describe('events', () => {
  test.each<[string, string[], string[]]>([
    ['decrypt', ['decrypt', 'a.yaml'], ['decrypt']],
    ['set', ['set', 'a.yaml', '["a"]', '"other"'], ['decrypt', 'encrypt']],
    ['unset', ['unset', 'a.yaml', '["a"]'], ['decrypt', 'encrypt']],
    ['rotate', ['rotate', '-i', 'a.yaml'], ['rotate', 'decrypt', 'encrypt']],
    ['exec-env', ['exec-env', 'a.yaml', 'true'], ['decrypt']],
    ['exec-file', ['exec-file', 'a.yaml', 'true'], ['decrypt']],
    ['filestatus', ['filestatus', 'a.yaml'], []],
    ['edit', ['edit', 'a.yaml'], ['decrypt', 'encrypt']],
    ['decrypt in its old form', ['-d', 'a.yaml'], ['decrypt']],
  ])('%s', async (_, words, actions) => {
    await seal();
    configure(database.url());
    const editor = desk.write('editor', '#!/bin/sh\necho "b: c" >> "$1"\n');
    chmodSync(editor, 0o755);
    expect(await audited(words, { env: { EDITOR: editor } })).toMatchObject({ status: 0 });
    expect(events()).toEqual(actions.map((action) => event(action, 'a.yaml')));
  });

  test('encrypt', async () => {
    configure(database.url());
    desk.write('plain.yaml', 'a: x\n');
    expect((await audited(['encrypt', '-i', 'plain.yaml'])).status).toBe(0);
    expect(events()).toEqual([event('encrypt', 'plain.yaml')]);
  });

  test('publish: what opens a file is noted, sending it as it is is not', async () => {
    const other = new Desk();
    const rules = [
      '  - {path_regex: vault, vault_path: p}\n',
      `  - {path_regex: anew, s3_bucket: b, recreation_rule: {age: ${other.recipient}}}\n`,
      '  - {s3_bucket: b}\n',
    ];
    other.remove();
    desk.write('.sops.yaml', `destination_rules:\n${rules.join('')}`);
    configure(database.url());
    for (const name of ['vault.yaml', 'anew.yaml', 'as-it-is.yaml']) {
      desk.write(name, await desk.encrypt(name, 'a: x\n', '--config', '/dev/null'));
    }
    const place = 'http://127.0.0.1:9';
    const env = { AWS_ENDPOINT_URL: place, AWS_REGION: 'r', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
    for (const name of ['vault.yaml', 'anew.yaml', 'as-it-is.yaml'])
      await audited(['publish', '--yes', name], { env: { ...env, VAULT_ADDR: place } });
    expect(events()).toEqual([
      event('decrypt', 'vault.yaml'),
      event('decrypt', 'anew.yaml'),
      event('encrypt', 'anew.yaml'),
    ]);
  });

  test('the plug-in of kustomize leaves them too, and gives nothing without', async () => {
    await seal('secret.yaml', 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: canary}\n');
    const generator = 'apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {name: g}\nfiles: [./secret.yaml]\n';
    desk.write('generator.yaml', generator);
    configure(database.url());
    const auditConfig = desk.path('audit.yaml');
    const build = () => runPlugin(['generator.yaml'], { cwd: desk.folder, env: desk.env, auditConfig });
    expect((await build()).stdout.toString()).toContain('canary');
    expect(events()).toEqual([event('decrypt', 'secret.yaml')]);
    database.refuse = () => 'no';
    const ran = await build();
    expect(ran.status).toBe(1);
    expect(ran.stdout.toString()).toBe('');
  });

  test('go to every database', async () => {
    const second = await PostgresService.start();
    await seal();
    configure(database.url(), second.url());
    await audited(['decrypt', 'a.yaml']);
    expect(events()).toEqual([event('decrypt', 'a.yaml')]);
    expect(events(second)).toEqual(events());
    await second.close();
  });

  test('every start asks the database, whatever is asked for', async () => {
    configure(database.url());
    for (const words of [['--version'], ['help'], ['no-such-command', 'x']]) await audited(words);
    expect(database.statements).toEqual(['SELECT 1', 'SELECT 1', 'SELECT 1']);
  });

  test('the password is used, and a variable of the user does not move the database', async () => {
    await seal();
    database.password = 'secret-pw';
    configure(database.url());
    const env = { PGHOST: '127.0.0.2', PGPORT: '1', PGDATABASE: 'x', PGOPTIONS: '-c search_path=x' };
    Object.assign(process.env, env);
    try {
      expect((await audited(['decrypt', 'a.yaml'], { env })).status).toBe(0);
    } finally {
      for (const name of Object.keys(env)) delete process.env[name];
    }
    expect(Object.fromEntries(database.sessions[0]?.parameters ?? [])).toMatchObject({
      user: 'auditor',
      database: 'audit',
    });
    expect(database.sessions[0]?.parameters.has('options')).toBe(false);
  });

  test('a connection that was lost meanwhile is made anew', async () => {
    await seal();
    configure(database.url());
    const editor = desk.write('editor', `#!/bin/sh\nsleep 0.4\necho "b: c" >> "$1"\n`);
    chmodSync(editor, 0o755);
    setTimeout(() => database.dropConnections(), 250);
    expect((await audited(['edit', 'a.yaml'], { env: { EDITOR: editor } })).status).toBe(0);
    expect(events()).toEqual([event('decrypt', 'a.yaml'), event('encrypt', 'a.yaml')]);
    expect(database.sessions).toHaveLength(2);
  });
});

describe('a log that is out of order ends the command', () => {
  beforeEach(() => seal());

  test('no connection', async () => {
    configure('postgres://auditor:secret-pw@127.0.0.1:9/audit?sslmode=disable');
    const ran = await audited(['decrypt', 'a.yaml']);
    expect(ran.status).toBe(1);
    expect(ran.stdout.toString()).toBe('');
    expect(ran.stderr).toBe(
      `connecting to audit database, defined in ${desk.path('audit.yaml')}\n` +
        'backend 1: database audit on 127.0.0.1:9 as auditor: connect ECONNREFUSED\n' +
        '  one or more audit backends reported errors, exiting\n',
    );
  });

  test('a wrong password, which is not shown', async () => {
    database.password = 'another';
    configure(database.url());
    const ran = await audited(['--verbose', 'decrypt', 'a.yaml']);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain('password authentication failed for user "auditor"');
    expect(ran.stderr).not.toContain('secret-pw');
  });

  test('a server without TLS, unless it is optional', async () => {
    configure(database.url('auditor', ''));
    expect(await audited(['decrypt', 'a.yaml'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('The server does not support SSL connections'),
    });
    configure(database.url('auditor', '?sslmode=prefer'));
    expect((await audited(['decrypt', 'a.yaml'])).status).toBe(0);
  });

  test('an event that is not taken: nothing is shown, nothing is written', async () => {
    configure(database.url());
    database.refuse = (text) => (text === INSERT ? 'permission denied for table audit_event' : undefined);
    const before = desk.text('a.yaml');
    for (const words of [
      ['decrypt', 'a.yaml'],
      ['rotate', '-i', 'a.yaml'],
      ['exec-env', 'a.yaml', 'echo started'],
    ]) {
      const ran = await audited(words);
      expect(ran.status).toBe(1);
      expect(ran.stdout.toString()).toBe('');
      expect(ran.stderr).toContain('Failed to insert audit record: ');
      expect(ran.stderr).toContain('permission denied for table audit_event');
    }
    expect(desk.text('a.yaml')).toBe(before);
  });

  test.each([
    'a: [',
    'backends: 5',
    'backends: {postgres: {connection_string: secret-pw}}',
    'backends: {postgres: [secret-pw]}',
  ])('a configuration that is not one: %s', async (text) => {
    desk.write('audit.yaml', text);
    const ran = await audited(['--version']);
    expect(ran).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('error unmarshalling the audit configuration'),
    });
    expect(ran.stderr).not.toContain('secret-pw');
  });

  test.each(['postgres://u:secret-pw@h:x/d', 'garbage secret-pw'])('no connection string: %s', async (text) => {
    configure(text);
    const ran = await audited(['--version']);
    expect(ran).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('backend 1: it is not a connection string'),
    });
    expect(ran.stderr).not.toContain('secret-pw');
  });

  test('a configuration that cannot be read', async () => {
    desk.write('audit.yaml', '');
    // Root may read everything, so a folder stands for it.
    const ran = await run(['decrypt', 'a.yaml'], { cwd: desk.folder, env: desk.env, auditConfig: desk.folder });
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('the audit configuration cannot be read') });
  });
});

describe('no log', () => {
  test.each(['', '# nothing\n', 'backends: {}\n', 'backends: {postgres: []}\nother: 1\n', 'backends: {postgres: }\n'])(
    'where the configuration names none: %j',
    async (text) => {
      await seal();
      desk.write('audit.yaml', text);
      expect((await audited(['decrypt', 'a.yaml'])).stdout.toString()).toBe('a: secret\n');
    },
  );

  test('where there is no configuration', async () => {
    await seal();
    expect((await audited(['decrypt', 'a.yaml'])).status).toBe(0);
    expect(database.sessions).toEqual([]);
  });
});
