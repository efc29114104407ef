/** Files changed by `set`, `unset`, `edit` and `encrypt --update`, read by the real sops, and the other way round (SOPS_BIN). */
import { chmodSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Desk } from '../support/desk.js';
import { announceSkipped, runSops, SOPS } from '../support/programs.js';

/** By file name: a text whose place `where` holds a string. */
const FILES: readonly (readonly [name: string, text: string, where: string])[] = [
  [
    'f.yaml',
    'a: "one: 1"\nm:\n    b: two\n    t: |\n        x\n        y\n# list\nl:\n    - 1\n    - 2.5\n',
    '["m"]["b"]',
  ],
  ['f.json', '{\n\t"a": "one",\n\t"f": 5.0,\n\t"m": {\n\t\t"b": "two"\n\t}\n}\n', '["m"]["b"]'],
  ['f.env', '# head\na=one\nb=two\\nlines\n', '["b"]'],
  ['f.ini', '; head\n[s]\na = 1\nb = two\n', '["s"]["b"]'],
  ['f.bin', 'any \u0000 bytes', '["data"]'],
];

/** Places and values that both programs treat alike. */
const SETS: readonly (readonly [name: string, place: string, json: string])[] = [
  ...FILES.map(([name, , where]) => [name, where, '"new: value"'] as const),
  ['f.yaml', '["n"]', '"x"'],
  ['f.yaml', '["m"]["n"]', '"several\\nlines\\n"'],
  ['f.yaml', '["m"]["n"]', '{"x": {"y": [1, "2", null]}}'],
  ['f.yaml', '["a"]["n"][5]', '"x"'],
  ['f.yaml', '["l"][9]', '{"k": true}'],
  ['f.yaml', '["m"]', '"x"'],
  ['f.json', '["n"]', '{"x": [1, {"y": "z"}]}'],
  ['f.json', '["a"]["b"]', '"x"'],
  ['f.env', '["N"]', '"x"'],
  ['f.ini', '["s"]["n"]', '"x"'],
];
const UNSETS: readonly (readonly [name: string, place: string])[] = [
  ['f.yaml', '["a"]'],
  ['f.yaml', '["m"]["b"]'],
  ['f.yaml', '["m"]["t"]'],
  ['f.yaml', '["l"][1]'],
  ['f.json', '["m"]'],
  ['f.json', '["m"]["b"]'],
  ['f.env', '["b"]'],
  ['f.ini', '["s"]["a"]'],
];

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.remove());

const theirs = (...words: string[]): string => runSops(words, desk.folder, desk.env);

async function ours(words: readonly string[], stdin = ''): Promise<string> {
  const { status, stdout, stderr } = await desk.run(words, { stdin });
  if (status !== 0) throw new Error(`sops-ts ended with ${status}: ${stderr}`);
  return stdout.toString();
}

/** A file encrypted by the real sops. */
function sealedByThem(name: string): void {
  desk.write(name, FILES.find(([each]) => each === name)?.[1] ?? '');
  theirs('encrypt', '-i', name);
}

/** Lines of the second text that the first has not, without those that every write makes anew. */
function newLines(before: string, after: string): string[] {
  const old = new Set(before.split('\n'));
  const own = /^\s*"?(sops_)?(mac|lastmodified|sops_ts_layout)\b/;
  return after.split('\n').filter((line) => !old.has(line) && !own.test(line));
}

describe.skipIf(SOPS === undefined)('a file of the real sops', () => {
  test.each(SETS)('set in %s: %s = %s', async (name, place, json) => {
    sealedByThem(name);
    const original = desk.text(name);
    await ours(['set', name, place, json]);
    const byUs = theirs('decrypt', name);
    expect(await ours(['decrypt', name])).toBe(byUs);
    desk.write(name, original);
    theirs('set', name, place, json);
    expect(byUs).toBe(theirs('decrypt', name));
  });

  test.each(UNSETS)('unset in %s: %s', async (name, place) => {
    sealedByThem(name);
    const original = desk.text(name);
    await ours(['unset', name, place]);
    expect(newLines(original, desk.text(name)).filter((line) => line.includes('ENC['))).toEqual([]);
    const byUs = theirs('decrypt', name);
    desk.write(name, original);
    theirs('unset', name, place);
    expect(byUs).toBe(theirs('decrypt', name));
  });

  test.each(FILES.filter(([name]) => name !== 'f.bin'))(
    'in %s only the line that is set changes',
    async (name, _, where) => {
      sealedByThem(name);
      const original = desk.text(name);
      await ours(['set', name, where, '"new"']);
      expect(newLines(original, desk.text(name)).filter((line) => line.includes('ENC['))).toHaveLength(1);
    },
  );

  test.each(FILES)('encrypt --update and edit: %s', async (name) => {
    sealedByThem(name);
    const plain = theirs('decrypt', name);
    const original = desk.text(name);
    await ours(['encrypt', '--update', name], plain);
    expect(desk.text(name)).toBe(original);
    const changed = plain.replace(/two|any/, 'three');
    await ours(['encrypt', '--update', name], changed);
    expect(theirs('decrypt', name)).toBe(changed);
    desk.write('editor', '#!/bin/sh\nsed -i s/three/four/ "$1"\n');
    chmodSync(desk.path('editor'), 0o700);
    const { status } = await desk.run(['edit', name], { env: { SOPS_EDITOR: desk.path('editor') } });
    expect(status).toBe(0);
    expect(theirs('decrypt', name)).toBe(changed.replace('three', 'four'));
  });
});

if (SOPS === undefined) {
  announceSkipped(SETS.length + UNSETS.length + 2 * FILES.length - 1, 'there is no sops (SOPS_BIN, PATH)');
}
