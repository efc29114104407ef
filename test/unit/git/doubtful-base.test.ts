/** Bases that are conflicts themselves, as git makes them of several bases. */
import { afterAll, describe, expect } from 'vitest';
import { generateIdentity } from '../../../src/keys/age/x25519.js';
import { MergeDesk, sideOf } from '../../support/merge-desk.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(6);

const desk = new MergeDesk();
afterAll(() => desk.remove());

const PLAIN = 'user: alice\npassword: one\nport: 1\n';
const swap = (from: string, to: string) => (text: string) => text.replace(from, to);

/** A base in which two sides disagree about one value, and the file that it was before. */
async function doubtful(ours = swap('alice', 'bob'), theirs = swap('alice', 'carol')) {
  const first = await desk.encrypt('f.yaml', PLAIN);
  const versions = {
    ours: await desk.edited('f.yaml', first, ours),
    theirs: await desk.edited('f.yaml', first, theirs),
  };
  const { text, status } = await desk.merge('f.yaml', { base: first, ...versions }, { size: 9 });
  expect(status).toBe(1);
  expect(text).toMatch(/^<{9} /m);
  return { base: text, first, ...versions };
}

describe('a base that is a conflict', () => {
  test('says nothing about the value in doubt, and everything about the others', async () => {
    const { base, first } = await doubtful();
    const both = swap('alice', 'dora');
    const sides = {
      ours: await desk.edited('f.yaml', first, (text) => both(text).replace('one', 'two')),
      theirs: await desk.edited('f.yaml', first, (text) => both(text).replace('port: 1\n', '')),
    };
    const merged = await desk.merge('f.yaml', { base, ...sides });
    expect(merged.stderr).not.toContain('both sides changed');
    expect(merged.status).toBe(0);
    expect(await desk.plain('f.yaml', merged.text)).toBe('user: dora\npassword: two\n');
  });

  test.each([
    ['taken out by theirs', swap('alice', 'bob'), swap('user: alice\n', '')],
    ['taken out by ours', swap('user: alice\n', ''), swap('alice', 'bob')],
    ['decided differently', swap('alice', 'bob'), swap('alice', 'carol')],
  ])('where the value in doubt was %s it is a conflict, in which no doubt is shown', async (_, ours, theirs) => {
    const { base, first } = await doubtful();
    desk.git('init', '-q');
    desk.git('config', 'merge.conflictStyle', 'diff3');
    const sides = {
      ours: await desk.edited('f.yaml', first, ours),
      theirs: await desk.edited('f.yaml', first, theirs),
    };
    const merged = await desk.merge('f.yaml', { base, ...sides });
    expect(merged.status).toBe(1);
    expect(merged.stderr).toContain('both sides changed user');
    expect(await desk.plain('f.yaml', sideOf(merged.text, 'ours'))).toBe(ours(PLAIN));
    expect(await desk.plain('f.yaml', sideOf(merged.text, 'theirs'))).toBe(theirs(PLAIN));
    const files = [desk.write('b.yaml', base), desk.write('o.yaml', sides.ours), desk.write('t.yaml', sides.theirs)];
    desk.write('f.yaml', merged.text);
    const shown = desk.path('shown');
    const editor = `sh -c 'cp "$1" ${shown}; exit 1' -`;
    const ran = await desk.run(['resolve', ...files, 'f.yaml'], { env: { EDITOR: editor } });
    expect(ran.status).not.toBe(0);
    expect(desk.text('shown')).toContain('user');
    expect(desk.text('shown')).not.toMatch(/in doubt|^\|{7}/m);
    expect((await desk.run(['resolve', '--theirs', ...files, 'f.yaml'])).status).toBe(0);
    expect(await desk.plain('f.yaml', desk.read('f.yaml'))).toBe(theirs(PLAIN));
  });

  test('does not bring back whom one of its sides took out', async () => {
    const ann = generateIdentity();
    const both = ['--age', `${desk.recipient},${ann.recipient}`];
    const kept = await desk.encrypt('f.yaml', PLAIN, ...both);
    const out = await desk.encrypt('f.yaml', PLAIN);
    // Marks between the lines of the ciphertexts, as where nobody had a key for the merge of the bases.
    const base = `<<<<<<<<< a\n${out}=========\n${kept}>>>>>>>>> b\n`;
    const merged = await desk.merge('f.yaml', {
      base,
      ours: out,
      theirs: await desk.edited('f.yaml', kept, swap('one', 'two')),
    });
    expect(merged.stderr).toContain(`no recipient any more: ${ann.recipient}`);
    expect(merged.status).toBe(0);
    expect(merged.text).not.toContain(ann.recipient);
    expect(await desk.plain('f.yaml', merged.text)).toBe(PLAIN.replace('one', 'two'));
  });

  test('whose marks no key opens leaves nothing to guess about recipients', async () => {
    const ann = generateIdentity();
    const strange = await desk.encrypt('f.yaml', PLAIN, '--age', ann.recipient);
    const ours = await desk.encrypt('f.yaml', PLAIN);
    const theirs = await desk.encrypt('f.yaml', PLAIN, '--age', `${desk.recipient},${ann.recipient}`);
    const base = `<<<<<<<<< a\n${strange}=========\n${ours}>>>>>>>>> b\n`;
    const merged = await desk.merge('f.yaml', { base, ours, theirs });
    expect(merged.status).toBe(1);
    expect(merged.stderr).toContain('nothing tells who was added and who taken out');
    expect(merged.text).toMatch(/^<{7} ours$/m);
  });
});
