/**
 * Old entries pasted back into a file after a recipient was shut out: the former recipient does not read what was set later, and
 * those who may read it still can.
 */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { generateIdentity } from '../../../src/keys/age/x25519.js';
import { Desk } from '../../support/desk.js';
import type { Ran } from '../../support/run.js';
import { sampledTest } from '../../support/sweep.js';
import { hostOf } from '../keys/host.js';
import { serve } from '../keyservice/services.js';

const test = sampledTest(2);

interface Entry {
  readonly recipient: string;
  readonly enc: string;
}
interface Metadata {
  age: Entry[];
  key_groups: { age: Entry[] }[];
  mac: string;
  lastmodified: string;
}
interface Sealed {
  secret: string;
  sops: Metadata;
}

const NEW = 'canary-set-later';
const OLD = 'canary-of-before';
const [alice, bob, carol] = [generateIdentity(), generateIdentity(), generateIdentity()] as const;

let desk: Desk;
/** While bob could read it, and after he was taken out and the secret changed. */
let before: Sealed;
let now: Sealed;

const sealed = (name: string): Sealed => JSON.parse(desk.text(name));
const entryOf = ({ sops }: Sealed, { recipient }: typeof alice): Entry =>
  sops.age.find((entry) => entry.recipient === recipient) as Entry;

beforeAll(async () => {
  desk = new Desk();
  const text = JSON.stringify({ secret: OLD });
  desk.write('f.json', await desk.encrypt('f.json', text, '--age', `${alice.recipient},${bob.recipient}`));
  before = sealed('f.json');
  desk.write('.sops.yaml', JSON.stringify({ creation_rules: [{ age: alice.recipient }] }));
  for (const words of [
    ['updatekeys', '--yes', 'f.json'],
    ['set', 'f.json', '["secret"]', JSON.stringify(NEW)],
  ]) {
    expect(await as(alice, ...words)).toMatchObject({ status: 0 });
  }
  now = sealed('f.json');
});

afterAll(() => desk.remove());

function as({ identity }: typeof alice, ...words: string[]): Promise<Ran> {
  return desk.run(words, { env: { SOPS_AGE_KEY: identity, SOPS_AGE_RECIPIENTS: '' } });
}

/** Writes the present file, changed. */
function forge(change: (sops: Metadata) => Partial<Metadata>, secret = now.secret): void {
  desk.write('f.json', JSON.stringify({ secret, sops: { ...now.sops, ...change(now.sops) } }));
}

/** What a person sees of the file, with and without `--ignore-mac`, by every command that reads. */
async function seenBy(who: typeof alice): Promise<string> {
  const seen: string[] = [];
  for (const words of [
    ['decrypt', 'f.json'],
    ['decrypt', '--ignore-mac', 'f.json'],
    ['decrypt', '--extract', '["secret"]', '--ignore-mac', 'f.json'],
    ['exec-env', '--ignore-mac', 'f.json', 'echo $secret'],
    ['rotate', '--ignore-mac', 'f.json'],
  ]) {
    const { stdout, stderr } = await as(who, '--verbose', ...words);
    seen.push(stdout.toString(), stderr);
  }
  return seen.join('');
}

/** Bob writes what he has back into the file, in every way that he could. */
const ATTACKS: readonly [string, () => void][] = [
  ['his entry in front', () => forge(({ age }) => ({ age: [entryOf(before, bob), ...age] }))],
  ['his entry behind', () => forge(({ age }) => ({ age: [...age, entryOf(before, bob)] }))],
  ['his entry alone', () => forge(() => ({ age: [entryOf(before, bob)] }))],
  ['both old entries in front', () => forge(({ age }) => ({ age: [...before.sops.age, ...age] }))],
  ["alice's old entry in front", () => forge(({ age }) => ({ age: [entryOf(before, alice), ...age] }))],
  ["alice's old entry instead of hers", () => forge(() => ({ age: [entryOf(before, alice), entryOf(before, bob)] }))],
  [
    'old entries and the old MAC',
    () =>
      forge(({ age }) => ({
        age: [...before.sops.age, ...age],
        mac: before.sops.mac,
        lastmodified: before.sops.lastmodified,
      })),
  ],
  ['the whole old metadata', () => forge(() => before.sops)],
  [
    'two groups that both of them hold, one old and one new',
    () => forge(({ age }) => ({ key_groups: [{ age: before.sops.age }, { age }], age: [] })),
  ],
];

describe('the former recipient', () => {
  test.each(ATTACKS)('does not read what was set later: %s', async (_name, attack) => {
    attack();
    expect(await seenBy(bob)).not.toContain(NEW);
  });
});

describe('the rightful recipient', () => {
  test.each(ATTACKS.slice(0, 5).filter(([name]) => name !== 'his entry alone'))(
    'still reads the file: %s',
    async (name, attack) => {
      attack();
      const ran = await as(alice, 'decrypt', 'f.json');
      expect(ran).toMatchObject({ status: 0 });
      expect(JSON.parse(ran.stdout.toString())).toEqual({ secret: NEW });
      const isPassedOver = /old entr/.test(name);
      expect(ran.stderr.includes(`entry for ${alice.recipient} holds another data key`)).toBe(isPassedOver);
      expect(ran.stderr.split('\n').length).toBeLessThanOrEqual(2);
    },
  );

  test('reads and writes it by every command, and rotate heals it', async () => {
    forge(({ age }) => ({ age: [entryOf(before, alice), ...age] }));
    expect((await as(alice, 'exec-env', 'f.json', 'echo $secret')).stdout.toString()).toBe(`${NEW}\n`);
    expect(await as(alice, 'set', 'f.json', '["more"]', '"x"')).toMatchObject({ status: 0 });
    expect(await as(alice, 'rotate', '-i', 'f.json')).toMatchObject({ status: 0 });
    const ran = await as(alice, 'decrypt', 'f.json');
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(ran.stdout.toString())).toEqual({ secret: NEW, more: 'x' });
  });

  test('reads it when the key service opens both entries', async () => {
    const server = await serve({ host: () => hostOf({ env: { SOPS_AGE_KEY: alice.identity } }) });
    try {
      forge(({ age }) => ({ age: [entryOf(before, alice), ...age] }));
      const flags = ['--enable-local-keyservice=false', '--keyservice', server.uri];
      const ran = await as(carol, 'decrypt', ...flags, 'f.json');
      expect(ran).toMatchObject({ status: 0, stderr: expect.stringContaining('another data key') });
    } finally {
      await server.close();
    }
  });

  test('is told of an altered MAC as ever, and reads the new value without it', async () => {
    forge(({ age }) => ({
      age: [...before.sops.age, ...age],
      mac: before.sops.mac,
      lastmodified: before.sops.lastmodified,
    }));
    // The old key opens the MAC, so it is the answer; the value then shows the forgery.
    expect(await as(alice, 'decrypt', 'f.json')).toMatchObject({ status: 25, stdout: Buffer.alloc(0) });
    forge(({ age }) => ({ age: [entryOf(before, alice), ...age], lastmodified: '2020-01-01T00:00:00Z' }));
    expect(await as(alice, 'decrypt', 'f.json')).toMatchObject({ status: 51, stdout: Buffer.alloc(0) });
    const ran = await as(alice, 'decrypt', '--ignore-mac', 'f.json');
    expect(JSON.parse(ran.stdout.toString())).toEqual({ secret: NEW });
  });

  test.each([
    ['no key is right', 25, () => forge(() => ({ age: [entryOf(before, alice)] }))],
    [
      'the old value came back too',
      51,
      () => forge(({ age }) => ({ age: [...before.sops.age, ...age] }), before.secret),
    ],
    ['there is no MAC', 51, () => forge(({ age }) => ({ age: [entryOf(before, alice), ...age], mac: '' }))],
  ])('gets the status of SOPS when it cannot be saved: %s', async (_name, status, attack) => {
    attack();
    const ran = await as(alice, 'decrypt', 'f.json');
    expect(ran).toMatchObject({ status, stdout: Buffer.alloc(0) });
    expect(ran.stderr).not.toMatch(/canary/);
  });
});

describe('of several groups', () => {
  test('stale entries in front of all of them keep nobody from the file, and let nobody in', async () => {
    const rule = (...second: string[]) => {
      const groups = [{ age: [alice.recipient] }, { age: [carol.recipient, ...second] }];
      desk.write('.sops.yaml', JSON.stringify({ creation_rules: [{ key_groups: groups, shamir_threshold: 2 }] }));
    };
    const holders = { ...alice, identity: `${alice.identity}\n${carol.identity}` };
    const formers = { ...bob, identity: `${alice.identity}\n${bob.identity}` };
    rule(bob.recipient);
    desk.write('g.json', JSON.stringify({ secret: OLD }));
    expect(await as(holders, 'encrypt', '-i', 'g.json')).toMatchObject({ status: 0 });
    const old = sealed('g.json');
    rule();
    for (const words of [
      ['updatekeys', '--yes', 'g.json'],
      ['set', 'g.json', '["secret"]', JSON.stringify(NEW)],
    ]) {
      expect(await as(holders, ...words)).toMatchObject({ status: 0 });
    }
    const current = sealed('g.json');
    const groups = current.sops.key_groups.map(({ age }, at) => ({
      age: [...(old.sops.key_groups[at]?.age ?? []), ...age],
    }));
    desk.write('g.json', JSON.stringify({ ...current, sops: { ...current.sops, key_groups: groups } }));
    const ran = await as(holders, 'decrypt', 'g.json');
    expect(ran).toMatchObject({ status: 0 });
    expect(JSON.parse(ran.stdout.toString())).toEqual({ secret: NEW });
    const { status, stdout, stderr } = await as(formers, 'decrypt', '--ignore-mac', 'g.json');
    expect(status).not.toBe(0);
    expect(stdout.toString() + stderr).not.toContain(NEW);
  });
});
