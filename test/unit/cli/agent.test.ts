/** The commands of the key agent: what they print, and what they refuse. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { agentText } from '../../../src/cli/output/agent-text.js';
import { auditLineOf } from '../../../src/run/audit-event.js';
import { MINUTE, TestAgent } from '../../support/agent.js';
import { Desk } from '../../support/desk.js';

let desk: Desk;
let agent: TestAgent;
beforeEach(async () => {
  desk = new Desk();
  agent = new TestAgent();
});
afterEach(async () => {
  await agent.stop();
  desk.remove();
});

const run = (words: readonly string[], env: Record<string, string> = {}) =>
  desk.run(words, { env: { SOPS_TS_AGENT: agent.place.socket, ...env } });

describe('with an agent', () => {
  beforeEach(async () => void (await agent.start()));

  test('status tells what it keeps, and lock has it forgotten', async () => {
    desk.write('a.yaml', await desk.encrypt('a.yaml', 'a: 1\n'));
    expect((await run(['decrypt', 'a.yaml'])).stdout.toString()).toBe('a: 1\n');
    const status = await run(['agent', 'status']);
    expect(status.stdout.toString()).toMatch(
      /^agent: +process 0, since 20.*\nsocket: +\/.*agent\.sock\ndata keys: +1\n/,
    );
    expect(status.stdout.toString()).toContain('forgotten:  after 10m unused, and 1h in any case\n');
    const { kept, idle } = JSON.parse((await run(['agent', 'status', '--json'])).stdout.toString());
    expect([kept, idle]).toEqual([1, 10 * MINUTE]);
    const locked = await run(['agent', 'lock']);
    expect([locked.status, locked.stdout.toString(), locked.stderr]).toEqual([0, '', '1 data key forgotten\n']);
    expect((await run(['agent', 'lock'])).stderr).toBe('0 data keys forgotten\n');
  });

  test('unlock hands over the data keys of all files below, and tells of those that it cannot open', async () => {
    desk.write('a.yaml', await desk.encrypt('a.yaml', 'a: 1\n'));
    desk.write('b.json', await desk.encrypt('b.json', '{"b": 2}\n'));
    desk.write('plain.yaml', 'c: 3\n');
    const other = new Desk();
    desk.write('foreign.yaml', await other.encrypt('foreign.yaml', 'd: 4\n'));
    other.remove();
    const ran = await run(['agent', 'unlock']);
    expect(ran.status).toBe(128);
    expect(ran.stderr).toMatch(
      /^the key agent has the data keys of 2 files\nFailed to get the data key.*foreign\.yaml/s,
    );
    expect(agent.events.filter((event) => event.startsWith('agent-keep age '))).toHaveLength(2);
    // Without the identity: the agent has what is needed.
    const read = await desk.run(['decrypt', 'a.yaml'], {
      env: { SOPS_TS_AGENT: agent.place.socket, SOPS_AGE_KEY: '' },
    });
    expect([read.status, read.stdout.toString()]).toEqual([0, 'a: 1\n']);
    expect((await run(['decrypt', '--no-agent', 'a.yaml'], { SOPS_AGE_KEY: '' })).status).toBe(128);
    expect((await run(['decrypt', 'a.yaml'], { SOPS_AGE_KEY: '', SOPS_TS_AGENT: '0' })).status).toBe(128);
  });

  test('a program called sops asks none by itself', async () => {
    desk.write('a.yaml', await desk.encrypt('a.yaml', 'a: 1\n'));
    await run(['agent', 'unlock', 'a.yaml']);
    const env = { SOPS_AGE_KEY: '', SOPS_TS_AS: 'sops' };
    expect((await run(['decrypt', 'a.yaml'], env)).status).toBe(128);
    const uri = `unix://${agent.place.socket}`;
    const named = await run(['decrypt', '--enable-local-keyservice=false', '--keyservice', uri, 'a.yaml'], env);
    expect([named.status, named.stdout.toString()]).toEqual([0, 'a: 1\n']);
  });

  test('stop ends it, and prints what the shell is to forget', async () => {
    const ran = await run(['agent', 'stop']);
    expect(ran.stdout.toString()).toBe(
      'unset SOPS_TS_AGENT;\nunset SOPS_KEYSERVICE;\nunset SOPS_ENABLE_LOCAL_KEYSERVICE;\n',
    );
    expect(await agent.ended).toBe('stopped');
  });

  test.each([
    ['sh', "SOPS_TS_AGENT='/a'\\''b/agent.sock'; export SOPS_TS_AGENT;"],
    ['fish', "set -gx SOPS_TS_AGENT '/a\\'b/agent.sock';"],
    ['powershell', "$env:SOPS_TS_AGENT = '/a''b/agent.sock'"],
  ])('the code for %s holds whatever a path holds', async (shell, line) => {
    const { settingCode } = await import('../../../src/cli/agent.js');
    const streams = { env: {} } as Parameters<typeof settingCode>[2];
    expect(settingCode({ socket: "/a'b/agent.sock", userId: 0 }, shell, streams).split('\n')[0]).toBe(line);
  });
});

describe('without an agent', () => {
  test.each(['status', 'lock', 'unlock'])('%s fails, and says how to start one', async (word) => {
    const ran = await run(['agent', word]);
    expect([ran.status, ran.stdout.toString()]).toEqual([1, '']);
    expect(ran.stderr).toMatch(
      /^no key agent answers at \/.*agent\.sock\n {2}Start one: eval "\$\(sops-ts agent start\)"\n$/,
    );
  });

  test('stop has the shell forget it nevertheless', async () => {
    const ran = await run(['agent', 'stop', '--shell', 'fish']);
    expect(ran.status).toBe(0);
    expect(ran.stdout.toString()).toMatch(/^set -e SOPS_TS_AGENT;\n/);
    expect(ran.stderr).toMatch(/^warning: no key agent answers at /);
  });

  test.each([
    [['--idle', 'soon'], '--idle takes a duration, e.g. 90s, 30m or 8h'],
    [['--lifetime', '0'], '--lifetime takes a duration'],
    [['--shell', 'csh'], '--shell takes sh, fish, powershell'],
  ])('start refuses %s', async (flags, words) => {
    const ran = await run(['agent', 'start', ...flags]);
    expect([ran.status, ran.stdout.toString()]).toEqual([1, '']);
    expect(ran.stderr).toContain(words);
  });

  test('SOPS_TS_AGENT=0 means that there is to be none', async () => {
    expect((await run(['agent', 'status'], { SOPS_TS_AGENT: '0' })).stderr).toMatch(
      /^there is no key agent here\n.*=0 leaves it out/s,
    );
  });
});

describe('words', () => {
  test('of a status say where memory may be written to', () => {
    const guards = { coreDumps: 'possible', swap: 'possible' } as const;
    const status = { pid: 1, since: 'now', kept: 0, idle: 90_000, lifetime: 5_400_000, guards };
    const text = agentText({ socket: '/s', userId: 0 }, status);
    expect(text).toMatch(
      /after 1m 30s unused, and 1h 30m in any case\ncore dumps: +possible.*\nswap: +its memory may be/,
    );
  });

  test('of the audit log name the key', () => {
    const user = { name: 'anna', id: 1000, process: 7 };
    const line = auditLineOf({ time: new Date(0), user, action: 'agent-decrypt', subject: 'AWS KMS arn:x' });
    expect(JSON.parse(line)).toMatchObject({ action: 'agent-decrypt', key: 'AWS KMS arn:x', user: 'anna' });
  });
});
