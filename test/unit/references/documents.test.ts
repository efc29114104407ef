/** Files that no file of SOPS can be: integers of 64 bits without a sign, and entries called `sops`. */
import { afterAll, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';

const desk = new Desk();
afterAll(() => desk.remove());

async function evaluated(stdin: string, ...flags: string[]): Promise<string> {
  const ran = await desk.run(['refs', 'eval', '--allow-ref', 'file', ...flags], { stdin });
  expect([ran.stderr, ran.status]).toEqual(['', 0]);
  return ran.stdout.toString();
}

const LARGE = `a: 9223372036854775808
b: 18446744073709551615
c: 18446744073709551616
h: 0xFFFFFFFFFFFFFFFF
i: !!int 9223372036854775808
x: ref+echo://x/y
`;

test('large integers stay as they are written, and are printed anew as vals prints them', async () => {
  expect(await evaluated(LARGE)).toBe(LARGE.replace('ref+echo://', ''));
  expect(await evaluated(LARGE, '-o', 'yaml')).toBe(
    `a: 9223372036854775808\nb: 18446744073709551615\nc: 1.8446744073709552e+19\nh: 18446744073709551615\ni: 9223372036854775808\nx: x/y\n`,
  );
  const json = '{"n": 18446744073709551615, "m": 123456789012345678901234567890, "x": "ref+echo://x/y"}';
  expect(await evaluated(json)).toBe(json.replace('ref+echo://', ''));
  expect(await evaluated(`[${json}]`, '-o', 'json')).toBe(
    '[{"m":1.2345678901234568e+29,"n":18446744073709551615,"x":"x/y"}]\n',
  );
});

test('large integers of a secret are exact', async () => {
  desk.write('large.json', '{"n": 18446744073709551615}');
  expect(await evaluated('a: ref+file://large.json#/n\n')).toBe('a: 18446744073709551615\n');
});

const SEVERAL = `a: ref+echo://x/one
sops: {v: ref+echo://x/s} # theirs
---
b: ref+echo://x/two
---
sops: 5
c: ref+echo://x/three
`;

test('an entry sops is one like any other, in whichever document it stands', async () => {
  const expected = SEVERAL.replaceAll('ref+echo://', '');
  expect(await evaluated(SEVERAL)).toBe(expected);
  expect(await evaluated(SEVERAL, '-o', 'json')).toBe(
    '{"a":"x/one","sops":{"v":"x/s"}}\n---\n{"b":"x/two"}\n---\n{"c":"x/three","sops":5}\n',
  );
  desk.write('secret.yaml', 'a: one\nsops: {v: 1}\n');
  expect(await evaluated('a: ref+file://secret.yaml#/sops/v\n')).toBe('a: 1\n');
});
