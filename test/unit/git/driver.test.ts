import { afterAll, describe, expect } from 'vitest';
import { MergeDesk, sideOf } from '../../support/merge-desk.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(3);

const desk = new MergeDesk();
afterAll(() => desk.remove());

const PLAIN = `# the database
db:
  user: alice
  password: secret one # rotate
  port: 5432
hosts:
  - a.example
  - b.example
other: value
`;

async function versions(ours: (plain: string) => string, theirs: (plain: string) => string) {
  const base = await desk.encrypt('app.yaml', PLAIN);
  return {
    base,
    ours: await desk.edited('app.yaml', base, ours),
    theirs: await desk.edited('app.yaml', base, theirs),
  };
}

const swap = (from: string, to: string) => (plain: string) => plain.replace(from, to);

/** The lines of a text that another one has, too. */
function sharedLines(one: Buffer | string, other: string): number {
  const lines = new Set(other.split('\n'));
  return String(one)
    .split('\n')
    .filter((line) => lines.has(line)).length;
}

describe('git merge-driver', () => {
  test('values that different sides changed are both there, also next to each other, and no other line changes', async () => {
    const texts = await versions(swap('secret one', 'secret two'), swap('5432', '5433'));
    const merged = await desk.merge('app.yaml', texts);
    expect(merged.stderr).toContain(desk.recipient);
    expect(merged.status).toBe(0);
    const wanted = PLAIN.replace('secret one', 'secret two').replace('5432', '5433');
    expect(await desk.plain('app.yaml', merged.text)).toBe(wanted);
    const ours = texts.ours.toString().split('\n');
    const changed = merged.text.split('\n').filter((line) => !ours.includes(line));
    expect(
      changed.filter((line) => !/^ {4}(?:mac|lastmodified): /.test(line)).map((line) => line.split(':')[0]),
    ).toEqual(['  port']);
    expect(sharedLines(texts.theirs, merged.text)).toBe(texts.theirs.toString().split('\n').length - 2);
  });

  test('of a move only what both sides changed is reported as such', async () => {
    const isMoved = (plain: string): string =>
      plain.replace('  password: secret one # rotate\n', '').concat('app:\n  password: secret one\n');
    const merged = await desk.merge('app.yaml', await versions(isMoved, swap('secret one', 'secret two')));
    expect(merged.status).toBe(1);
    expect(merged.stderr).toMatch(/both sides changed db\.password$/m);
    expect(merged.stderr).toMatch(/in conflict by a value that was moved out or in: app(\.password)?$/m);
  });

  test('an item that both sides moved within its list is told as moved', async () => {
    const base = await desk.encrypt('app.yaml', 'l: [one, two, three, four, five]\n');
    const to = (items: string) => desk.edited('app.yaml', base, () => `l: [${items}]\n`);
    const [ours, theirs] = [await to('five, one, two, three, four'), await to('one, two, five, three, four')];
    const merged = await desk.merge('app.yaml', { base, ours, theirs });
    expect(merged.status).toBe(1);
    expect(merged.stderr).not.toContain('both sides changed');
    expect(merged.stderr).toMatch(/in conflict by a value that was moved out or in: l\.0, l\.[0-9]$/m);
  });

  test('the same value on both sides, the same addition and the same removal are clean, as in ours', async () => {
    const both = (plain: string): string => plain.replace('alice', 'bob').replace('other: value\n', 'more: 1\n');
    const texts = await versions(both, both);
    const merged = await desk.merge('app.yaml', texts);
    expect(merged.status).toBe(0);
    expect(merged.text).toBe(texts.ours.toString());
  });

  test('one value that both changed is a conflict of that value alone, and each side of the marks is a file', async () => {
    const texts = await versions(
      (plain) => plain.replace('alice', 'bob').replace('5432', '1'),
      (plain) => plain.replace('alice', 'carol').replace('value', 'thing'),
    );
    const merged = await desk.merge('app.yaml', texts);
    expect(merged.status).toBe(1);
    expect(merged.stderr).toContain('db.user');
    expect(merged.text).not.toMatch(/: (?:alice|bob|carol)/);
    expect(merged.text.match(/^<{7} ours$/gm)).toHaveLength(2);
    const common = PLAIN.replace('5432', '1').replace('value', 'thing');
    expect(await desk.plain('app.yaml', sideOf(merged.text, 'ours'))).toBe(common.replace('alice', 'bob'));
    expect(await desk.plain('app.yaml', sideOf(merged.text, 'theirs'))).toBe(common.replace('alice', 'carol'));
  });

  test('without a key there are marks in the ciphertext, and the message says what to do', async () => {
    const texts = await versions(swap('secret one', 'secret two'), swap('5432', '5433'));
    const merged = await desk.merge('app.yaml', texts, { env: { SOPS_AGE_KEY: '' } });
    expect(merged.status).toBe(1);
    expect(merged.text).toMatch(/^<{7} ours$/m);
    expect(merged.stderr).toContain('sops-ts resolve app.yaml');
  });

  test('what ours rotated stays under its key', async () => {
    const texts = await versions(swap('alice', 'alicia'), swap('5432', '5433'));
    desk.write('rotated.yaml', texts.base);
    expect((await desk.run(['rotate', '-i', 'rotated.yaml'])).status).toBe(0);
    const ours = desk.read('rotated.yaml');
    for (const sides of [
      { ...texts, ours },
      { ...texts, ours: texts.theirs, theirs: ours },
    ]) {
      const merged = await desk.merge('app.yaml', sides);
      expect(merged.status).toBe(0);
      expect(await desk.plain('app.yaml', merged.text)).toBe(PLAIN.replace('5432', '5433'));
      expect(sharedLines(merged.text, ours.toString())).toBeGreaterThan(ours.toString().split('\n').length - 4);
    }
  });

  test('the format of a name may be what .sops.yaml says', async () => {
    desk.write('.sops.yaml', "formats:\n  '*.conf': ini\n");
    const plain = '[db]\nuser = alice\nport = 1\n';
    const base = await desk.encrypt('app.conf', plain, '--input-type', 'ini', '--output-type', 'ini');
    const ours = await desk.edited('app.conf', base, swap('alice', 'bob'));
    const theirs = await desk.edited('app.conf', base, swap('port = 1', 'port = 2'));
    const merged = await desk.merge('app.conf', { base, ours, theirs });
    expect(merged.status).toBe(0);
    const result = swap('port = 1', 'port = 2')(swap('alice', 'bob')(plain));
    expect(await desk.plain('app.conf', merged.text)).toBe(result);
    // A side that is not encrypted is of that format, too.
    const plainSide = await desk.merge('app.conf', { base: plain, ours: swap('alice', 'bob')(plain), theirs });
    expect(plainSide.status).toBe(0);
    expect(await desk.plain('app.conf', plainSide.text)).toBe(result);
    const other = await desk.edited('app.conf', base, swap('alice', 'carol'));
    desk.write('app.conf', (await desk.merge('app.conf', { base, ours, theirs: other })).text);
    expect((await desk.run(['resolve', '--theirs', 'app.conf'])).status).toBe(0);
    expect(await desk.plain('app.conf', desk.read('app.conf'))).toBe(swap('alice', 'carol')(plain));
    desk.write('.sops.yaml', '{}\n');
  });

  test('our side may be read elsewhere, where marks stand in its place already', async () => {
    const texts = await versions(swap('secret one', 'secret two'), swap('5432', '5433'));
    for (const [name, text] of Object.entries(texts)) desk.write(name, text);
    desk.write('from', texts.ours);
    desk.write('ours', '<<<<<<< ours\n=======\n>>>>>>> theirs\n');
    const words = ['git', 'merge-driver', '--ours-from', 'from', 'base', 'ours', 'theirs', '7', 'app.yaml'];
    expect((await desk.run(words)).status).toBe(0);
    expect(await desk.plain('app.yaml', desk.read('ours'))).toBe(
      PLAIN.replace('secret one', 'secret two').replace('5432', '5433'),
    );
    expect(desk.read('from')).toEqual(texts.ours);
  });
});
