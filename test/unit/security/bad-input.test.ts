/** Input that is not a document, or one that bites: a clear error of at most five lines, the right status, nothing lost or shown. */
import { afterAll, describe, expect } from 'vitest';
import { Desk } from '../../support/desk.js';
import type { Ran } from '../../support/run.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(6);

/** Stands where a secret would; no output may hold it. */
const CANARY = 'hunter2canary';

const desk = new Desk();
afterAll(() => desk.remove());

function checkRefusal(ran: Ran, status: number, verbose = false): void {
  expect(ran.status, ran.stderr).toBe(status);
  expect(ran.stdout.length).toBe(0);
  expect(ran.stderr).not.toContain(CANARY);
  expect(ran.stderr).not.toContain('internal error');
  expect(ran.stderr).not.toContain('defect');
  const lines = ran.stderr.trimEnd().split('\n');
  expect(lines[0]).not.toBe('');
  if (verbose) return;
  expect(lines.length).toBeLessThanOrEqual(5);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(1100);
}

/** In every form of the command: nothing is printed, the file stays as it is, and no other file appears. */
async function checkRefused(
  command: 'encrypt' | 'decrypt',
  name: string,
  content: Uint8Array | string,
  status: number,
): Promise<void> {
  desk.write(name, content);
  const before = desk.names();
  checkRefusal(await desk.run([command, name]), status);
  checkRefusal(await desk.run([command, '--verbose', name]), status, true);
  checkRefusal(await desk.run([command, '--in-place', name]), status);
  checkRefusal(await desk.run([command, '--output', 'elsewhere', name]), status);
  expect(desk.names()).toEqual(before);
  expect(desk.read(name).equals(Buffer.from(content))).toBe(true);
}

const C = CANARY;
const repeated = (text: string, times: number): string => text.repeat(times);

describe('encrypting what is not a document', () => {
  const cases: [what: string, name: string, content: string | Uint8Array, status: number][] = [
    ['an alias without anchor, as an unquoted password may be', 'a.yaml', `password: *${C}\n`, 2],
    ['an unknown tag handle', 'a.yaml', `password: !${C}!x y\n`, 2],
    ['a typing tag that does not fit', 'a.yaml', `a: !!int ${C}\n`, 2],
    ['binary that is not base64', 'a.yaml', `a: !!binary ${C}!\n`, 2],
    ['quotes without end', 'a.yaml', `a: "${C}\n`, 2],
    ['an unknown escape', 'a.yaml', `a: "\\${C}"\n`, 2],
    ['two values on a line', 'a.yaml', `a: ${C}: ${C}\n`, 2],
    ['brackets without end', 'a.yaml', `a: [${C}, ${C}\n`, 2],
    ['a block scalar with text on its header', 'a.yaml', `a: |${C}\n`, 2],
    ['a reserved indicator', 'a.yaml', `a: @${C}\n`, 2],
    ['a tab as indentation', 'a.yaml', `a:\n\tb: ${C}\n`, 2],
    ['an unknown directive', 'a.yaml', `%${C}\n---\na: 1\n`, 2],
    ['a complex key', 'a.yaml', `? [${C}]\n: ${C}\n`, 2],
    ['a key twice', 'a.yaml', `a: ${C}\n"a": ${C}\n`, 2],
    ['a key twice, deep down', 'a.yaml', `a: {b: [{c: ${C}, c: ${C}}]}\n`, 2],
    ['a key twice by an alias', 'a.yaml', `&k a: ${C}\n*k : ${C}\n`, 2],
    ['a merge key with a text', 'a.yaml', `<<: ${C}\n`, 2],
    ['an alias inside its anchor', 'a.yaml', `a: &x [${C}, *x]\n`, 2],
    ['invalid UTF-8', 'a.yaml', Buffer.from(`a: ${C}\xff\xfe\n`, 'latin1'), 2],
    ['a NUL', 'a.yaml', `a: ${C}\0\n`, 2],
    ['a list', 'a.yaml', `- ${C}\n`, 2],
    ['a scalar', 'a.yaml', `${C}\n`, 2],
    ['a list in a later document', 'a.yaml', `a: ${C}\n---\n- ${C}\n`, 2],
    ['a number as key', 'a.yaml', `1: ${C}\n`, 23],
    ['a date as key', 'a.yaml', `a:\n  2020-01-01: ${C}\n`, 23],
    ['an integer beyond int64', 'a.yaml', `a: 18446744073709551615\nb: ${C}\n`, 23],
    ['nothing', 'a.yaml', '', 92],
    ['blanks', 'a.yaml', ' \n\n', 2],
    ['a comment', 'a.yaml', `# ${C}\n`, 2],
    ['the key sops', 'a.yaml', `sops: ${C}\n`, 203],
    ['the key sops as a map', 'a.yaml', `a: ${C}\nsops:\n  mac: ${C}\n`, 203],
    ['the key sops in a later document', 'a.yaml', `a: ${C}\n---\nsops: {b: ${C}}\n`, 4],
    ['a string without end', 'a.json', `{"a": "${C}`, 2],
    ['a bare word', 'a.json', `{"a": ${C}}`, 2],
    ['an unknown escape', 'a.json', `{"a": "\\${C}"}`, 2],
    ['a control character', 'a.json', `{"a": "${C}\n"}`, 2],
    ['a comment', 'a.json', `{"a": 1 /* ${C} */}`, 2],
    ['a trailing comma', 'a.json', `{"a": "${C}",}`, 2],
    ['a brace missing', 'a.json', `{"a": {"b": "${C}"}`, 2],
    ['a list', 'a.json', `["${C}"]`, 2],
    ['a number beyond a double', 'a.json', `{"a": 1e999, "b": "${C}"}`, 2],
    ['a byte order mark', 'a.json', `\ufeff{"a": "${C}"}`, 2],
    ['nothing', 'a.json', '', 2],
    ['the key sops', 'a.json', `{"a": "${C}", "sops": {"x": "${C}"}}`, 203],
    ['a line without =', 'a.env', `A=${C}\n${C}\n`, 2],
    ['a line of blanks', 'a.env', `A=${C}\n  \n`, 2],
    ['a reserved key', 'a.env', `A=${C}\nsops_mac=${C}\n`, 203],
    ['a header without bracket', 'a.ini', `[${C}\n`, 2],
    ['a header without name', 'a.ini', `[]${C}\n`, 2],
    ['a line without =', 'a.ini', `[s]\n${C}\n`, 2],
    ['a value without key', 'a.ini', `=${C}\n`, 2],
    ['quotes without end', 'a.ini', `a="""${C}\n`, 2],
    ['a quoted key without end', 'a.ini', `"${C}=x\n`, 2],
    ['the section sops', 'a.ini', `[s]\na=${C}\n[sops]\nmac=${C}\n`, 203],
  ];
  test.each(cases)('%s (%s)', (_what, name, content, status) => checkRefused('encrypt', name, content, status));
});

describe('encrypting bombs and towers', () => {
  const levels = 10_001;
  const cases: [what: string, name: string, content: string, status: number][] = [
    ['lists in brackets', 'a.yaml', `a: ${repeated('[', levels)}${C}${repeated(']', levels)}\n`, 2],
    ['maps in braces', 'a.yaml', `${repeated('{a: ', levels)}${C}${repeated('}', levels)}\n`, 2],
    ['brackets never closed', 'a.yaml', `a: ${repeated('[', 200_000)}`, 2],
    ['lists in lists', 'a.yaml', `a:\n${repeated('- ', levels)}${C}\n`, 2],
    ['explicit keys', 'a.yaml', `${repeated('? ', levels)}${C}\n`, 2],
    ['lists', 'a.json', `{"a": ${repeated('[', levels)}"${C}"${repeated(']', levels)}}`, 2],
    ['lists never closed', 'a.json', `{"a": ${repeated('[', 200_000)}`, 2],
    [
      'nine copies of nine copies',
      'a.yaml',
      `a0: &a0 ${C}\n${[...Array(11).keys()].map((n) => `a${n + 1}: &a${n + 1} [${Array(9).fill(`*a${n}`).join(', ')}]\n`).join('')}`,
      2,
    ],
    ['many copies of a long text', 'a.yaml', `a: &a ${repeated(C, 20_000)}\nb: [${repeated('*a, ', 5000)}]\n`, 2],
    [
      'copies that nest deeper and deeper',
      'a.yaml',
      `a0: &a0 ${C}\n${[...Array(8).keys()].map((n) => `a${n + 1}: &a${n + 1} ${repeated('[', 2000)}*a${n}${repeated(']', 2000)}\n`).join('')}`,
      2,
    ],
    [
      'copies in every document',
      'a.yaml',
      repeated(`a: &a ${repeated('x', 100_000)}\nb: [${repeated('*a, ', 600)}]\n---\n`, 3),
      2,
    ],
    ['a key of a million characters', 'a.yaml', `${repeated('k', 1_000_000)}: ${C}\n`, 2],
    ['a key of a million characters under a number', 'a.json', `{"${repeated('k', 1_000_000)}": {"sops": 1e999}}`, 2],
  ];
  test.each(cases)('%s (%s)', async (_what, name, content, status) => {
    desk.write(name, content);
    checkRefusal(await desk.run(['encrypt', name]), status);
  });

  test('deep nesting that is still taken comes back', async () => {
    const yaml = `a: ${repeated('[', 9000)}${C}${repeated(']', 9000)}\n`;
    const maps = `${[...Array(1500).keys()].map((n) => `${' '.repeat(n)}a:\n`).join('')}${' '.repeat(1500)}${C}\n`;
    const copies = [...Array(8).keys()].map(
      (n) => `a${n + 1}: &a${n + 1} ${repeated('[', 100)}*a${n}${repeated(']', 100)}\n`,
    );
    const json = `{"a":${repeated('[', 9000)}"${C}"${repeated(']', 9000)}}`;
    for (const [name, text] of [
      ['a.yaml', yaml],
      ['a.yaml', maps],
      ['a.yaml', `a0: &a0 ${C}\n${copies.join('')}`],
      ['a.json', json],
    ] as const) {
      const back = await desk.decrypt(name, await desk.encrypt(name, text));
      expect(back.stdout.toString()).toBe(text);
    }
  });
});

describe('names of JavaScript are names like others', () => {
  test.each([
    [
      'a.yaml',
      `__proto__: {polluted: ${C}}\nconstructor: {prototype: {polluted: yes}}\ntoString: 1\nhasOwnProperty: x\n`,
    ],
    ['a.json', `{"__proto__": {"polluted": "${C}"}, "constructor": {"prototype": {"polluted": 1}}, "toString": null}`],
    ['a.env', `__proto__=${C}\nconstructor=1\n`],
    ['a.ini', `[__proto__]\npolluted = ${C}\n[constructor]\n__proto__ = 1\n`],
  ])('%s', async (name, text) => {
    const encrypted = await desk.encrypt(name, text);
    expect(encrypted.toString()).not.toContain(CANARY);
    const back = await desk.decrypt(name, encrypted);
    expect(back.stdout.toString()).toBe(text);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(Object.prototype.toString).toBeTypeOf('function');
  });

  test('in metadata too', async () => {
    const encrypted = (await desk.encrypt('a.json', '{"a": 1}')).toString();
    const hostile = encrypted
      .replace('"sops":', '"sops":{"__proto__":{"age":[],"mac":"x"},"constructor":1},"x":')
      .replace('"x":', '"sops":');
    checkRefusal(await desk.decrypt('a.json', hostile), 1);
    const added = encrypted.replace('"age":', '"__proto__":{"mac":"x"},"age":');
    expect((await desk.decrypt('a.json', added)).stdout.toString()).toBe('{"a": 1}');
    expect(({} as Record<string, unknown>).mac).toBeUndefined();
  });
});

describe('decrypting what is not an encrypted file', () => {
  test.each([
    ['plaintext', 'a.yaml', `a: ${C}\n`, 1],
    ['plaintext', 'a.json', `{"a": "${C}"}`, 1],
    ['plaintext', 'a.env', `A=${C}\n`, 1],
    ['plaintext', 'a.ini', `[s]\na = ${C}\n`, 1],
    ['plaintext', 'a.bin', `${C}\n`, 1],
    ['nothing', 'a.yaml', '', 1],
    ['nothing', 'a.json', '', 1],
    ['nothing', 'a.env', '', 1],
    ['nothing', 'a.bin', '', 1],
    ['no document', 'a.yaml', `a: "${C}\n`, 1],
    ['metadata that is a text', 'a.yaml', `a: 1\nsops: ${C}\n`, 1],
    ['metadata that is a list', 'a.json', `{"a": 1, "sops": ["${C}"]}`, 1],
    ['empty metadata', 'a.json', '{"a": 1, "sops": {}}', 1],
    [
      'metadata without keys',
      'a.yaml',
      `a: 1\nsops:\n  mac: ${C}\n  version: 3.9.0\n  lastmodified: "2026-01-02T03:04:05Z"\n`,
      1,
    ],
  ])('%s (%s)', (_what, name, content, status) => checkRefused('decrypt', name, content, status));
});

describe('files', () => {
  test('one that is not there', async () => {
    for (const command of ['encrypt', 'decrypt']) checkRefusal(await desk.run([command, 'absent.yaml']), 100);
  });

  test('a folder, without saying where its files go', async () => {
    checkRefusal(await desk.run(['encrypt', '/']), 8);
  });

  test('a file encrypted already, whatever its format', async () => {
    for (const name of ['a.yaml', 'a.json', 'a.env', 'a.ini']) {
      const plain =
        { yaml: `a: ${C}\n`, json: `{"a": "${C}"}`, env: `A=${C}\n`, ini: `[s]\na = ${C}\n` }[name.slice(2)] ?? '';
      await checkRefused('encrypt', name, await desk.encrypt(name, plain), 203);
    }
  });
});
