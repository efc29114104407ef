/** The cases that vals itself was run on (fixtures/references/vals.json), and where we differ on purpose. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';
import { announceSkipped, findTool } from '../../support/programs.js';

interface Case {
  readonly get?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly exit: number;
  readonly stdout: string;
}

const FOLDER = new URL('../../../fixtures/references/', import.meta.url);
const FILES = ['enc.env', 'enc.json', 'enc.txt', 'enc.yaml', 'j.json', 'plain.txt', 'some.yaml'];
const CASES = JSON.parse(readFileSync(new URL('vals.json', FOLDER), 'utf8')) as Case[];
/** What vals prints in Go's syntax, or as <nil>, is an error. */
const GO_SYNTAX = /^(?:<nil>|\[.*\]|map\[.*\])$/;

const desk = new Desk();
for (const name of FILES) desk.write(name, readFileSync(new URL(`files/${name}`, FOLDER)));
const identity = readFileSync(new URL('age.txt', FOLDER), 'utf8');
afterAll(() => desk.remove());

describe('what vals gets', () => {
  for (const { get, env, exit, stdout } of CASES.filter((one) => one.get !== undefined)) {
    const text = (get ?? '').replace('{URL-SAFE BASE64 OF enc.txt}', () => desk.read('enc.txt').toString('base64url'));
    test(`${get}${env ? ` with ${JSON.stringify(env)}` : ''}`, async () => {
      const surroundings = { X_V: 'val ue', X_NAME: 'some.yaml', SOPS_AGE_KEY: identity, ...env };
      const ran = await desk.run(['refs', 'get', text], { env: surroundings });
      if (get === 'ref+sops://enc.env#/E') {
        // vals reads the ciphertext as YAML; dotenv has keys, too.
        expect([ran.status, ran.stdout.toString()]).toEqual([0, 'envval']);
        return;
      }
      if (exit !== 0 || GO_SYNTAX.test(stdout)) {
        expect(ran.status).not.toBe(0);
        expect(ran.stdout.toString()).toBe('');
        expect(ran.stderr).not.toBe('');
        return;
      }
      expect([ran.stderr, ran.status, ran.stdout.toString()]).toEqual(['', 0, stdout]);
    });
  }
});

describe('what vals prints as an environment', () => {
  const cases = (
    CASES as readonly (Case & { readonly cmd?: string; readonly args?: readonly string[]; readonly stdin?: string })[]
  ).filter(({ cmd }) => cmd === 'env');
  for (const { args = [], stdin = '', exit, stdout } of cases) {
    test(`${args.join(' ')} of ${JSON.stringify(stdin)}`, async () => {
      const surroundings = { X_V: 'val ue' };
      const ran = await desk.run(['refs', 'env', '--allow-ref', 'all', ...args], { env: surroundings, stdin });
      // Numbers are texts in an environment; vals refuses them.
      const expected = exit === 0 ? stdout : 'A=5\n';
      expect([ran.stderr, ran.status, ran.stdout.toString()]).toEqual(['', 0, expected]);
    });
  }

  const zsh = findTool('zsh', 'ZSH_BIN', ['-c', 'true']);
  if (!zsh) announceSkipped(1, 'no zsh');
  test.skipIf(!zsh)('is read back by zsh, which looks up the programs that = names', async () => {
    const values = { A: '=ls', B: 'x:=ls', C: '=no-such-program', D: 'a=b', E: '' };
    const ran = await desk.run(['refs', 'env', '--export'], { stdin: JSON.stringify(values) });
    const shown = Object.keys(values)
      .map((name) => `"$${name}"`)
      .join(' '); // prettier-ignore
    const told = spawnSync(zsh ?? '', ['-c', `${ran.stdout}\nprint -l -- ${shown}`], { encoding: 'utf8' });
    expect([told.stderr, told.stdout]).toEqual(['', `${Object.values(values).join('\n')}\n`]);
  });

  test('exports no name that shells keep for themselves', async () => {
    const stdin = 'A: a\nUID: 1000\n';
    const ran = await desk.run(['refs', 'env', '--export'], { stdin });
    expect([ran.status, ran.stdout.length]).toEqual([1, 0]);
    expect(ran.stderr).toContain('bash keeps UID for itself');
    expect((await desk.run(['refs', 'env'], { stdin })).stdout.toString()).toBe('A=a\nUID=1000\n');
  });
});
