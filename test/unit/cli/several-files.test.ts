/** `encrypt -i`, `decrypt -i` and `rotate -i` of several files; what is no file is passed over, as in SOPS. */
import { mkdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';

let desk: Desk;

beforeEach(() => {
  desk = new Desk();
  for (const name of ['a', 'b', 'c']) desk.write(`${name}.yaml`, `k: canary-${name}\n`);
});
afterEach(() => desk.remove());

const isSealed = (name: string) => desk.text(`${name}.yaml`).includes('ENC[');
const sealed = () => ['a', 'b', 'c'].filter(isSealed);

describe('several files in place', () => {
  test('are encrypted, rotated and decrypted, each for itself', async () => {
    expect(await desk.run(['encrypt', '-i', 'a.yaml', 'b.yaml', 'c.yaml', 'a.yaml'])).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(sealed()).toEqual(['a', 'b', 'c']);
    const before = desk.text('c.yaml');
    // Without rules it is told who gets the data keys; once for all files that name the same.
    const told = /^warning: no .sops.yaml says who .* gets the data key: age1\S+\n$/;
    const rotated = await desk.run(['rotate', 'a.yaml', 'b.yaml', 'c.yaml', '-i']);
    expect(rotated).toMatchObject({ status: 0, stderr: expect.stringMatching(told) });
    expect(desk.text('c.yaml')).not.toBe(before);
    expect(await desk.run(['decrypt', '--in-place', 'a.yaml', 'b.yaml', 'c.yaml'])).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(desk.text('c.yaml')).toBe('k: canary-c\n');
    expect(sealed()).toEqual([]);
  });

  test('one that fails is told with its name, the others get their turn; the first failure is the status', async () => {
    expect(await desk.run(['encrypt', '-i', 'b.yaml'])).toMatchObject({ status: 0 });
    const ran = await desk.run(['encrypt', '-i', 'a.yaml', 'b.yaml', 'c.yaml']);
    expect(ran.status).toBe(203);
    expect(ran.stderr).toMatch(/in file b\.yaml/);
    expect(ran.stderr).not.toContain('canary');
    expect(sealed()).toEqual(['a', 'b', 'c']);
    const missing = await desk.run(['decrypt', '-i', 'absent.yaml', 'c.yaml']);
    expect(missing).toMatchObject({ status: 100, stderr: expect.stringContaining('absent.yaml') });
    expect(sealed()).toEqual(['a', 'b']);
  });

  test('words that are no files have no effect, and a warning says so', async () => {
    mkdirSync(desk.path('folder'));
    const ran = await desk.run(['encrypt', '-i', 'a.yaml', 'nothing', 'folder', 'c.yaml']);
    expect(ran.status).toBe(0);
    expect(ran.stderr.trimEnd().split('\n')).toEqual([
      'warning: More than one positional argument provided: "nothing" is no file and is not used.',
      'warning: More than one positional argument provided: "folder" is no file and is not used.',
    ]);
    expect(sealed()).toEqual(['a', 'c']);
  });

  test('flags that come too late are refused as ever, and nothing is written', async () => {
    const ran = await desk.run(['encrypt', '-i', 'a.yaml', 'b.yaml', '--encrypted-regex', '^k$']);
    expect(ran).toMatchObject({
      status: 8,
      stderr: expect.stringContaining("Write: sops-ts encrypt -i --encrypted-regex '^k$'"),
    });
    expect(sealed()).toEqual([]);
  });

  test.each([
    ['without --in-place', ['encrypt', 'a.yaml', 'b.yaml'], []],
    ['in the old form', ['-e', '-i', 'a.yaml', 'b.yaml'], ['a']],
    ['with a name for one', ['encrypt', '-i', '--filename-override', 'x.yaml', 'a.yaml', 'b.yaml'], ['a']],
  ])('%s the first is the only one, as in SOPS', async (_name, words, changed) => {
    const ran = await desk.run(words);
    expect(ran).toMatchObject({ status: 0, stderr: expect.stringContaining('only a.yaml is used, not b.yaml') });
    expect(sealed()).toEqual(changed);
  });
});
