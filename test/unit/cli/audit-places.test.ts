/** The audit log in files and system logs (docs/audit-log.md): what the lines hold, and that nothing is opened without them. */
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { hostname, userInfo } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';
import { PostgresService } from '../../support/postgres-service.js';
import { type Ran, run } from '../../support/run.js';

const CANARY = 'c4nary-value';
let desk: Desk;

beforeEach(async () => {
  desk = new Desk();
  desk.write('a.yaml', await desk.encrypt('a.yaml', `a: ${CANARY}\n`));
});
afterEach(() => desk.remove());

const configure = (backends: object): string => desk.write('audit.yaml', JSON.stringify({ backends }));
const toFile = (): string => configure({ jsonl: [{ path: desk.path('log.jsonl') }] });
const audited = (words: readonly string[], env: Record<string, string> = {}): Promise<Ran> =>
  run(words, { cwd: desk.folder, env: { ...desk.env, ...env }, auditConfig: desk.path('audit.yaml') });
const lines = (): string[] => desk.text('log.jsonl').split('\n').slice(0, -1);
const events = (): Record<string, unknown>[] => lines().map((line) => JSON.parse(line) as Record<string, unknown>);

/** That nothing comes out, and why. */
async function expectRefused(words: readonly string[], reason: string): Promise<void> {
  const ran = await audited(words);
  expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining(reason) });
  expect(ran.stdout.toString()).toBe('');
  expect(ran.stderr).not.toContain(CANARY);
}

describe('a file', () => {
  test('gets who, when, what and which file, and no value', async () => {
    toFile();
    const before = new Date().toISOString();
    expect((await audited(['decrypt', 'a.yaml'])).stdout.toString()).toContain(CANARY);
    expect((await audited(['set', 'a.yaml', '["a"]', `"${CANARY}-2"`])).status).toBe(0);
    expect(events().map(({ action }) => action)).toEqual(['decrypt', 'decrypt', 'encrypt']);
    const [first] = events();
    expect(first).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      host: hostname(),
      user: userInfo().username,
      uid: process.geteuid?.(),
      pid: process.pid,
      action: 'decrypt',
      file: desk.path('a.yaml'),
    });
    expect(String(first?.time) >= before).toBe(true);
    expect(desk.text('log.jsonl')).not.toContain(CANARY);
    expect(statSync(desk.path('log.jsonl')).mode & 0o777).toBe(0o600);
  });

  test('names of files make no lines and no signs of their own', async () => {
    toFile();
    const name = 'a\n{"action":"forged"}\r\u001b[31m\u0085\u2028\u202eä\u007f.yaml';
    desk.write(name, desk.read('a.yaml'));
    expect((await audited(['decrypt', name])).status).toBe(0);
    expect(desk.text('log.jsonl')).toMatch(/^[ -~]+\n$/);
    expect(events()).toMatchObject([{ action: 'decrypt', file: desk.path(name) }]);
  });

  test('a line that another process left unfinished stays alone', async () => {
    toFile();
    desk.write('log.jsonl', '{"whole":1}\n{"ha');
    expect((await audited(['decrypt', 'a.yaml'])).status).toBe(0);
    expect(lines().slice(0, 2)).toEqual(['{"whole":1}', '{"ha']);
    expect(JSON.parse(lines()[2] ?? '')).toMatchObject({ action: 'decrypt' });
  });

  test('is made anew when it was put aside', async () => {
    toFile();
    await audited(['decrypt', 'a.yaml']);
    renameSync(desk.path('log.jsonl'), desk.path('log.jsonl.1'));
    await audited(['decrypt', 'a.yaml']);
    expect(lines()).toHaveLength(1);
  });

  test('that cannot be written: nothing is decrypted, nothing is started', async () => {
    const path = desk.path('log');
    configure({ jsonl: [{ path }] });
    mkdirSync(path);
    await expectRefused(['decrypt', 'a.yaml'], `the audit log ${path} cannot be written: is a directory`);
    await expectRefused(['exec-env', 'a.yaml', 'touch started'], 'jsonl 1: ');
    expect(existsSync(desk.path('started'))).toBe(false);
    configure({ jsonl: [{ path: desk.path('no/log') }] });
    await expectRefused(['decrypt', 'a.yaml'], 'no such file or directory');
    symlinkSync('/dev/null', desk.path('link'));
    configure({ jsonl: [{ path: desk.path('link') }] });
    await expectRefused(['decrypt', 'a.yaml'], 'it is a symbolic link');
    configure({ jsonl: [{ path: '/dev/null' }] });
    await expectRefused(['decrypt', 'a.yaml'], 'it is not a regular file');
    execFileSync('mkfifo', [desk.path('pipe')]);
    configure({ jsonl: [{ path: desk.path('pipe') }] });
    await expectRefused(['decrypt', 'a.yaml'], 'cannot be written');
  });

  test('and databases beside it: all get the event', async () => {
    const database = await PostgresService.start();
    configure({
      postgres: [{ connection_string: database.url() }],
      jsonl: [{ path: desk.path('log.jsonl') }, { path: desk.path('other') }],
    });
    expect((await audited(['decrypt', 'a.yaml'])).status).toBe(0);
    await database.close();
    expect(database.statements).toHaveLength(2);
    expect(events()).toHaveLength(1);
    expect(desk.text('other')).toBe(desk.text('log.jsonl'));
  });
});

describe('references', () => {
  test('are noted once each before they are read, without parameters, and never by a value', async () => {
    toFile();
    desk.write('plain.yaml', 'x: one\ny: two\n');
    const file = desk.path('plain.yaml');
    desk.write(
      'refs.yaml',
      `a: ref+sops://a.yaml?note=${CANARY}#/a\nb: ref+sops://a.yaml#/a\nc: ref+echo://${CANARY}\nd: ref+file://${file}#/x\n`,
    );
    const ran = await audited(['refs', 'eval', '--allow-ref', 'all', 'refs.yaml']);
    expect(ran).toMatchObject({ status: 0 });
    const noted = events().filter(({ action }) => action === 'resolve');
    expect(noted.map(({ reference }) => reference).sort()).toEqual([
      'echo://…',
      `file://${file}#/x`,
      'sops://a.yaml#/a',
    ]);
    expect(events().filter(({ action }) => action === 'decrypt').length).toBeGreaterThan(0);
    expect(desk.text('log.jsonl')).not.toContain(CANARY);
  });

  test('of variables, too', async () => {
    toFile();
    desk.write('a.env', await desk.encrypt('a.env', 'A="ref+sops://a.yaml#/a"\n'));
    const ran = await audited(['exec-env', '--resolve-refs', '--allow-ref', 'all', 'a.env', '--', 'true']);
    expect(ran).toMatchObject({ status: 0 });
    expect(events()).toContainEqual(expect.objectContaining({ action: 'resolve', reference: 'sops://a.yaml#/a' }));
  });

  test('that cannot be noted are not read', async () => {
    const database = await PostgresService.start();
    database.refuse = (text) => (text === 'SELECT 1' ? undefined : 'permission denied');
    configure({ postgres: [{ connection_string: database.url() }] });
    await expectRefused(['refs', 'get', `ref+file://${desk.path('a.yaml')}`], 'Failed to insert audit record');
    await database.close();
  });
});

describe('a system log', () => {
  const LINE = new RegExp(
    `^<85>1 \\d{4}-\\d\\d-\\d\\dT[\\d:.]{12}Z \\S+ sops-ts ${process.pid} audit - (\\{"time".*"decrypt","file".*\\})$`,
  );

  /** Runs a server and gives all that it is sent. */
  async function received(address: (server: Server) => object, listen: (server: Server) => void): Promise<string> {
    const parts: Buffer[] = [];
    const server = createServer((socket) => socket.on('data', (part) => parts.push(part)));
    await new Promise<void>((go) => {
      server.once('listening', go);
      listen(server);
    });
    configure({ syslog: [address(server)] });
    expect(await audited(['decrypt', 'a.yaml'])).toMatchObject({ status: 0 });
    await new Promise((go) => server.close(go));
    return Buffer.concat(parts).toString('utf8');
  }

  test('at a local socket that takes a stream', async () => {
    const socket = desk.path('socket');
    const text = await received(
      () => ({ socket }),
      (server) => server.listen(socket),
    );
    expect(text.endsWith('\n')).toBe(true);
    const [, json = ''] = LINE.exec(text.trimEnd()) ?? [];
    expect(JSON.parse(json)).toMatchObject({ action: 'decrypt', file: desk.path('a.yaml') });
  });

  test('over TCP, counted as RFC 6587 says; another facility', async () => {
    const port = (server: Server): number => (server.address() as { port: number }).port;
    const text = await received(
      (server) => ({ socket: `tcp://127.0.0.1:${port(server)}`, facility: 'local3' }),
      (server) => server.listen(0, '127.0.0.1'),
    );
    const [, count = '', message = ''] = /^(\d+) (.*)$/s.exec(text) ?? [];
    expect(Number(count)).toBe(message.length);
    expect(message).toMatch(/^<157>1 /);
  });

  test('over UDP', async () => {
    const socket = createSocket('udp4');
    await new Promise<void>((go) => socket.bind(0, '127.0.0.1', go));
    const message = new Promise<string>((settle) => socket.once('message', (bytes) => settle(bytes.toString('utf8'))));
    configure({ syslog: [{ socket: `udp://127.0.0.1:${socket.address().port}` }] });
    expect(await audited(['decrypt', 'a.yaml'])).toMatchObject({ status: 0 });
    expect(await message).toMatch(LINE);
    socket.close();
  });

  test('that nobody reads: nothing is decrypted', async () => {
    configure({ syslog: [{ socket: desk.path('none') }] });
    await expectRefused(['decrypt', 'a.yaml'], `the system log ${desk.path('none')} cannot be reached`);
    configure({ syslog: [{ socket: 'tcp://127.0.0.1:9' }] });
    await expectRefused(['decrypt', 'a.yaml'], 'connection refused');
    configure({ syslog: [{ socket: 'udp://no-such-host.invalid' }] });
    await expectRefused(['decrypt', 'a.yaml'], 'cannot be reached');
  });
});

test.each<[string, object]>([
  ['jsonl 1 has no absolute path', { jsonl: [{ path: 'log.jsonl' }] }],
  ['jsonl 2 has no absolute path', { jsonl: [{ path: '/tmp' }, { file: '/x' }] }],
  ['syslog 1 names no facility', { syslog: [{ socket: '/dev/log', facility: 'kern' }] }],
  ['syslog 1 has no socket', { syslog: [{ socket: 'tls://x' }] }],
  ['syslog 1 has no socket', { syslog: [{ socket: 'udp://x:70000' }] }],
  ['error unmarshalling the audit configuration', { jsonl: { path: '/x' } }],
])('a configuration that is not one: %s', async (reason, backends) => {
  configure(backends);
  await expectRefused(['decrypt', 'a.yaml'], reason);
});

test('no word of a configuration that is not one is printed', async () => {
  configure({ postgres: [{ connection_string: `postgres://u:${CANARY}@h/d` }], jsonl: [{}] });
  await expectRefused(['decrypt', 'a.yaml'], 'jsonl 1 has no absolute path');
  expect(readFileSync(desk.path('audit.yaml'), 'utf8')).toContain(CANARY);
});
