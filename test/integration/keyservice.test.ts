/** Key services and the real sops, each as the other's client; needs a sops program (SOPS_BIN, or on PATH). */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { generateIdentity } from '../../src/keys/age/age.js';
import { announceSkipped, SOPS } from '../support/programs.js';
import { run } from '../support/run.js';

if (!SOPS) announceSkipped(13, 'there is no sops program');

const folder = mkdtempSync(join(tmpdir(), 'ks-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const PLAIN = 'greeting: hello\nnumber: 42\n';
writeFileSync(join(folder, 'plain.yaml'), PLAIN);

const identity = generateIdentity();
const withoutKeys = { HOME: '/nonexistent', PATH: process.env.PATH ?? '', SOPS_DISABLE_VERSION_CHECK: '1' };
const withKeys = { ...withoutKeys, SOPS_AGE_KEY: identity.identity };
const remoteOnly = (uri: string) => ['--enable-local-keyservice=false', '--keyservice', uri];

interface Finished {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function sops(words: readonly string[], env: Record<string, string> = withoutKeys): Promise<Finished> {
  try {
    return { status: 0, ...(await promisify(execFile)(SOPS ?? '', words, { cwd: folder, env })) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status: code, stdout, stderr };
  }
}

async function ours(words: readonly string[], env: Record<string, string> = withoutKeys): Promise<Finished> {
  const ran = await run(words, { cwd: folder, env });
  return { status: ran.status, stdout: ran.stdout.toString('utf8'), stderr: ran.stderr };
}

type Program = typeof sops;

/** A running key service of either program, ended after the test. */
const services: ChildProcess[] = [];
afterEach(async () => {
  for (const child of services.splice(0)) await endOf(child);
});

function endOf(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((settle) => {
    child.once('exit', settle);
    child.kill(signal);
  });
}

const OURS = new URL('../../bin/sops-ts.js', import.meta.url).pathname;

interface Service {
  readonly uri: string;
  readonly child: ChildProcess;
  output(): string;
}

async function serve(program: 'sops' | 'sops-ts', network: 'tcp' | 'unix', ...flags: string[]): Promise<Service> {
  const address = network === 'tcp' ? `127.0.0.1:${await freePort()}` : join(folder, `${program}.sock`);
  const words = ['keyservice', '--network', network, '--address', address, '--verbose', ...flags];
  const [file, args] = program === 'sops' ? [SOPS ?? '', words] : [process.execPath, [OURS, ...words]];
  const child = spawn(file, args, { cwd: folder, env: withKeys, stdio: 'pipe' });
  services.push(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (said += chunk));
  await vi.waitFor(() => expect(said).toContain('Listening on'), { timeout: 20_000, interval: 50 });
  return { uri: `${network}://${address}`, child, output: () => said };
}

function freePort(): Promise<number> {
  return new Promise((settle) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => settle(port));
    });
  });
}

const PAIRS: readonly [string, 'sops' | 'sops-ts', Program][] = [
  ['sops asks sops-ts', 'sops-ts', sops],
  ['sops-ts asks sops', 'sops', ours],
  ['sops-ts asks sops-ts', 'sops-ts', ours],
];

describe.skipIf(!SOPS)('key services', () => {
  test.each(PAIRS)('%s, over TCP and over a socket', async (_name, server, client) => {
    for (const network of ['tcp', 'unix'] as const) {
      const { uri } = await serve(server, network);
      const encrypted = await client(['encrypt', ...remoteOnly(uri), '--age', identity.recipient, 'plain.yaml']);
      expect(encrypted).toMatchObject({ status: 0, stderr: '' });
      writeFileSync(join(folder, 'secret.yaml'), encrypted.stdout);
      expect(await client(['decrypt', ...remoteOnly(uri), 'secret.yaml'])).toMatchObject({ status: 0, stdout: PLAIN });
      // Not by its service alone: the file is an ordinary one.
      expect(await sops(['decrypt', 'secret.yaml'], withKeys)).toMatchObject({ status: 0, stdout: PLAIN });
    }
  });

  test.each(PAIRS)(
    '%s: the local service comes first, the remote one when that cannot',
    async (_name, server, client) => {
      const { uri, output } = await serve(server, 'tcp');
      const encrypted = await sops(['encrypt', '--age', identity.recipient, 'plain.yaml']);
      writeFileSync(join(folder, 'secret.yaml'), encrypted.stdout);
      const before = output();
      expect(await client(['decrypt', '--keyservice', uri, 'secret.yaml'], withKeys)).toMatchObject({ stdout: PLAIN });
      expect(output()).toBe(before);
      const words = ['decrypt', '--keyservice', 'tcp://127.0.0.1:1', '--keyservice', uri, 'secret.yaml'];
      expect(await client(words)).toMatchObject({ status: 0, stdout: PLAIN });
      expect(output()).not.toBe(before);
    },
  );

  test.each(PAIRS)('%s: failures of the other side are told', async (_name, server, client) => {
    const { uri } = await serve(server, 'tcp');
    const stranger = generateIdentity().recipient;
    const encrypted = await sops(['encrypt', '--age', stranger, 'plain.yaml']);
    writeFileSync(join(folder, 'secret.yaml'), encrypted.stdout);
    const verbose = client === ours ? ['--verbose'] : [];
    const failed = await client(['decrypt', ...verbose, ...remoteOnly(uri), 'secret.yaml']);
    expect(failed.status).toBe(128);
    expect(failed.stderr.replaceAll(/\s+\|?\s*/g, ' ')).toContain(
      'rpc error: code = Unknown desc = failed to create reader',
    );
  });

  test('a dead service is reported by both in the same words', async () => {
    const encrypted = await sops(['encrypt', '--age', identity.recipient, 'plain.yaml']);
    writeFileSync(join(folder, 'secret.yaml'), encrypted.stdout);
    for (const uri of [`tcp://127.0.0.1:${await freePort()}`, `unix://${folder}/none.sock`, 'foo://x:1']) {
      const words = ['decrypt', ...remoteOnly(uri), 'secret.yaml'];
      const theirs = await sops(words);
      const mine = await ours(['decrypt', '--verbose', ...words.slice(1)]);
      expect([theirs.status, mine.status]).toEqual([128, 128]);
      const block = (text: string) => /Group 0: FAILED\n(?:.*\n)*/.exec(text.replaceAll(/\n\s*\n/g, '\n'))?.[0];
      if (!uri.startsWith('foo')) expect(block(mine.stderr)).toBe(block(theirs.stderr));
      expect(mine.stderr).toContain('rpc error: code = Unavailable');
    }
  });

  test('sops is refused what the user of sops-ts refuses', async () => {
    const { uri, child, output } = await serve('sops-ts', 'unix', '--prompt');
    child.stdin?.write('y\nn\n');
    const encrypted = await sops(['encrypt', ...remoteOnly(uri), '--age', identity.recipient, 'plain.yaml']);
    expect(encrypted.status).toBe(0);
    writeFileSync(join(folder, 'secret.yaml'), encrypted.stdout);
    const refused = await sops(['decrypt', ...remoteOnly(uri), 'secret.yaml']);
    expect(refused.stderr.replaceAll(/\s+\|?\s*/g, ' ')).toContain(
      'rpc error: code = PermissionDenied desc = Request rejected by user',
    );
    expect(output()).toContain(`Received encrypt request using age key with recipient ${identity.recipient}.`);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('%s ends sops-ts well, and removes the socket', async (signal) => {
    const { uri, child } = await serve('sops-ts', 'unix');
    const path = uri.replace('unix://', '');
    expect(existsSync(path)).toBe(true);
    expect(await endOf(child, signal)).toBe(0);
    expect(existsSync(path)).toBe(false);
  });
});

test('the plaintext was left alone', () => {
  expect(readFileSync(join(folder, 'plain.yaml'), 'utf8')).toBe(PLAIN);
});
