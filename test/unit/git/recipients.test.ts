import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect } from 'vitest';
import { generateIdentity } from '../../../src/keys/age/x25519.js';
import { MergeDesk } from '../../support/merge-desk.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(6);

const desk = new MergeDesk();
afterAll(() => desk.remove());

const PLAIN = 'user: alice\npassword: one\nport: 1\nname_unencrypted: shown\n';
const people = Object.fromEntries(['ann', 'ben', 'cat', 'dan'].map((name) => [name, generateIdentity()]));
const of = (name: string): string => people[name]?.recipient ?? '';
const all = (...names: readonly string[]): string => [desk.recipient, ...names.map(of)].join(',');

async function sealed(...names: readonly string[]): Promise<Buffer> {
  return desk.encrypt('f.yaml', PLAIN, '--age', all(...names));
}

/** The file for other recipients, as `updatekeys` makes it: with the old data key, as SOPS does, or a new one. */
async function rekeyed(
  bytes: Buffer,
  names: readonly string[],
  flags: readonly string[] = [],
  copy = 'r.yaml',
): Promise<Buffer> {
  writeFileSync(desk.path(copy), bytes);
  desk.write('.sops.yaml', `creation_rules:\n  - age: ${all(...names)}\n`);
  const ran = await desk.run(['updatekeys', '-y', ...flags, copy]);
  desk.write('.sops.yaml', '{}\n');
  if (ran.status !== 0) throw new Error(ran.stderr);
  return desk.read(copy);
}

const swap = (from: string, to: string) => (text: string) => text.replace(from, to);

async function opensFor(text: string, name: string): Promise<boolean> {
  const env = { SOPS_AGE_KEY: people[name]?.identity ?? '' };
  writeFileSync(desk.path('o.yaml'), text);
  return (await desk.run(['decrypt', 'o.yaml'], { env })).status === 0;
}

/** Whether a value of a file opens with the data key of another one. */
function sharesValues(one: string, other: Buffer): boolean {
  const lines = new Set(
    String(other)
      .split('\n')
      .filter((line) => /^\w+: ENC/.test(line)),
  );
  return one.split('\n').some((line) => lines.has(line));
}

describe('recipients that were added or taken out', () => {
  test('who either side added is in, in the order of ours, with the data key that was', async () => {
    const base = await sealed();
    const merged = await desk.merge('f.yaml', {
      base,
      ours: await rekeyed(base, ['ann']),
      theirs: await rekeyed(base, ['ben', 'ann']),
    });
    expect(merged.status).toBe(0);
    const found = [...merged.text.matchAll(/recipient: (\S+)/g)].map(([, recipient]) => recipient);
    expect(found).toEqual([desk.recipient, of('ann'), of('ben')]);
    expect([await opensFor(merged.text, 'ann'), await opensFor(merged.text, 'ben')]).toEqual([true, true]);
    expect(sharesValues(merged.text, base)).toBe(true);
  });

  test('that needs no key, as long as one side alone changed values', async () => {
    const base = await sealed();
    const ours = await desk.edited('f.yaml', await rekeyed(base, ['ann']), swap('one', 'two'));
    const theirs = await rekeyed(base, ['ben']);
    const env = { SOPS_AGE_KEY: '' };
    for (const texts of [
      { base, ours, theirs },
      { base, ours: theirs, theirs: ours },
    ]) {
      const merged = await desk.merge('f.yaml', texts, { env });
      expect(merged.stderr).toContain('without a key');
      expect(merged.status).toBe(0);
      expect(await desk.plain('f.yaml', merged.text)).toBe(PLAIN.replace('one', 'two'));
      expect(await opensFor(merged.text, 'ann')).toBe(true);
      expect(await opensFor(merged.text, 'ben')).toBe(true);
    }
    const both = await desk.edited('f.yaml', theirs, swap('port: 1', 'port: 2'));
    expect((await desk.merge('f.yaml', { base, ours, theirs: both }, { env })).status).toBe(1);
    const removed = await rekeyed(await sealed('ann'), [], ['--keep-data-key']);
    expect((await desk.merge('f.yaml', { base: await sealed('ann'), ours, theirs: removed }, { env })).status).toBe(1);
  });

  test('of a text that would be printed anew it needs one, to lay out the plaintext as it was', async () => {
    const plain = '{"a": "one", "b": 2}\n';
    const base = await desk.encrypt('f.json', plain, '--age', all());
    const [ours, theirs] = [await rekeyed(base, ['ann'], [], 'r.json'), await rekeyed(base, ['ben'], [], 'r.json')];
    const keyless = await desk.merge('f.yaml', { base, ours, theirs }, { env: { SOPS_AGE_KEY: '' } });
    expect(keyless.status).toBe(1);
    const merged = await desk.merge('f.yaml', { base, ours, theirs });
    expect(merged.status).toBe(0);
    expect(await desk.plain('f.yaml', merged.text)).toBe(plain);
  });

  test.each([[[]], [['--keep-data-key']]])(
    'whom one side took out stays out, under a data key that they never had (%s)',
    async (flags) => {
      const base = await sealed('ann', 'ben');
      const removed = await rekeyed(base, ['ben'], flags);
      const edited = await desk.edited('f.yaml', base, swap('one', 'two'));
      for (const texts of [
        { base, ours: removed, theirs: edited },
        { base, ours: edited, theirs: removed },
      ]) {
        const merged = await desk.merge('f.yaml', texts);
        expect(merged.stderr).toContain(`no recipient any more: ${of('ann')}`);
        expect(merged.status).toBe(0);
        expect(merged.text).not.toContain(of('ann'));
        expect(sharesValues(merged.text, base)).toBe(false);
        expect(sharesValues(merged.text, removed)).toBe(flags.length === 0);
        expect(await opensFor(merged.text, 'ben')).toBe(true);
        expect(await desk.plain('f.yaml', merged.text)).toBe(PLAIN.replace('one', 'two'));
      }
    },
  );

  test('where each side took somebody else out, both stay out, under a third data key', async () => {
    const base = await sealed('ann', 'ben', 'cat');
    const ours = await rekeyed(base, ['ben', 'cat']);
    const theirs = await rekeyed(base, ['ann', 'cat']);
    const merged = await desk.merge('f.yaml', { base, ours, theirs });
    expect(merged.status).toBe(0);
    for (const old of [base, ours, theirs]) expect(sharesValues(merged.text, old)).toBe(false);
    expect(merged.text).not.toMatch(new RegExp(`${of('ann')}|${of('ben')}`));
    expect(await opensFor(merged.text, 'cat')).toBe(true);
  });

  test('who was added to a rotated file gets its data key', async () => {
    const base = await sealed();
    writeFileSync(desk.path('rot.yaml'), base);
    await desk.run(['rotate', '-i', 'rot.yaml']);
    const merged = await desk.merge('f.yaml', {
      base,
      ours: await rekeyed(base, ['ann']),
      theirs: desk.read('rot.yaml'),
    });
    expect(merged.status).toBe(0);
    expect(sharesValues(merged.text, desk.read('rot.yaml'))).toBe(true);
    expect(await opensFor(merged.text, 'ann')).toBe(true);
  });
});

describe('conflicts of recipients', () => {
  test('an entry that one side changed and the other took out is a conflict; one that was wrapped anew is no change', async () => {
    const kms = 'arn:aws:kms:eu-west-1:123456789012:key/12345678-1234-1234-1234-123456789012';
    // No service is asked: the driver recovers the data key with age, and copies entries that it keeps.
    const entry = (fields: string): string =>
      `    kms:\n        - arn: ${kms}\n${fields}          created_at: "2026-01-01T00:00:00Z"\n          enc: AQ==\n          aws_profile: ""\n`;
    const withKms = (bytes: Buffer, fields: string): string =>
      String(bytes).replace(/^ {4}age:$/m, `${entry(fields)}    age:`);
    const plain = await sealed();
    const base = withKms(plain, '');
    const edited = await desk.edited('f.yaml', plain, swap('one', 'two'));
    const changed = withKms(edited, '          role: arn:aws:iam::123456789012:role/reader\n');
    for (const [ours, theirs] of [
      [String(plain), changed],
      [changed, String(plain)],
    ] as const) {
      const merged = await desk.merge('f.yaml', { base, ours, theirs });
      expect(merged.status).toBe(1);
      expect(merged.stderr).toContain(`both sides changed the entry of ${kms}`);
      expect(merged.text).toMatch(/^<{7} ours$/m);
    }
    const rewrapped = withKms(edited, '').replace('enc: AQ==', 'enc: Ag==');
    const merged = await desk.merge('f.yaml', { base, ours: String(plain), theirs: rewrapped });
    expect(merged.stderr).toContain(`no recipient any more: ${kms}`);
    expect(merged.status).toBe(0);
    expect(merged.text).not.toContain(kms);
    expect(sharesValues(merged.text, plain)).toBe(false);
    expect(await desk.plain('f.yaml', merged.text)).toBe(PLAIN.replace('one', 'two'));
  });
});

describe('recipients in key groups', () => {
  const rule = (threshold: number, ...groups: readonly (readonly string[])[]): string => {
    const lists = groups.map(
      (names) => `      - age: [${names.map((name) => (name === 'me' ? desk.recipient : of(name))).join(', ')}]\n`,
    );
    return `creation_rules:\n  - shamir_threshold: ${threshold}\n    key_groups:\n${lists.join('')}`;
  };
  const grouped = async (config: string, plain = PLAIN): Promise<Buffer> => {
    desk.write('.sops.yaml', config);
    const words = ['encrypt', '--filename-override', 'f.yaml'];
    const ran = await desk.run(words, { stdin: plain, env: { SOPS_AGE_RECIPIENTS: '' } });
    desk.write('.sops.yaml', '{}\n');
    expect(ran.stdout.toString()).toContain('shamir_threshold: 2');
    return ran.stdout;
  };
  const editedBy = async (bytes: Buffer, change: (text: string) => string): Promise<Buffer> => {
    const path = desk.write('e.yaml', bytes);
    const plain = (await desk.run(['decrypt', path], { env: keys })).stdout.toString();
    const ran = await desk.run(['encrypt', '--update', path], { stdin: change(plain), env: keys });
    expect(ran.status).toBe(0);
    return desk.read('e.yaml');
  };
  const regrouped = async (bytes: Buffer, config: string, ...flags: string[]): Promise<Buffer> => {
    writeFileSync(desk.path('r.yaml'), bytes);
    desk.write('.sops.yaml', config);
    const ran = await desk.run(['updatekeys', '-y', ...flags, 'r.yaml'], { env: keys });
    desk.write('.sops.yaml', '{}\n');
    if (ran.status !== 0) throw new Error(ran.stderr);
    return desk.read('r.yaml');
  };
  const keys = { SOPS_AGE_KEY: '' };
  const two = () => rule(2, ['me', 'ann'], ['ben'], ['dan']);

  test('what both changed, groups or threshold, is a conflict and never a union', async () => {
    keys.SOPS_AGE_KEY = [desk.identity, people.ann?.identity, people.ben?.identity, people.dan?.identity].join('\n');
    const base = await grouped(two());
    const three = await regrouped(base, rule(2, ['me', 'ann'], ['ben'], ['dan'], ['cat']));
    const higher = await regrouped(base, rule(3, ['me', 'ann'], ['ben'], ['dan']));
    const one = await regrouped(base, rule(0, ['me', 'ann', 'ben']));
    for (const [ours, theirs] of [
      [three, higher],
      [higher, one],
      [one, three],
    ] as const) {
      const merged = await desk.merge('f.yaml', { base, ours, theirs }, { env: keys });
      expect(merged.status).toBe(1);
      expect(merged.stderr).toContain('both sides changed the key groups or their threshold');
      expect(merged.text).toMatch(/^<{7} ours$/m);
      const files = [desk.write('base', base), desk.write('o', ours), desk.write('t', theirs)];
      desk.write('f.yaml', merged.text);
      const ran = await desk.run(['resolve', '--theirs', ...files, 'f.yaml'], { env: keys });
      expect(ran.status).toBe(0);
      const of = (text: string): string[] => [...text.matchAll(/recipient: \S+|shamir_threshold: \d+/g)].map(String);
      expect(of(desk.text('f.yaml'))).toEqual(of(theirs.toString()));
    }
  });

  test('what one side changed is as there, under a new data key, with the values of the other', async () => {
    keys.SOPS_AGE_KEY = [desk.identity, people.ann?.identity, people.ben?.identity, people.dan?.identity].join('\n');
    const base = await grouped(two());
    const edited = await editedBy(base, swap('one', 'two'));
    const higher = await regrouped(base, rule(3, ['me', 'ann'], ['ben'], ['dan']), '--keep-data-key');
    for (const [ours, theirs] of [
      [higher, edited],
      [edited, higher],
    ] as const) {
      const merged = await desk.merge('f.yaml', { base, ours, theirs }, { env: keys });
      expect(merged.stderr).toContain('new data key');
      expect(merged.status).toBe(0);
      expect(merged.text).toContain('shamir_threshold: 3');
      expect(sharesValues(merged.text, base)).toBe(false);
      expect(await opensFor(merged.text, 'ann')).toBe(false);
      writeFileSync(desk.path('o.yaml'), merged.text);
      const ran = await desk.run(['decrypt', 'o.yaml'], { env: keys });
      expect(ran.stdout.toString()).toBe(PLAIN.replace('one', 'two'));
    }
  });

  test('a change of groups on one side and of recipients on the other is a conflict', async () => {
    keys.SOPS_AGE_KEY = [desk.identity, people.ann?.identity, people.ben?.identity, people.dan?.identity].join('\n');
    const base = await grouped(two());
    const three = await regrouped(base, rule(2, ['me', 'ann'], ['ben'], ['dan'], ['cat']));
    const fewer = await regrouped(base, rule(2, ['me'], ['ben'], ['dan']));
    const merged = await desk.merge('f.yaml', { base, ours: three, theirs: fewer }, { env: keys });
    expect(merged.status).toBe(1);
    expect(merged.stderr).toContain('the other one their recipients');
  });
});

test('two thresholds or two rules are a conflict of the metadata, and one side of it can be taken', async () => {
  const base = await sealed();
  const rule = async (flag: string): Promise<Buffer> =>
    desk.encrypt('f.yaml', PLAIN, '--age', all(), '--encrypted-regex', flag);
  const texts = { base, ours: await rule('^user$'), theirs: await rule('^pass') };
  const merged = await desk.merge('f.yaml', texts);
  expect(merged.status).toBe(1);
  expect(merged.stderr).toContain('what is encrypted');
  expect(merged.text).toMatch(/^<{7} ours$/m);
  const files = ['base', 'ours', 'theirs'].map((side) => desk.write(side, texts[side as keyof typeof texts]));
  desk.write('f.yaml', merged.text);
  const ran = await desk.run(['resolve', '--theirs', ...files, 'f.yaml']);
  expect(ran.status).toBe(0);
  expect(desk.text('f.yaml')).toContain('encrypted_regex: ^pass');
  expect(desk.text('f.yaml')).toContain('user: alice');
  expect(await desk.plain('f.yaml', desk.read('f.yaml'))).toBe(PLAIN);
});

describe('what a side encrypts', () => {
  test('the rule that one side changed holds for the values of the other one', async () => {
    const base = await sealed();
    const ours = await desk.encrypt('f.yaml', PLAIN, '--age', all(), '--encrypted-regex', '^(password|added)$');
    const theirs = await desk.edited('f.yaml', base, (text) => `${text}added: new\nopen: value\n`);
    const merged = await desk.merge('f.yaml', { base, ours, theirs });
    expect(merged.status).toBe(0);
    expect(merged.text).toMatch(/^added: ENC/m);
    expect(merged.text).toMatch(/^open: value$/m);
    expect(await desk.plain('f.yaml', merged.text)).toBe(`${PLAIN}added: new\nopen: value\n`);
  });

  test('one side that is not encrypted gives its values, and the result is encrypted', async () => {
    const ours = await desk.encrypt('f.yaml', PLAIN, '--age', all('ann'));
    const theirs = PLAIN.replace('one', 'second-value');
    for (const texts of [
      { base: PLAIN, ours, theirs },
      { base: PLAIN, ours: theirs, theirs: ours },
    ]) {
      const merged = await desk.merge('f.yaml', texts);
      expect(merged.stderr).toContain('is not encrypted');
      expect(merged.status).toBe(0);
      expect(merged.text).not.toContain('second-value');
      expect(await desk.plain('f.yaml', merged.text)).toBe(theirs);
    }
  });

  test('a value that one side encrypts never gets into the clear because the other one took the comment away', async () => {
    const plain = '# secret\nuser: alice\nport: 1\n';
    const flags = ['--age', all(), '--encrypted-comment-regex', 'secret'];
    const base = await desk.encrypt('f.yaml', plain, ...flags);
    const ours = await desk.edited('f.yaml', base, swap('# secret\n', ''));
    const theirs = await desk.edited('f.yaml', base, swap('alice', 'the-new-one'));
    for (const texts of [
      { base, ours, theirs },
      { base, ours: theirs, theirs: ours },
    ]) {
      const merged = await desk.merge('f.yaml', texts);
      expect(merged.status).toBe(1);
      expect(merged.text).not.toContain('the-new-one');
    }
  });
});
