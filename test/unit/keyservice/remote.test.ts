/** The client of key services: order, the words of failures, and how long it waits. */
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { afterEach, describe, expect, vi } from 'vitest';
import { SopsError } from '../../../src/errors.js';
import { DECRYPT_PATH, encodeResponse } from '../../../src/keyservice/messages.js';
import { RemoteKeyService } from '../../../src/keyservice/remote.js';
import type { KeyServer } from '../../../src/keyservice/server.js';
import type { Host } from '../../../src/util/host/host.js';
import { sampledTest } from '../../support/sweep.js';
import { hostOf } from '../keys/host.js';
import { keyNamed, nameOf, serve, standIn } from './services.js';

const test = sampledTest(2);

const PART = Buffer.alloc(32, 5);
const key = keyNamed('kms', 'arn', '00');
const servers: KeyServer[] = [];
const plain: { server: Server; sockets: Socket[] }[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const server of servers.splice(0)) await server.close();
  for (const { server, sockets } of plain.splice(0)) {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});

async function started(...options: Parameters<typeof serve>): Promise<string> {
  const server = await serve(...options);
  servers.push(server);
  return server.uri;
}

/** A server that takes connections and does this with each. */
async function plainServer(greet: (socket: Socket) => void): Promise<string> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    greet(socket);
  });
  plain.push({ server, sockets });
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
  return `tcp://127.0.0.1:${(server.address() as { port: number }).port}`;
}

const hurried = { SOPS_TS_KEY_TIMEOUT: '0.1' };
const dial = (target: string, reason: string) =>
  `rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial ${target}: ${reason}"`;

describe('failures are worded as SOPS words them', () => {
  const absent = join(tmpdir(), 'no-such-socket');
  test.each([
    ['tcp://127.0.0.1:1', dial('tcp 127.0.0.1:1', 'connect: connection refused')],
    ['tcp://[::1]:1', dial('tcp [::1]:1', 'connect: connection refused')],
    [`unix://${absent}`, dial(`unix ${absent}`, 'connect: no such file or directory')],
    ['unix:///no%20such', dial('unix /no such', 'connect: no such file or directory')],
    ['foo://x', dial('foo', 'unknown network foo')],
    ['localhost:5000', dial('localhost', 'unknown network localhost')],
    ['tcp:///x', dial('tcp', 'missing address')],
    ['unix://host/path', 'rpc error: code = Unavailable desc = invalid (non-empty) authority: host'],
    ['unix:///%ff', 'rpc error: code = Unavailable desc = invalid escapes in the path: /%ff'],
  ])('%s', async (uri, message) => {
    const service = new RemoteKeyService(uri, hostOf());
    await expect(service.unwrap(key)).rejects.toMatchObject({ code: 'key', message });
    await expect(service.wrap(key, PART)).rejects.toMatchObject({ code: 'key', message });
  });

  test('for each client of a service that is not there', async () => {
    const message = dial('tcp 127.0.0.1:1', 'connect: connection refused');
    for (const service of [1, 2, 3].map(() => new RemoteKeyService('tcp://127.0.0.1:1', hostOf()))) {
      await expect(service.unwrap(key)).rejects.toMatchObject({ message });
    }
  });

  test('a server that speaks something else', async () => {
    const uri = await plainServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await expect(new RemoteKeyService(uri, hostOf()).unwrap(key)).rejects.toThrow(
      /^rpc error: code = Unavailable desc = /,
    );
  });
});

describe('a service that has too much to do', () => {
  const refusing = async (code: grpc.status, times: number) => {
    const server = new grpc.Server();
    let calls = 0;
    const asIs = (bytes: Buffer): Buffer => bytes;
    const unary = { requestStream: false, responseStream: false } as const;
    const as = { requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs };
    server.addService(
      { Decrypt: { path: DECRYPT_PATH, ...unary, ...as } },
      {
        Decrypt: (_call: unknown, reply: grpc.sendUnaryData<Buffer>) => {
          calls += 1;
          if (calls <= times) reply({ code, details: 'later' });
          else reply(null, Buffer.from(encodeResponse(PART)));
        },
      },
    );
    const insecure = grpc.ServerCredentials.createInsecure();
    const port = await new Promise<number>((settle, reject) => {
      server.bindAsync('127.0.0.1:0', insecure, (problem, bound) => (problem ? reject(problem) : settle(bound)));
    });
    return {
      uri: `tcp://127.0.0.1:${port}`,
      calls: () => calls,
      close: () => server.forceShutdown(),
    };
  };

  test.each([grpc.status.RESOURCE_EXHAUSTED, grpc.status.UNAVAILABLE])('is asked again (status %d)', async (code) => {
    const patient = await refusing(code, 2);
    expect(await new RemoteKeyService(patient.uri, hostOf()).unwrap(key)).toEqual(PART);
    expect(patient.calls()).toBe(3);
    patient.close();
  });

  test('is not asked for ever, nor one that refuses', { timeout: 10_000 }, async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const full = await refusing(grpc.status.RESOURCE_EXHAUSTED, 100);
    await expect(new RemoteKeyService(full.uri, hostOf()).unwrap(key)).rejects.toThrow('ResourceExhausted');
    expect(full.calls()).toBe(5);
    full.close();
    const refused = await refusing(grpc.status.PERMISSION_DENIED, 1);
    await expect(new RemoteKeyService(refused.uri, hostOf()).unwrap(key)).rejects.toThrow('PermissionDenied');
    expect(refused.calls()).toBe(1);
    refused.close();
  });
});

describe('waiting', () => {
  test('for a connection has an end', async () => {
    const uri = await plainServer(() => undefined);
    const service = new RemoteKeyService(uri, hostOf({ env: hurried }));
    const before = Date.now();
    await expect(service.unwrap(key)).rejects.toThrow(dial(uri.replace('://', ' '), 'i/o timeout'));
    await expect(service.unwrap(key)).rejects.toThrow('i/o timeout');
    expect(Date.now() - before).toBeLessThan(3000);
  });

  test('for an answer takes longer, is said, has an end too, and is not repeated', async () => {
    standIn('kms', { unwrap: () => new Promise(() => undefined) });
    const uri = await started();
    const told: string[] = [];
    const begin: Host['begin'] = (what, telling) => {
      told.push(`${what} (${telling})`);
      return { now: () => undefined, end: () => undefined };
    };
    const service = new RemoteKeyService(uri, { ...hostOf({ env: hurried }), begin });
    await expect(service.unwrap(key)).rejects.toThrow('rpc error: code = DeadlineExceeded desc = no answer');
    expect(told).toEqual([`waiting for the key service ${uri}; it may be asking somebody there (both)`]);
    const before = Date.now();
    await expect(service.unwrap(key)).rejects.toThrow('DeadlineExceeded');
    expect(Date.now() - before).toBeLessThan(100);
  });

  test('has no end for SOPS_TS_KEY_TIMEOUT=0, and that must be a number', async () => {
    standIn('kms', { unwrap: () => new Promise((settle) => setTimeout(settle, 300, PART)) });
    const uri = await started();
    const patient = new RemoteKeyService(uri, hostOf({ env: { SOPS_TS_KEY_TIMEOUT: '0' } }));
    expect(await patient.unwrap(key)).toEqual(PART);
    for (const text of ['soon', '-1', '1e3', '15s', ' ']) {
      expect(() => new RemoteKeyService(uri, hostOf({ env: { SOPS_TS_KEY_TIMEOUT: text } }))).toThrow(
        'SOPS_TS_KEY_TIMEOUT must be a number of seconds, or 0 for no limit',
      );
    }
  });

  test('ends when nobody wants the answer any more', async () => {
    let wanted: AbortSignal | undefined;
    standIn('kms', {
      unwrap: (_key, _host, signal) => {
        wanted = signal;
        return new Promise(() => undefined);
      },
    });
    const service = new RemoteKeyService(await started(), hostOf());
    const stop = new AbortController();
    const pending = service.unwrap(key, stop.signal);
    const failing = expect(pending).rejects.toThrow('rpc error: code = Canceled');
    await vi.waitFor(() => expect(wanted).toBeDefined());
    stop.abort();
    await failing;
    await vi.waitFor(() => expect(wanted?.aborted).toBe(true));
  });
});

test('a service is asked one question at a time, and not what is of no use any more', async () => {
  const asked: string[] = [];
  standIn('kms', {
    unwrap: async (one) => {
      asked.push(nameOf(one));
      await new Promise((settle) => setTimeout(settle, 30));
      if (nameOf(one) === 'a') throw new SopsError('key', 'not a');
      return PART;
    },
  });
  const service = new RemoteKeyService(await started(), hostOf());
  const stop = new AbortController();
  const calls = ['a', 'b', 'c'].map((name) => service.unwrap(keyNamed('kms', name, 'x'), stop.signal));
  const last = expect(calls[2]).rejects.toThrow('another key was faster');
  await expect(calls[0]).rejects.toThrow('rpc error: code = Unknown desc = not a');
  expect(await calls[1]).toEqual(PART);
  stop.abort();
  await last;
  expect(asked).toEqual(['a', 'b']);
});

test('text that is not UTF-8 comes back as it was', async () => {
  standIn('kms', {
    wrap: async () => 'enc \udcff',
    unwrap: async (one) => Buffer.from(one.enc === 'enc \udcff' ? [1] : [0]),
  });
  const service = new RemoteKeyService(await started(), hostOf());
  const enc = await service.wrap(key, PART);
  expect(enc).toBe('enc \udcff');
  expect(await service.unwrap({ ...key, enc })).toEqual(Buffer.from([1]));
});
