/** The key agent: what it keeps, for how long, and what those who ask it make of it. */
import { chmodSync, existsSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, vi } from 'vitest';
import { SopsError } from '../../../src/errors.js';
import type { MasterKey } from '../../../src/keys/provider.js';
import { AgentClient } from '../../../src/keyservice/agent/client.js';
import { agentUri } from '../../../src/keyservice/agent/place.js';
import { agentQuestion } from '../../../src/keyservice/agent/question.js';
import type { KeyService } from '../../../src/keyservice/keyservice.js';
import { RemoteKeyService } from '../../../src/keyservice/remote.js';
import { keyServicesOf } from '../../../src/keyservice/services.js';
import { TestAgent } from '../../support/agent.js';
import { sampledTest } from '../../support/sweep.js';
import { hostOf } from '../keys/host.js';
import { keyNamed, standIn } from './services.js';

const test = sampledTest(2);

const PART = Buffer.alloc(32, 9);
const HEX = PART.toString('hex');
const hex = (part: Uint8Array | null | undefined): string => Buffer.from(part ?? []).toString('hex');
const nothing = (): void => undefined;
const key = keyNamed('kms', 'arn:one', PART.toString('hex'));

let agent: TestAgent;
beforeEach(async () => {
  agent = await new TestAgent().start();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await agent.stop();
});

/** A service of sops-ts that finds the agent, in a run of its own. */
function found(place = agent.place): KeyService {
  const [service] = keyServicesOf(undefined, hostOf().fork({ agent: place }));
  if (!service) throw new Error('there is no service');
  return service;
}

/** Stands in for AWS KMS, and counts. */
function counting(unwrap: (key: MasterKey) => Promise<Uint8Array> = async () => Buffer.from(PART)) {
  const spy = vi.fn(unwrap);
  standIn('kms', { unwrap: spy });
  return spy;
}

async function isKept(one: MasterKey): Promise<boolean> {
  return (await agent.ask((client) => client.recall([agentQuestion(one)]))).length > 0;
}

describe('what was opened', () => {
  test('by one run is not opened again by another, nor by SOPS', async () => {
    const asked = counting();
    expect(hex(await found().unwrap(key))).toBe(HEX);
    expect(hex(await found().unwrap({ ...key }))).toBe(HEX);
    expect(hex(await new RemoteKeyService(agentUri(agent.place), hostOf()).unwrap(key))).toBe(HEX);
    expect(asked).toHaveBeenCalledTimes(1);
  });

  test('for SOPS is not opened again for a run', async () => {
    const asked = counting();
    expect(hex(await new RemoteKeyService(agentUri(agent.place), hostOf()).unwrap(key))).toBe(HEX);
    expect(hex(await found().unwrap(key))).toBe(HEX);
    expect([...((await found().recall?.([keyNamed('kms', 'other', 'x'), key])) ?? [])]).toEqual([
      [key, Uint8Array.from(PART)],
    ]);
    expect(asked).toHaveBeenCalledTimes(1);
  });

  test('is another thing for another key, context or wrapping', async () => {
    const asked = counting();
    const others = [
      keyNamed('kms', 'arn:two', key.enc),
      { ...key, enc: 'aa' },
      keyNamed('gcp_kms', 'arn:one', key.enc),
    ];
    standIn('gcp_kms', { unwrap: asked });
    const context: MasterKey = { ...key, fields: new Map([...key.fields, ['context', new Map([['a', 'b']])]]) };
    for (const one of [key, ...others, context]) await found().unwrap(one);
    expect(asked).toHaveBeenCalledTimes(5);
  });

  test('is opened once by many runs, and by SOPS, at the same time', async () => {
    const asked = counting(async () => {
      await new Promise((settle) => setTimeout(settle, 50));
      return Buffer.from(PART);
    });
    const runs = Array.from({ length: 6 }, () => found().unwrap({ ...key }));
    const sops = [1, 2].map(() => new RemoteKeyService(agentUri(agent.place), hostOf()).unwrap(key));
    for (const part of await Promise.all([...runs, ...sops])) expect(hex(part)).toBe(HEX);
    expect(asked).toHaveBeenCalledTimes(1);
  });

  test('is wrapped by the keys of the agent, for SOPS', async () => {
    standIn('kms');
    const service = new RemoteKeyService(agentUri(agent.place), hostOf());
    expect(await service.wrap(keyNamed('kms', 'arn'), PART)).toBe(PART.toString('hex'));
    expect(agent.events).toEqual(['agent-encrypt AWS KMS arn']);
  });
});

describe('whose turn it is', () => {
  const question = agentQuestion(key);

  test('passes on when the one who had it fails, or is gone', async () => {
    const [first, second, third] = [await agent.client(), await agent.client(), await agent.client()];
    expect(await first.claim(question, nothing)).toBeNull();
    const waits = vi.fn();
    const next = second.claim(question, waits);
    await vi.waitFor(() => expect(waits).toHaveBeenCalled());
    first.close();
    expect(await next).toBeNull();
    const last = third.claim(question, nothing);
    await second.keep(PART, 'a key');
    expect(hex(await last)).toBe(HEX);
    second.close();
    third.close();
  });

  test('of one that cannot open it says nothing of the others', async () => {
    let tries = 0;
    counting(async () => {
      await new Promise((settle) => setTimeout(settle, 20));
      tries += 1;
      if (tries === 1) throw new SopsError('key', 'no credentials here');
      return Buffer.from(PART);
    });
    const outcomes = await Promise.allSettled([found().unwrap({ ...key }), found().unwrap({ ...key })]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('is needed to hand something over', async () => {
    await expect(agent.ask((client) => client.keep(PART, 'x'))).rejects.toThrow('nothing was to be opened');
  });

  test('is left by a run that loses interest', async () => {
    const holder = await agent.client();
    await holder.claim(question, nothing);
    const stop = new AbortController();
    const waiting = found().unwrap({ ...key }, stop.signal);
    setTimeout(() => stop.abort(new Error('another key was faster')), 50);
    await expect(waiting).rejects.toThrow();
    await holder.keep(PART, 'x');
    expect(await isKept(key)).toBe(true);
    holder.close();
  });
});

describe('time', () => {
  test('that passes without a question forgets, and a question begins it anew', async () => {
    counting();
    await found().unwrap(key);
    agent.minutes = 9;
    expect(await isKept(key)).toBe(true);
    agent.minutes = 18;
    expect(await isKept(key)).toBe(true);
    agent.minutes = 29;
    expect(await isKept(key)).toBe(false);
  });

  test('ends it in any case', async () => {
    const asked = counting();
    await found().unwrap(key);
    for (agent.minutes = 0; agent.minutes <= 60; agent.minutes += 5) expect(await isKept(key)).toBe(true);
    agent.minutes = 61;
    expect(await isKept(key)).toBe(false);
    await found().unwrap({ ...key });
    expect(asked).toHaveBeenCalledTimes(2);
  });

  test('forgets without being asked, and a clock that is set back keeps nothing longer', async () => {
    await agent.stop();
    agent = await new TestAgent().start({ idle: 400, lifetime: 400, clock: { wall: () => 0, steady: () => tick } });
    let tick = 0;
    counting();
    await found().unwrap(key);
    expect((await agent.ask((client) => client.status())).kept).toBe(1);
    tick = 401;
    await vi.waitFor(async () => expect((await agent.ask((client) => client.status())).kept).toBe(0));
  });
});

describe('lock', () => {
  test('forgets all, and what is being opened then is not kept', async () => {
    let release = nothing;
    counting(async ({ enc }) => {
      if (enc === 'slow') await new Promise<void>((settle) => (release = settle));
      return Buffer.from(PART);
    });
    await found().unwrap(key);
    const slow = new RemoteKeyService(agentUri(agent.place), hostOf()).unwrap({ ...key, enc: 'slow' });
    await vi.waitFor(() => expect(release).not.toBe(nothing));
    expect(await agent.ask((client) => client.lock())).toBe(1);
    release();
    expect(hex(await slow)).toBe(HEX);
    expect([await isKept(key), await isKept({ ...key, enc: 'slow' })]).toEqual([false, false]);
  });
});

describe('the audit log', () => {
  test('has a line for whatever is handed out, taken in, wrapped and forgotten', async () => {
    counting();
    await found().unwrap(key);
    await found().unwrap({ ...key });
    await new RemoteKeyService(agentUri(agent.place), hostOf()).unwrap(key);
    await agent.ask((client) => client.lock());
    const line = (action: string) => `${action} AWS KMS arn:one`;
    const expected = [line('agent-keep'), line('agent-decrypt'), line('agent-decrypt'), 'agent-lock all'];
    expect(agent.events).toEqual(expected);
  });

  test('that cannot be written to keeps everything where it is', async () => {
    const asked = counting();
    await found().unwrap(key);
    agent.refusal = new SopsError('failed', 'the audit log is full');
    await expect(agent.ask((client) => client.recall([agentQuestion(key)]))).rejects.toThrow('the audit log is full');
    await expect(new RemoteKeyService(agentUri(agent.place), hostOf()).unwrap(key)).rejects.toThrow('log is full');
    const host = hostOf();
    const [service] = keyServicesOf(undefined, host.fork({ agent: agent.place }));
    expect(hex(await service?.unwrap({ ...key }))).toBe(HEX);
    expect(asked).toHaveBeenCalledTimes(2);
    expect(host.warned).toEqual([
      expect.stringContaining('the key agent: the audit log is full; keys are used without'),
    ]);
  });
});

describe('the place', () => {
  test('is for its user alone', () => {
    expect(lstatSync(agent.place.socket).mode & 0o777).toBe(0o600);
    expect(lstatSync(`${agent.folder}/own`).mode & 0o777).toBe(0o700);
  });

  test.each([
    ['others can reach into', (folder: string) => chmodSync(folder, 0o750)],
    ['is not a socket', (folder: string) => writeFileSync(`${folder}/agent.sock`, '')],
  ])('where %s it is neither listened at nor asked', async (problem, spoil) => {
    const place = { ...agent.place, socket: `${agent.folder}/other/agent.sock` };
    mkdirSync(`${agent.folder}/other`, { mode: 0o700 });
    spoil(`${agent.folder}/other`);
    await expect(new TestAgent().start({ place })).rejects.toThrow(problem);
    if (problem.startsWith('others')) writeFileSync(place.socket, '');
    await expect(AgentClient.connect(place)).rejects.toThrow(problem);
  });

  test('that belongs to another user is not asked: what is there would be given data keys', async () => {
    const place = { ...agent.place, userId: agent.place.userId + 1 };
    await expect(AgentClient.connect(place)).rejects.toThrow('belongs to another user');
  });

  test('has one agent, however many are started at a time', async () => {
    const other = { ...agent.place, socket: `${agent.folder}/many/agent.sock` };
    const started = await Promise.all([1, 2, 3, 4].map(() => new TestAgent().start({ place: other })));
    const client = await AgentClient.connect(other);
    await client?.stop();
    client?.close();
    const ends = await Promise.all(started.map(({ ended }) => ended));
    expect(ends.sort()).toEqual(['running', 'running', 'running', 'stopped']);
    expect(existsSync(other.socket)).toBe(false);
  });

  test('of an agent that was killed is taken over', async () => {
    const place = { ...agent.place, socket: `${agent.folder}/stale/agent.sock` };
    mkdirSync(`${agent.folder}/stale`, { mode: 0o700 });
    const { spawnSync } = await import('node:child_process');
    const script = `require('net').createServer().listen(${JSON.stringify(place.socket)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script]);
    expect(lstatSync(place.socket).isSocket()).toBe(true);
    const asked = counting();
    expect(hex(await found(place).unwrap(key))).toBe(HEX);
    const next = await new TestAgent().start({ place });
    for (let run = 0; run < 2; run++) await found(place).unwrap({ ...key });
    expect(asked).toHaveBeenCalledTimes(2);
    const client = await AgentClient.connect(place);
    await client?.stop();
    client?.close();
    expect(await next.ended).toBe('stopped');
  });
});

describe('a run', () => {
  test('goes on without an agent that says nothing, after a warning', async () => {
    const socket = `${agent.folder}/own/deaf.sock`;
    const deaf = createServer(() => undefined);
    await new Promise<void>((ready) => deaf.listen(socket, ready));
    const asked = counting();
    const host = hostOf();
    const [service] = keyServicesOf(undefined, host.fork({ agent: { ...agent.place, socket } }));
    expect(hex(await service?.unwrap(key))).toBe(HEX);
    expect(hex(await service?.unwrap({ ...key, enc: '00' }))).toBe(HEX);
    expect(asked).toHaveBeenCalledTimes(2);
    expect(host.warned).toEqual([
      'the key agent does not answer; keys are used without it (SOPS_TS_AGENT=0 leaves it out)',
    ]);
    deaf.close();
  });

  test('leaves it out where that is wanted', async () => {
    const asked = counting();
    await found().unwrap(key);
    const host = hostOf().fork({ agent: agent.place });
    const [service] = keyServicesOf({ enableLocal: true, uris: [], withoutAgent: true }, host);
    await service?.unwrap({ ...key });
    expect(asked).toHaveBeenCalledTimes(2);
    expect(service?.recall).toBeUndefined();
  });

  test('in the shell that `agent start` was evaluated in opens itself what the agent has not', async () => {
    const uri = agentUri(agent.place);
    const env = { SOPS_TS_AGENT: agent.place.socket, SOPS_KEYSERVICE: uri, SOPS_ENABLE_LOCAL_KEYSERVICE: 'false' };
    const choice = { enableLocal: false, uris: [uri] };
    const host = hostOf({ env }).fork({ agent: agent.place });
    expect(keyServicesOf(choice, host)).toHaveLength(2);
    expect(keyServicesOf(choice, host.fork({ calledAsSops: true, agent: undefined }))).toHaveLength(1);
    expect(keyServicesOf({ ...choice, withoutAgent: true }, host)).toHaveLength(1);
  });
});
