/** Planted secrets, searched for in all that the program leaves: outputs, errors with and without --verbose, files, words of children. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { Desk } from '../../support/desk.js';
import type { Ran } from '../../support/run.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(3);

const CANARY = 'hunter2canary';
const PLAIN = {
  'p.yaml': `a: ${CANARY}1\n"b": "${CANARY}2"\nc: |\n  ${CANARY}3\nd: [${CANARY}4, {e: ${CANARY}5}] # ${CANARY}6\n# ${CANARY}7\nf: &x ${CANARY}8\ng: *x\n`,
  'p.json': `{"a": "${CANARY}1", "b": ["${CANARY}2", {"c": "\\u0068unter2canary"}]} ${CANARY}3`,
  'p.env': `A=${CANARY}1\n# ${CANARY}2\nB=x\\n${CANARY}3\n`,
  'p.ini': `; ${CANARY}1\n[s] ; ${CANARY}2\na = ${CANARY}3 ; ${CANARY}4\nb = """${CANARY}5""" ${CANARY}6\n; ${CANARY}7\n`,
  'p.bin': `${CANARY}\0${CANARY}`,
} as const;

const desk = new Desk();
let temporary: string;
beforeAll(() => {
  temporary = desk.path('tmp');
  mkdirSync(temporary);
});
afterAll(() => desk.remove());

/** A secret as it is, and in the forms in which programs carry bytes. */
function formsOf(secret: string | Buffer): string[] {
  const bytes = Buffer.from(secret);
  // Base64 depends on what stands before: of all three shifts, the part that does not.
  const shifted = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(shift === 0 ? 0 : 4)
      .replace(/.{2}=*$/, ''),
  );
  return [bytes.toString('latin1'), bytes.toString('hex'), ...shifted];
}

function checkSilent(text: string, ...secrets: (string | Buffer)[]): void {
  for (const form of secrets.flatMap(formsOf)) expect(text.toLowerCase()).not.toContain(form.toLowerCase());
}

const run = (
  words: readonly string[],
  env: Record<string, string> = {},
  stdin: string | Uint8Array = '',
): Promise<Ran> => desk.run(words, { env: { TMPDIR: temporary, ...env }, stdin });

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe.each(Object.entries(PLAIN))('%s', (name, plain) => {
  test('the ciphertext holds no value and no comment', async () => {
    const sealed = (await desk.encrypt(name, plain)).toString();
    checkSilent(sealed, CANARY);
    const ini = ['--output-type', 'json'];
    if (name !== 'p.bin') checkSilent((await desk.encrypt(name, plain, ...ini)).toString(), CANARY);
  });

  test('neither do warnings, errors, or other files', async () => {
    desk.write(name, plain);
    desk.write(`enc.${name}`, await desk.encrypt(name, plain));
    const failing: [words: string[], env?: Record<string, string>][] = [
      [['encrypt', '--age', 'age1nonsense', name]],
      [['encrypt', '--pgp', '0000000000000000000000000000000000000000', name], { SOPS_GPG_EXEC: '/nonexistent' }],
      [['encrypt', '--encrypted-regex', '^nothing$', name]],
      [['encrypt', '--encrypted-regex', '[', name]],
      [['encrypt', '--input-type', 'json', '--output-type', 'dotenv', name]],
      [['encrypt', '--output', '/nonexistent/file', name]],
      [['encrypt', '--output-type', 'dotenv', name]],
      [['encrypt', '--output-type', 'ini', name]],
      [['encrypt', '--no-such-flag', name]],
      [['encrypt', '--indent', 'x', name]],
      [['decrypt', name]],
      [['decrypt', `enc.${name}`], { SOPS_AGE_KEY: '' }],
      [['decrypt', '--extract', '["nothing"]["there"]', `enc.${name}`]],
      [['decrypt', '--extract', '["a"]["b"][0]', `enc.${name}`]],
      [['decrypt', '--extract', '["a"', `enc.${name}`]],
      [['decrypt', '--input-type', 'json', '--output-type', 'ini', `enc.${name}`]],
      [['decrypt', '--output', '/nonexistent/file', `enc.${name}`]],
      [['decrypt', '--output-type', 'nonsense', `enc.${name}`]],
    ];
    for (const [words, env] of failing) {
      for (const verbose of [[], ['--verbose']]) {
        const [command = '', ...rest] = words;
        const ran = await run([command, ...verbose, ...rest], env);
        checkSilent(ran.stderr, CANARY, desk.identity);
        if (ran.status !== 0) expect(ran.stdout.length).toBe(0);
      }
    }
    const holders = filesBelow(desk.folder).filter((file) => readFileSync(file, 'latin1').includes(CANARY));
    expect(holders.filter((file) => !Object.keys(PLAIN).some((known) => file === desk.path(known)))).toEqual([]);
    expect(readdirSync(temporary)).toEqual([]);
  });

  test('decrypted files are for their owner alone', async () => {
    desk.write(`enc.${name}`, await desk.encrypt(name, plain));
    const ran = await run(['decrypt', '--output', `out.${name}`, `enc.${name}`]);
    expect(ran.status, ran.stderr).toBe(0);
    expect(statSync(desk.path(`out.${name}`)).mode & 0o777).toBe(0o600);
    expect(desk.text(`out.${name}`)).toBe(plain);
    await run(['encrypt', '--in-place', `out.${name}`]);
    expect(statSync(desk.path(`out.${name}`)).mode & 0o777).toBe(0o600);
  });
});

describe('identities', () => {
  const broken = (): [what: string, env: Record<string, string>][] => {
    const { identity } = desk;
    const wrong = `${identity.slice(0, -1)}${identity.endsWith('Q') ? 'P' : 'Q'}`;
    const key = `-----BEGIN OPENSSH PRIVATE KEY-----\n${CANARY}\n-----END OPENSSH PRIVATE KEY-----\n`;
    return [
      ['a checksum that is wrong', { SOPS_AGE_KEY: wrong }],
      ['one cut off', { SOPS_AGE_KEY: identity.slice(0, 40) }],
      ['in lower case', { SOPS_AGE_KEY: identity.toLowerCase() }],
      ['another text', { SOPS_AGE_KEY: `${CANARY}\n` }],
      [
        'a file of another text',
        { SOPS_AGE_KEY: '', SOPS_AGE_KEY_FILE: desk.write('keys.txt', `${CANARY}\n${wrong}\n`) },
      ],
      [
        'a program that prints another text',
        { SOPS_AGE_KEY: '', SOPS_AGE_KEY_CMD: `echo ${CANARY.split('').reverse().join('')}` },
      ],
      ['a broken SSH key', { SOPS_AGE_KEY: '', SOPS_AGE_SSH_PRIVATE_KEY_FILE: desk.write('id', key) }],
      ['a key in place of a file name', { SOPS_AGE_KEY: '', SOPS_AGE_KEY_FILE: 'nonexistent' }],
    ];
  };
  const names = [
    'a checksum that is wrong',
    'one cut off',
    'in lower case',
    'another text',
    'a file of another text',
    'a program that prints another text',
    'a broken SSH key',
    'a key in place of a file name',
  ];

  test.each(names)('%s is not shown', async (what) => {
    const env = new Map(broken()).get(what) ?? {};
    const sealed = await desk.encrypt('p.yaml', 'a: 1\n');
    for (const verbose of [[], ['--verbose']]) {
      const ran = await run(['decrypt', ...verbose, '--filename-override', 'p.yaml'], env, sealed);
      expect(ran.status).toBe(128);
      checkSilent(ran.stderr, CANARY, CANARY.split('').reverse().join(''), desk.identity.slice(15, 40));
    }
  });

  test('one given as recipient is not shown', async () => {
    for (const words of [
      ['--age', desk.identity],
      ['--age', `${desk.recipient},${desk.identity}`],
      ['--pgp', desk.identity],
      ['--kms', desk.identity],
      ['--hc-vault-transit', desk.identity],
    ]) {
      const ran = await run(
        ['encrypt', '--verbose', ...words, '--filename-override', 'p.yaml'],
        { SOPS_AGE_RECIPIENTS: '', SOPS_GPG_EXEC: '/nonexistent', SOPS_TS_KEY_TIMEOUT: '1' },
        'a: 1\n',
      );
      expect(ran.status).not.toBe(0);
      checkSilent(ran.stderr, desk.identity.slice(15, 40));
    }
  });
});

describe.skipIf(process.platform === 'win32')('children', () => {
  test('gpg gets the data key on its standard input, not as a word or variable', async () => {
    // `export -p` shows variables as the program got them.
    const gpg = desk.write(
      'gpg',
      `#!/bin/sh
printf '%s\\n' "$0" "$@" > words
export -p > variables
cat > input
printf -- '-----BEGIN PGP MESSAGE-----\\n\\nAAAA\\n-----END PGP MESSAGE-----\\n'`,
    );
    chmodSync(gpg, 0o755);
    const flags = ['--pgp', '85D77543B3D624B63CEA9E6DBC17301B491B3F21'];
    const ran = await run(
      ['encrypt', ...flags, '--filename-override', 'p.yaml'],
      { SOPS_GPG_EXEC: gpg, SOPS_AGE_RECIPIENTS: '' },
      PLAIN['p.yaml'],
    );
    expect(ran.status, ran.stderr).toBe(0);
    const dataKey = desk.read('input');
    expect(dataKey.length).toBe(32);
    expect(desk.text('words')).toContain('--encrypt');
    checkSilent(desk.text('words') + desk.text('variables'), CANARY, dataKey);
    checkSilent(ran.stdout.toString() + ran.stderr, CANARY, dataKey);
  });
});
