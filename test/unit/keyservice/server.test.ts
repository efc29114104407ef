/** The key service server, asked by the client of this project and by bare gRPC. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { SopsError } from '../../../src/errors.js';
import { RemoteKeyService } from '../../../src/keyservice/remote.js';
import type { KeyServer } from '../../../src/keyservice/server.js';
import { hostOf } from '../keys/host.js';
import { keyNamed, nameOf, serve, standIn } from './services.js';

const PART = Buffer.alloc(33, 7);
const clients: grpc.Client[] = [];
let server: KeyServer | undefined;
afterEach(async () => {
  vi.restoreAllMocks();
  for (const client of clients.splice(0)) client.close();
  await server?.close();
  server = undefined;
});

function remote(uri = server?.uri ?? ''): RemoteKeyService {
  return new RemoteKeyService(uri, hostOf());
}

/** Calls a method with the bytes of a request; the answer, or the numbered status and details. */
function callBare(path: string, request: Buffer): Promise<Buffer | { code: number; details: string }> {
  const client = new grpc.Client((server?.uri ?? '').replace('tcp://', ''), grpc.credentials.createInsecure());
  clients.push(client);
  const asIs = (message: Buffer): Buffer => message;
  return new Promise((settle) => {
    client.makeUnaryRequest(path, asIs, asIs, request, (error, answer) => {
      settle(error ? { code: error.code, details: error.details } : (answer ?? Buffer.alloc(0)));
    });
  });
}

describe('a key service', () => {
  test('wraps and opens', async () => {
    standIn('kms');
    server = await serve();
    const key = keyNamed('kms', 'arn:aws:kms:x');
    const enc = await remote().wrap(key, PART);
    expect(enc).toBe(PART.toString('hex'));
    expect(await remote().unwrap({ ...key, enc })).toEqual(PART);
  });

  test('gives the provider the key as a file would have it', async () => {
    const seen: unknown[] = [];
    standIn('kms', {
      unwrap: async (key) => {
        seen.push(key);
        return PART;
      },
    });
    server = await serve();
    const fields = new Map<string, string | Map<string, string>>([
      ['arn', 'a'],
      ['aws_profile', ''],
      ['context', new Map([['k', 'ü']])],
    ]);
    await remote().unwrap({ type: 'kms', fields, enc: 'text of enc' });
    expect(seen).toEqual([{ type: 'kms', fields, enc: 'text of enc' }]);
  });

  test('has surroundings of its own for every request, so that identities are read anew', async () => {
    const hosts = new Set<unknown>();
    standIn('age', {
      unwrap: async (_key, host) => {
        hosts.add(host);
        return PART;
      },
    });
    server = await serve();
    for (let time = 0; time < 2; time++) await remote().unwrap(keyNamed('age', 'age1', 'x'));
    expect(hosts.size).toBe(2);
  });

  test("answers a provider's failure with its text", async () => {
    standIn('pgp', { unwrap: () => Promise.reject(new SopsError('key', 'no ünlocked key\nat all \ud800 100%')) });
    server = await serve();
    await expect(remote().unwrap(keyNamed('pgp', 'AB'))).rejects.toMatchObject({
      code: 'key',
      message: 'rpc error: code = Unknown desc = no ünlocked key\nat all \ufffd 100%',
    });
  });

  test('keeps the text of a defect to itself', async () => {
    const lines: string[] = [];
    standIn('pgp', { unwrap: () => Promise.reject(new TypeError('secret of pgp')) });
    server = await serve({ log: (line) => lines.push(line) });
    await expect(remote().unwrap(keyNamed('pgp', 'AB'))).rejects.toThrow('code = Internal desc = internal error');
    expect(lines).toEqual(['decrypt request using PGP key with fingerprint AB: internal error']);
  });

  const { INVALID_ARGUMENT, NOT_FOUND, RESOURCE_EXHAUSTED, UNIMPLEMENTED } = grpc.status;
  test.each([
    ['no key', '12020102', INVALID_ARGUMENT, 'the request names no key'],
    ['an empty key', '0a00', NOT_FOUND, 'Must provide a key'],
    ['an unknown type of key', '0a0442020a00', NOT_FOUND, 'Must provide a key'],
    ['no message', '0aff', INVALID_ARGUMENT, 'not a message of the protocol: it ends too early'],
  ])('says what is wrong with a request with %s', async (_name, hex, code, details) => {
    server = await serve();
    for (const path of ['/KeyService/Encrypt', '/KeyService/Decrypt']) {
      expect(await callBare(path, Buffer.from(hex, 'hex'))).toEqual({ code, details });
    }
  });

  test('takes neither huge requests nor other methods, and goes on', async () => {
    standIn('kms');
    server = await serve();
    const huge = await callBare('/KeyService/Encrypt', Buffer.alloc(300_000));
    expect(huge).toMatchObject({ code: RESOURCE_EXHAUSTED });
    expect(await callBare('/KeyService/Sign', Buffer.alloc(0))).toMatchObject({ code: UNIMPLEMENTED });
    expect(await remote().wrap(keyNamed('kms', 'a'), PART)).toBe(PART.toString('hex'));
  });
});

describe('approval', () => {
  test('is asked for before the key is used, age recipients named', async () => {
    const events: string[] = [];
    standIn('age', {
      wrap: async () => {
        events.push('used');
        return 'enc';
      },
    });
    server = await serve({
      approve: async (question) => {
        events.push(question);
        return true;
      },
    });
    await remote().wrap(keyNamed('age', 'age1xyz'), PART);
    expect(events).toEqual([
      'Received encrypt request using age key with recipient age1xyz. Respond to request?',
      'used',
    ]);
  });

  test('that is refused keeps the key unused', async () => {
    let used = 0;
    standIn('kms', {
      unwrap: async () => {
        used += 1;
        return PART;
      },
    });
    server = await serve({ approve: async () => false });
    await expect(remote().unwrap(keyNamed('kms', 'arn'))).rejects.toThrow(
      'rpc error: code = PermissionDenied desc = Request rejected by user',
    );
    expect(used).toBe(0);
  });

  test('is asked for one request at a time, and not for one that was taken back', async () => {
    standIn('kms');
    const asked: string[] = [];
    const answers: ((answer: boolean) => void)[] = [];
    server = await serve({
      approve: (question) => {
        asked.push(question);
        return new Promise((settle) => answers.push(settle));
      },
    });
    const stop = new AbortController();
    const first = remote().unwrap(keyNamed('kms', 'first', '01'));
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    const second = remote().unwrap(keyNamed('kms', 'second', '02'), stop.signal);
    await new Promise((settle) => setTimeout(settle, 50));
    expect(asked).toHaveLength(1);
    stop.abort();
    await expect(second).rejects.toThrow('rpc error: code = Canceled');
    await new Promise((settle) => setTimeout(settle, 100));
    answers[0]?.(true);
    expect(await first).toEqual(Buffer.from([1]));
    await new Promise((settle) => setTimeout(settle, 50));
    expect(asked).toHaveLength(1);
  });
});

describe('what may use the terminal', () => {
  test('does so one at a time; remote keys go side by side', async () => {
    let running = 0;
    let most = 0;
    const slow = async (): Promise<Buffer> => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((settle) => setTimeout(settle, 20));
      running -= 1;
      return PART;
    };
    standIn('age', { unwrap: slow });
    standIn('kms', { unwrap: slow });
    server = await serve();
    const all = (type: string) => Promise.all([1, 2, 3].map((n) => remote().unwrap(keyNamed(type, String(n), 'x'))));
    await all('age');
    expect(most).toBe(1);
    await all('kms');
    expect(most).toBeGreaterThan(1);
  });
});

describe('the log', () => {
  test('has a line for each request, without parts', async () => {
    standIn('hc_vault', { keyString: nameOf });
    standIn('gcp_kms', { unwrap: () => Promise.reject(new SopsError('key', 'not today')) });
    const lines: string[] = [];
    server = await serve({ log: (line) => lines.push(line) });
    await remote().wrap(keyNamed('hc_vault', 'transit'), PART);
    await remote()
      .unwrap(keyNamed('gcp_kms', 'projects/p'))
      .catch(() => undefined);
    await callBare('/KeyService/Decrypt', Buffer.alloc(0));
    expect(lines).toEqual([
      'encrypt request using HashiCorp Vault / OpenBao transit key with URI transit: answered',
      'decrypt request using GCP KMS key with resource ID projects/p: not today',
      'decrypt request using an unknown key: the request names no key',
    ]);
  });
});

describe('listening', () => {
  test('on a socket, whose file goes with the server', async () => {
    standIn('kms');
    const host = () => hostOf({ cwd: tmpdir() });
    const name = `ks-${process.pid} %2F.sock`;
    server = await serve({ network: 'unix', address: name, host });
    const path = join(tmpdir(), name);
    expect(server.uri).toBe(`unix://${path}`);
    expect(existsSync(path)).toBe(true);
    expect(await remote(`unix://${encodeURI(path).replaceAll('#', '%23')}`).wrap(keyNamed('kms', 'a'), PART)).toBe(
      PART.toString('hex'),
    );
    await server.close();
    expect(existsSync(path)).toBe(false);
  });

  test.each([
    ['udp', '127.0.0.1:0', 'listen udp 127.0.0.1:0: unknown network udp'],
    ['tcp', '127.0.0.1', 'listen tcp 127.0.0.1: not like host:port'],
    ['tcp', '127.0.0.1:70000', 'listen tcp 127.0.0.1:70000: not like host:port'],
    ['tcp', '::1:5000', 'listen tcp ::1:5000: not like host:port'],
    ['unix', '/no-such-folder/x', 'listen unix /no-such-folder/x: bind: no such file or directory'],
  ])('on %s %s fails', async (network, address, message) => {
    await expect(serve({ network, address })).rejects.toMatchObject({ code: 'failed', message });
  });

  test('where something is already fails', async () => {
    server = await serve();
    const address = server.uri.replace('tcp://', '');
    await expect(serve({ address })).rejects.toThrow(`listen tcp ${address}: bind: address already in use`);
    const file = join(tmpdir(), `ks-file-${process.pid}`);
    writeFileSync(file, '');
    await expect(serve({ network: 'unix', address: file })).rejects.toThrow('bind: address already in use');
    expect(existsSync(file)).toBe(true);
    rmSync(file);
  });

  test('ends with what is under way', async () => {
    standIn('kms', { unwrap: () => new Promise(() => undefined) });
    server = await serve();
    const pending = remote().unwrap(keyNamed('kms', 'a', 'x'));
    const failing = expect(pending).rejects.toThrow('rpc error: code = ');
    await new Promise((settle) => setTimeout(settle, 100));
    await server.close();
    await failing;
  });
});
