/** The command `keyservice` through the real main: what it says, asks and how it ends. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { main } from '../../../src/cli/main.js';
import { RemoteKeyService } from '../../../src/keyservice/remote.js';
import { hostOf } from '../keys/host.js';
import { keyNamed, standIn } from './services.js';

const folder = mkdtempSync(join(tmpdir(), 'ks-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const PART = Buffer.alloc(32, 3);
const key = keyNamed('kms', 'arn:\x1b[2Jkey', '03');

/** A run of the program that goes on until it is told to end. */
class Running {
  readonly stdin = new PassThrough();
  readonly #out = new PassThrough();
  readonly #err = new PassThrough();
  out = '';
  err = '';
  readonly status: Promise<number>;

  constructor(words: readonly string[]) {
    this.#out.on('data', (chunk) => (this.out += chunk));
    this.#err.on('data', (chunk) => (this.err += chunk));
    const streams = { stdin: this.stdin, stdout: this.#out, stderr: this.#err };
    this.status = main(words, { ...streams, env: {}, cwd: folder, platform: process.platform });
  }

  /** The URI that clients connect to, once it listens. */
  async uri(): Promise<string> {
    const place = /Listening on ([^"\n]+)"?\n/;
    await vi.waitFor(() => expect(this.err).toMatch(place), 10_000);
    return place.exec(this.err)?.[1] ?? '';
  }

  async end(signal: 'SIGTERM' | 'SIGINT' = 'SIGTERM'): Promise<number> {
    process.emit(signal);
    return this.status;
  }
}

let running: Running | undefined;
const start = (...words: string[]): Running => {
  running = new Running(['keyservice', '--address', '127.0.0.1:0', ...words]);
  return running;
};
afterEach(async () => {
  vi.restoreAllMocks();
  await running?.end();
  running = undefined;
});

describe('keyservice', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('serves until %s, and ends well', async (signal) => {
    standIn('kms');
    const service = start();
    expect(await new RemoteKeyService(await service.uri(), hostOf()).unwrap(key)).toEqual(Buffer.from([3]));
    expect(await service.end(signal)).toBe(0);
    expect(service.out).toBe('');
    expect(service.err).toMatch(/^Listening on tcp:\/\/127\.0\.0\.1:\d+\n$/);
  });

  test('listens on a socket of the working directory, which is gone afterwards', async () => {
    standIn('kms');
    running = new Running(['keyservice', '-net=unix', '--addr', 'k.sock']);
    expect(await running.uri()).toBe(`unix://${folder}/k.sock`);
    expect(await new RemoteKeyService(await running.uri(), hostOf()).unwrap(key)).toEqual(Buffer.from([3]));
    expect(await running.end()).toBe(0);
    expect(existsSync(join(folder, 'k.sock'))).toBe(false);
  });

  test('makes its socket for its user alone, and tells of a folder that others can enter', async () => {
    for (const [name, mode] of [
      ['own', 0o700],
      ['open', 0o755],
    ] as const) {
      mkdirSync(join(folder, name));
      chmodSync(join(folder, name), mode);
      running = new Running(['keyservice', '--network', 'unix', '--address', `${name}/%2f k.sock`]);
      await running.uri();
      expect(statSync(join(folder, name, '%2f k.sock')).mode & 0o777).toBe(0o600);
      await running.end();
      const warning = `warning: others can reach into ${join(folder, name)}: the socket itself is for you alone (mode 0600)`;
      expect(running.err.includes(warning)).toBe(mode === 0o755);
    }
  });

  test('tells requests with --verbose, without control characters', async () => {
    standIn('kms');
    const service = start('--verbose');
    await new RemoteKeyService(await service.uri(), hostOf()).wrap(key, PART);
    const line = /^\[KEYSERVICE\]\t time="\S+" level=info msg="(.*)"$/gm;
    expect([...service.err.matchAll(line)].map(([, message]) => message)).toEqual([
      expect.stringMatching(/^Listening on tcp:/),
      'encrypt request using AWS KMS key with ARN arn:\\x1b[2Jkey: answered',
    ]);
    expect(service.err).toMatch(
      /^\[AWSKMS\]\t time="\S+" level=info msg="Encryption succeeded" arn="arn:\\x1b\[2Jkey"$/m,
    );
  });

  test('warns when strangers may reach it', async () => {
    running = new Running(['keyservice', '--addr', ':0']);
    await running.uri();
    expect(running.err).toContain('warning: everyone who can reach this address can use your keys');
  });

  test('takes no file, and goes on without a readable configuration', async () => {
    const config = join(folder, '.sops.yaml');
    writeFileSync(config, 'creation_rules: {');
    const service = start('file');
    await service.uri();
    rmSync(config);
    expect(service.err).toContain('warning: keyservice takes no file; file has no effect.');
    expect(service.err).toContain('warning: the configuration is not used: ');
  });

  test('says when it cannot listen', async () => {
    const failing = new Running(['keyservice', '--network', 'tcp', '--address', 'nowhere']);
    expect(await failing.status).toBe(1);
    expect(failing.err).toContain('listen tcp nowhere: not like host:port');
  });
});

describe('--prompt', () => {
  const QUESTION = '\nReceived decrypt request using AWS KMS key with ARN arn:\\x1b[2Jkey. Respond to request? (y/n):';

  test('asks before each use, again until the answer is one', async () => {
    let used = 0;
    standIn('kms', {
      unwrap: async () => {
        used += 1;
        return PART;
      },
    });
    const service = start('--prompt');
    const client = new RemoteKeyService(await service.uri(), hostOf());
    const first = client.unwrap(key);
    await vi.waitFor(() => expect(service.out).toBe(QUESTION));
    service.stdin.write('perhaps\n');
    await vi.waitFor(() => expect(service.out).toBe(QUESTION + QUESTION));
    expect(used).toBe(0);
    service.stdin.write('y\n');
    expect(await first).toEqual(PART);
    const second = client.unwrap(key);
    service.stdin.write('n\n');
    await expect(second).rejects.toThrow('rpc error: code = PermissionDenied desc = Request rejected by user');
    expect(used).toBe(1);
  });

  test('refuses when nobody answers any more', async () => {
    standIn('kms');
    const service = start('--prompt');
    const client = new RemoteKeyService(await service.uri(), hostOf());
    service.stdin.end();
    for (let time = 0; time < 2; time++) await expect(client.unwrap(key)).rejects.toThrow('PermissionDenied');
    expect(service.err.match(/requests are refused from now on/g)).toHaveLength(1);
  });
});
