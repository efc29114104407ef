/** The audit log at a socket that takes datagrams, as /dev/log is one: by the system's logger(1) (docs/audit-log.md#a-system-log). */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Desk } from '../support/desk.js';
import { announceSkipped } from '../support/programs.js';
import { type Ran, run } from '../support/run.js';

/** Node cannot listen on such a socket, either. */
const LISTENER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("listening", flush=True)
while True:
    print(s.recv(70000).decode(), flush=True)
`;
const HAS_ALL = existsSync('/usr/bin/logger') && spawnSync('python3', ['--version']).status === 0;
if (!HAS_ALL) announceSkipped(3, 'there is no logger(1) of util-linux, or no Python to listen');

let desk: Desk;
let listener: ChildProcess;
let told: string;

beforeEach(async () => {
  desk = new Desk();
  told = '';
  if (!HAS_ALL) return;
  desk.write('a.yaml', await desk.encrypt('a.yaml', 'a: c4nary\n'));
  listener = spawn('python3', ['-c', LISTENER, desk.path('log')], { stdio: ['ignore', 'pipe', 'inherit'] });
  listener.stdout?.on('data', (part: Buffer) => {
    told += part.toString('utf8');
  });
  await until(() => told.includes('listening'));
});
afterEach(() => {
  listener?.kill('SIGKILL');
  desk.remove();
});

async function until(isSo: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!isSo() && Date.now() < end) await new Promise((go) => setTimeout(go, 20));
  expect(isSo()).toBe(true);
}

function audited(words: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  desk.write('audit.yaml', JSON.stringify({ backends: { syslog: [{ socket: desk.path('log') }] } }));
  return run(words, { cwd: desk.folder, env: { ...desk.env, ...env }, auditConfig: desk.path('audit.yaml') });
}

describe.skipIf(!HAS_ALL)('a local socket of datagrams', () => {
  test('gets the line of RFC 5424, wherever PATH leads, long names in one piece', async () => {
    const folders = Array.from({ length: 5 }, () => 'ä'.repeat(120)).join('/');
    const path = `${folders}/a`;
    mkdirSync(desk.path(folders), { recursive: true });
    desk.write(`${path}.yaml`, desk.read('a.yaml'));
    expect(await audited(['decrypt', `${path}.yaml`], { PATH: '/nowhere' })).toMatchObject({ status: 0 });
    await until(() => told.endsWith('}\n'));
    const [, line = ''] = told.split('\n');
    expect(line).toMatch(/^<85>1 \S+ \S+ sops-ts \d+ audit - \{/);
    expect(JSON.parse(line.slice(line.indexOf('{')))).toMatchObject({
      action: 'decrypt',
      file: desk.path(`${path}.yaml`),
    });
    expect(told).not.toContain('c4nary');
  });

  test('that nobody reads any more: nothing is decrypted', async () => {
    listener.kill('SIGKILL');
    await new Promise((go) => listener.once('close', go));
    const ran = await audited(['decrypt', 'a.yaml']);
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('connection refused') });
    expect(ran.stdout.toString()).toBe('');
  });

  test('that goes away after the start: nothing is started', async () => {
    // What finds the key runs between the sign of life and the event.
    const command = `rm ${desk.path('log')}; echo '${desk.identity}'`;
    const env = { SOPS_AGE_KEY: '', SOPS_AGE_KEY_CMD: desk.write('key', `#!/bin/sh\n${command}\n`) };
    spawnSync('chmod', ['+x', desk.path('key')]);
    const ran = await audited(['decrypt', 'a.yaml'], env);
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('No such file or directory') });
    expect(ran.stdout.toString()).toBe('');
  });
});
