import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { generateIdentity } from '../../../src/keys/age/x25519.js';
import { MergeDesk } from '../../support/merge-desk.js';

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
async function rekeyed(bytes: Buffer, names: readonly string[], ...flags: readonly string[]): Promise<Buffer> {
  writeFileSync(desk.path('r.yaml'), bytes);
  desk.write('.sops.yaml', `creation_rules:\n  - age: ${all(...names)}\n`);
  const ran = await desk.run(['updatekeys', '-y', ...flags, 'r.yaml']);
  desk.write('.sops.yaml', '{}\n');
  if (ran.status !== 0) throw new Error(ran.stderr);
  return desk.read('r.yaml');
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

describe('recipients in a merge', () => {
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
    const removed = await rekeyed(await sealed('ann'), [], '--keep-data-key');
    expect((await desk.merge('f.yaml', { base: await sealed('ann'), ours, theirs: removed }, { env })).status).toBe(1);
  });

  test.each([[[]], [['--keep-data-key']]])(
    'whom one side took out stays out, under a data key that they never had (%s)',
    async (flags) => {
      const base = await sealed('ann', 'ben');
      const removed = await rekeyed(base, ['ben'], ...flags);
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
    const theirs = PLAIN.replace('one', 'two');
    for (const texts of [
      { base: PLAIN, ours, theirs },
      { base: PLAIN, ours: theirs, theirs: ours },
    ]) {
      const merged = await desk.merge('f.yaml', texts);
      expect(merged.stderr).toContain('is not encrypted');
      expect(merged.status).toBe(0);
      expect(merged.text).not.toContain('two');
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
