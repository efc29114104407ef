/** `updatekeys`: what it compares, shows, asks, and writes. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { keysOf, RECIPIENTS, Yard } from '../../support/lifecycle.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(4);

const [FIRST, SECOND, THIRD] = RECIPIENTS as [string, string, string];
/** A text that style alone cannot bring back, so that the file has a layout. */
const TEXT = '# head\na: 1.10   # inline\nb: [x, "y"]\nc: >-\n  folded\n  text\n';

let yard: Yard;
beforeEach(async () => {
  yard = new Yard();
  await yard.encrypt('f.yaml', TEXT, [0, 1]);
});
afterEach(() => yard.remove());

/** The text without its `sops` branch. */
function body(text: string): string {
  return text.slice(0, text.indexOf('sops:'));
}

describe('without a removed recipient', () => {
  test('nothing but the keys changes', async () => {
    yard.configure({ age: [FIRST, SECOND, THIRD].join() });
    const before = yard.read('f.yaml');
    const ran = await yard.run(['updatekeys', '--yes', 'f.yaml'], { keys: [1] });
    expect(ran).toMatchObject({ status: 0, stderr: expect.stringContaining('synced with new keys (same data key)') });
    const after = yard.read('f.yaml');
    expect(body(after)).toBe(body(before));
    const [old, fresh] = [await keysOf(before), await keysOf(after)];
    expect({ ...fresh.metadata, keyGroups: [] }).toEqual({ ...old.metadata, keyGroups: [] });
    expect(fresh.groups).toEqual([[FIRST, SECOND, THIRD]]);
    for (const key of [0, 1, 2]) {
      expect((await yard.run(['decrypt', 'f.yaml'], { keys: [key] })).stdout.toString()).toBe(TEXT);
    }
  });

  test('the threshold of the flag counts before that of the rule', async () => {
    yard.configure({ key_groups: [{ age: [FIRST] }, { age: [SECOND] }, { age: [THIRD] }], shamir_threshold: 3 });
    const flag = ['--shamir-secret-sharing-threshold', '2'];
    const ran = await yard.run(['updatekeys', '-y', ...flag, 'f.yaml']);
    expect(ran.stdout.toString()).toContain('+++ shamir_threshold: 2\n');
    expect((await keysOf(yard.read('f.yaml'))).metadata.shamirThreshold).toBe(2);
    expect(await yard.run(['decrypt', 'f.yaml'], { keys: [0, 2] })).toMatchObject({ status: 0 });
    expect(await yard.run(['updatekeys', '-y', ...flag, 'f.yaml'])).toMatchObject({
      stderr: expect.stringContaining('already up to date'),
    });
  });

  test.each([1, 4])('a threshold of %i for three groups is refused, and nothing written', async (threshold) => {
    yard.configure({
      key_groups: [{ age: [FIRST] }, { age: [SECOND] }, { age: [THIRD] }],
      shamir_threshold: threshold,
    });
    const before = yard.read('f.yaml');
    expect(await yard.run(['updatekeys', '-y', 'f.yaml'])).toMatchObject({ status: 1 });
    expect(yard.read('f.yaml')).toBe(before);
  });
});

describe('the names of .sops.yaml', () => {
  const TO = `keys:\n  - &alice ${FIRST}\n  - &carol ${THIRD}\ncreation_rules:\n  - age: [*alice, *carol]\n`;

  test('stand behind the recipients', async () => {
    yard.configure(TO);
    const { stdout } = await yard.run(['updatekeys', '--yes', 'f.yaml']);
    expect(stdout.toString()).toContain(`    ${FIRST} (alice)\n+++ ${THIRD} (carol)\n--- ${SECOND}\n`);
    yard.configure({ age: [FIRST, SECOND].join() });
    const why = await yard.run(['why', 'f.yaml']);
    expect(why.stdout.toString()).toContain(`+++ ${SECOND}`);
  });

  test('also in what rotate says', async () => {
    yard.configure(TO);
    const { stderr } = await yard.run(['rotate', '-i', '--rm-age', SECOND, 'f.yaml']);
    expect(stderr).toBe('');
    const again = await yard.run(['rotate', '-i', '--rm-age', THIRD, 'f.yaml']);
    expect(again.stderr).toContain(`${THIRD} (carol) was to be removed but is not in the file`);
  });

  test('are left out for whoever calls sops, as programs may read the lines', async () => {
    yard.configure(TO);
    const { stdout } = await yard.run(['updatekeys', '--yes', 'f.yaml'], { env: { SOPS_TS_AS: 'sops' } });
    expect(stdout.toString()).toContain(`    ${FIRST}\n+++ ${THIRD}\n--- ${SECOND}\n`);
  });
});

describe('with a removed recipient', () => {
  beforeEach(() => yard.configure({ age: FIRST }));

  test('the data key is new, and the text stays', async () => {
    const before = yard.read('f.yaml');
    const ran = await yard.run(['updatekeys', '--yes', 'f.yaml'], { keys: [1] });
    expect(ran.stderr).toContain('new data key, since a recipient was removed');
    expect((await keysOf(yard.read('f.yaml'))).a).not.toBe((await keysOf(before)).a);
    expect((await yard.run(['decrypt', 'f.yaml'], { keys: [0] })).stdout.toString()).toBe(TEXT);
    expect(await yard.run(['decrypt', 'f.yaml'], { keys: [1] })).toMatchObject({ status: 128 });
  });

  test('--keep-data-key does as SOPS, and says what that means', async () => {
    const before = yard.read('f.yaml');
    const ran = await yard.run(['updatekeys', '--yes', '--keep-data-key', 'f.yaml']);
    expect(ran.stderr).toContain('whoever was removed still knows it');
    expect(body(yard.read('f.yaml'))).toBe(body(before));
  });

  test('the recipient who only moves to another group is not removed', async () => {
    yard.configure({ key_groups: [{ age: [SECOND] }, { age: [FIRST] }] });
    const ran = await yard.run(['updatekeys', '--yes', 'f.yaml']);
    expect(ran.stderr).toContain('(same data key)');
  });
});

describe('checking', () => {
  test.each(['--check', '--dry-run'])('%s needs no key, writes nothing, and fails when out of date', async (flag) => {
    yard.configure({ age: FIRST });
    const before = yard.read('f.yaml');
    const ran = await yard.run(['updatekeys', flag, 'f.yaml'], { keys: [] });
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('f.yaml is out of date\n') });
    expect(ran.stdout.toString()).toContain(`    ${FIRST}\n--- ${SECOND}\n`);
    expect(yard.read('f.yaml')).toBe(before);
    yard.configure({ age: `${SECOND},${FIRST}` });
    expect(await yard.run(['updatekeys', 'f.yaml', flag], { keys: [] })).toMatchObject({ status: 0 });
  });

  test('goes through all files', async () => {
    yard.configure({ age: `${SECOND},${FIRST}` });
    await yard.encrypt('g.yaml', TEXT, [0], '--config', '/dev/null');
    const ran = await yard.run(['updatekeys', '--check', 'g.yaml', 'f.yaml', 'g.yaml']);
    expect(ran.status).toBe(1);
    expect(ran.stderr.match(/is out of date|up to date/g)).toEqual(['is out of date', 'up to date', 'is out of date']);
  });
});

describe('checking what nobody could open', () => {
  const check = (name: string) => yard.run(['updatekeys', '--check', name]);
  beforeEach(() => yard.configure({ age: FIRST }));

  test('documents that were encrypted apart, or not at all, are not up to date', async () => {
    await yard.encrypt('one.yaml', 'a: x\n', [0]);
    await yard.encrypt('other.yaml', 'b: x\n', [0]);
    yard.write('both.yaml', `${yard.read('one.yaml')}---\n${yard.read('other.yaml')}`);
    yard.write('half.yaml', `${yard.read('one.yaml')}---\nplain: x\n`);
    for (const name of ['both.yaml', 'half.yaml']) {
      const ran = await check(name);
      expect(ran.stderr).toContain('document 2 was not encrypted with the ones before it');
      expect(ran.status).not.toBe(0);
    }
    await yard.encrypt('together.yaml', 'a: 1\n---\n{b: 2}\n---\nc: 3\n', [0]);
    expect((await check('together.yaml')).status).toBe(0);
  });

  test('an entry without a data key is not up to date', async () => {
    await yard.encrypt('a.yaml', 'a: x\n', [0]);
    yard.write('a.yaml', String(yard.read('a.yaml')).replace(/enc: \|-?\n(?: {12}.*\n)+/, 'enc: ""\n'));
    const ran = await check('a.yaml');
    expect(ran.stderr).toContain('holds no data key');
    expect(ran.status).not.toBe(0);
  });
});

describe('the question', () => {
  beforeEach(() => yard.configure({ age: [FIRST, SECOND, THIRD].join() }));

  test.each([
    ['y\n', 'synced'],
    ['Yes', 'synced'],
    ['\n\nn\n', 'left unchanged'],
    ['maybe\nNO\nyes\n', 'left unchanged'],
    ['  y  \r\n', 'synced'],
  ])('answered with %j', async (stdin, outcome) => {
    const ran = await yard.run(['updatekeys', 'f.yaml'], { stdin });
    expect(ran).toMatchObject({ status: 0, stderr: expect.stringContaining(outcome) });
  });

  test.each(['', '\n', 'maybe'])('not answered by %j', async (stdin) => {
    const before = yard.read('f.yaml');
    const ran = await yard.run(['updatekeys', 'f.yaml'], { stdin });
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('EOF') });
    expect(yard.read('f.yaml')).toBe(before);
  });

  test('is asked for every file, and each answer is used once', async () => {
    for (const name of ['g.yaml', 'h.yaml']) yard.write(name, yard.read('f.yaml'));
    const { stderr } = await yard.run(['updatekeys', 'f.yaml', 'g.yaml', 'h.yaml'], { stdin: 'y\nn\ny\n' });
    expect(stderr.match(/synced|left unchanged/g)).toEqual(['synced', 'left unchanged', 'synced']);
  });
});

describe('nothing is written when', () => {
  test('the MAC does not fit, unless told otherwise', async () => {
    await yard.encrypt('f.yaml', 'a: x\nb_unencrypted: 1\n', [0]);
    yard.write('f.yaml', yard.read('f.yaml').replace('b_unencrypted: 1', 'b_unencrypted: 2'));
    yard.configure({ age: `${FIRST},${SECOND}` });
    const before = yard.read('f.yaml');
    expect(await yard.run(['updatekeys', '-y', 'f.yaml'])).toMatchObject({ status: 51 });
    expect(yard.read('f.yaml')).toBe(before);
    expect(await yard.run(['updatekeys', '-y', '--ignore-mac', 'f.yaml'])).toMatchObject({ status: 0 });
    expect(body(yard.read('f.yaml'))).toBe(body(before));
  });

  test('one of several files fails; the others are brought up to date', async () => {
    yard.configure({ age: `${FIRST},${THIRD}` });
    yard.write('g.yaml', yard.read('f.yaml'));
    yard.write('plain.yaml', 'a: x\n');
    mkdirSync(join(yard.folder, 'folder'));
    const ran = await yard.run(['updatekeys', '-y', 'f.yaml', 'folder', 'plain.yaml', 'absent.yaml', 'g.yaml']);
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringMatching(/failed updating 2 key\(s\)\n$/) });
    for (const reason of ['sops metadata not found', 'there is no such file or folder']) {
      expect(ran.stderr).toContain(reason);
    }
    for (const name of ['f.yaml', 'g.yaml']) {
      expect((await keysOf(yard.read(name))).groups).toEqual([[FIRST, THIRD]]);
    }
  });

  test('no file is named: after the configuration was looked for, as in SOPS', async () => {
    expect(await yard.run(['updatekeys'])).toMatchObject({ status: 1 });
    yard.configure({ age: FIRST });
    expect(await yard.run(['updatekeys'])).toMatchObject({ status: 100, stderr: 'Error: no file specified\n' });
  });

  test('there is no configuration', async () => {
    const ran = await yard.run(['updatekeys', '-y', 'f.yaml']);
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('config file not found') });
  });
});

test('flags behind the files are understood, where SOPS takes them for files', async () => {
  yard.configure({ age: `${FIRST},${THIRD}` });
  yard.write('f.txt', yard.read('f.yaml'));
  expect(await yard.run(['updatekeys', '--yes', 'f.txt', '--input-type', 'yaml'])).toMatchObject({ status: 0 });
  expect((await keysOf(yard.read('f.txt'))).groups).toEqual([[FIRST, THIRD]]);
});
