/**
 * Leaks stopped by the hook of `git install` in a real repository: each kind of mistake stops the commit, and what the real sops wrote
 * under the same rule never does, whatever is in it. CHECK_FILES chooses how many documents there are (1000 take minutes),
 * PROPERTY_SEED gives others.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateIdentity } from '../../src/keys/age/x25519.js';
import { sideBySide } from '../../src/util/waiting/side-by-side.js';
import { CheckedRepository } from '../support/checked-repository.js';
import fc, { type Arbitrary } from '../support/fast-check.js';
import { Program } from '../support/program.js';
import { announceSkipped, SOPS } from '../support/programs.js';
import { sopsIn } from '../support/sops.js';
import { dotenvText, iniText, jsonText } from '../unit/property/other-text.js';
import { tameYamlText } from '../unit/property/yaml-text.js';

const FILES = Number(process.env.CHECK_FILES ?? 120);
const SEED = Number(process.env.PROPERTY_SEED ?? 20260101);

/** Quotes and blanks in names and in readable values, which SOPS keeps, are told whoever wrote them: findings, and no false alarms. */
const NO_TRAP = /^(?:#.*|K_unencrypted=[\w./:+-]*|(?!K_unencrypted)[^\s'"=]+=.*)?$/s;
const plainlyNamed = dotenvText.filter((text) => text.split('\n').every((line) => NO_TRAP.test(line)));

/** With their part of all documents. */
const KINDS: readonly (readonly [ending: string, part: number, documents: Arbitrary<string>])[] = [
  ['yaml', 0.5, tameYamlText],
  ['json', 0.2, jsonText],
  ['ini', 0.15, iniText],
  ['env', 0.15, plainlyNamed],
];

const stranger = generateIdentity();
const SECRET = 'hunter2-the-secret';
const PLAIN = `password: ${SECRET}\nport: 5432\n`;

/** Whom a mistake is shown to: files are written, sops is run on them. */
interface Desk {
  write(path: string, text: string): void;
  seal(path: string, text: string, ...flags: readonly string[]): Promise<string>;
}

type Mistake = readonly [what: string, finding: string, path: string, make: (desk: Desk) => Promise<void> | void];

const pem = (name: string): string =>
  `-----BEGIN ${name}-----\n${Buffer.alloc(96, 7).toString('base64')}\n-----END ${name}-----\n`;

const MISTAKES: readonly Mistake[] = [
  ['a forgotten file', 'not-encrypted', 'secrets/new.yaml', ({ write }) => write('secrets/new.yaml', PLAIN)],
  [
    'a forgotten file of dotenv',
    'not-encrypted',
    'secrets/new.env',
    ({ write }) => write('secrets/new.env', `PASSWORD=${SECRET}\n`),
  ],
  [
    'a regular expression that matches nothing, of a plain file',
    'rule-selects-nothing',
    'idle/plain.yaml',
    ({ write }) => write('idle/plain.yaml', PLAIN),
  ],
  [
    'a regular expression that matches nothing, of a file that sops wrote',
    'nothing-encrypted',
    'idle/sealed.yaml',
    async ({ seal }) => void (await seal('idle/sealed.yaml', PLAIN)),
  ],
  [
    'a half-encrypted file',
    'plain-value',
    'secrets/half.yaml',
    async ({ write, seal }) =>
      write('secrets/half.yaml', `added: ${SECRET}\n${await seal('secrets/half.yaml', 'port: 5432\n')}`),
  ],
  [
    'a half-encrypted file of JSON',
    'plain-value',
    'secrets/half.json',
    async ({ write, seal }) => {
      const text = await seal('secrets/half.json', '{"port": 5432}');
      write('secrets/half.json', text.replace('{', `{"added": "${SECRET}",`));
    },
  ],
  [
    'a recipient whom the rule does not name',
    'recipients-differ',
    'secrets/other.yaml',
    async ({ seal }) => void (await seal('secrets/other.yaml', PLAIN, '--age', stranger.recipient)),
  ],
  [
    'an age identity in the tree',
    'age-key',
    'notes/keys.txt',
    ({ write }) => write('notes/keys.txt', `# created\n${stranger.identity}\n`),
  ],
  [
    'a private key in PEM in the tree',
    'private-key',
    'notes/id.txt',
    ({ write }) => write('notes/id.txt', pem('RSA PRIVATE KEY')),
  ],
  [
    'marks of a conflict in ciphertext',
    'conflict-markers',
    'secrets/merged.yaml',
    async ({ write, seal }) => {
      const [ours, theirs] = [await seal('secrets/merged.yaml', PLAIN), await seal('secrets/merged.yaml', PLAIN)];
      write('secrets/merged.yaml', `<<<<<<< ours\n${ours}=======\n${theirs}>>>>>>> theirs\n`);
    },
  ],
  [
    'a dotenv file that sops encrypted in one piece',
    'dotenv-as-binary',
    'secrets/.env.production',
    async ({ seal }) => void (await seal('secrets/.env.production', `PASSWORD=${SECRET}\n`)),
  ],
];

if (!SOPS) announceSkipped(MISTAKES.length + 1, 'there is no sops program');

let repository: CheckedRepository;
let env: Record<string, string>;

/** Runs a program in the repository, with sops-ts on PATH and no key at all: the hook needs none. */
function attempt(program: string, ...words: readonly string[]): { status: number | null; said: string } {
  const surroundings = { ...repository.env, PATH: env.PATH } as NodeJS.ProcessEnv;
  const ran = spawnSync(program, words, { cwd: repository.folder, env: surroundings, encoding: 'utf8' });
  return { status: ran.status, said: ran.stdout + ran.stderr };
}

async function sealBySops(path: string, text: string, ...flags: readonly string[]): Promise<string> {
  repository.write({ [path]: text });
  const ran = await sopsIn(repository.folder, ['encrypt', '-i', ...flags, path], { env });
  expect(ran).toMatchObject({ status: 0, stderr: '' });
  return repository.read(path);
}

const desk: Desk = { write: (path, text) => repository.write({ [path]: text }), seal: sealBySops };

beforeAll(async () => {
  if (!SOPS) return;
  repository = new CheckedRepository((recipient) =>
    [
      'creation_rules:',
      `  - {path_regex: ^secrets/, age: ${recipient}}`,
      `  - {path_regex: ^idle/, encrypted_regex: ^nothing$, age: ${recipient}}`,
      '',
    ].join('\n'),
  );
  const bin = join(repository.folder, '.git', 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'sops-ts'), `#!/bin/sh\nexec '${process.execPath}' '${new Program().file}' "$@"\n`);
  chmodSync(join(bin, 'sops-ts'), 0o755);
  const path = [bin, process.env.PATH].join(delimiter);
  env = { ...repository.env, PATH: path, SOPS_AGE_KEY: repository.key.identity } as Record<string, string>;
  expect(attempt('sops-ts', 'git', 'install')).toMatchObject({ status: 0 });
  await sealBySops('secrets/first.yaml', PLAIN);
  repository.git('add', '--all');
  expect(attempt('git', 'commit', '--message=first')).toMatchObject({ status: 0 });
});
afterAll(() => repository?.remove());

describe.skipIf(!SOPS)('the hook stops a commit with', () => {
  test.each(MISTAKES)('%s', async (_, finding, path, make) => {
    const before = repository.git('rev-parse', 'HEAD');
    await make(desk);
    repository.git('add', '--all');
    const refused = attempt('git', 'commit', '--message=mistaken');
    expect(refused.said).toMatch(new RegExp(`^${path.replaceAll('.', '\\.')}(?::\\d+)?: .*\\[${finding}\\]$`, 'm'));
    expect(refused.said).toContain('stopped by pre-commit');
    expect(refused.said).not.toContain(SECRET);
    expect(refused.said).not.toContain(stranger.identity);
    expect(refused.status).toBe(1);
    expect(repository.git('rev-parse', 'HEAD')).toBe(before);
    // What is staged is what counts: taken out of the index, it stops nothing.
    repository.git('reset', '--quiet');
    expect(attempt('git', 'commit', '--quiet', '--allow-empty', '--message=without')).toMatchObject({ status: 0 });
    repository.git('clean', '--quiet', '-d', '--force');
  });
});

/** Whether sops encrypts the document and reads it again: what it refuses, and what it cannot read though it wrote it, is not a file of its. */
async function isWritten(path: string): Promise<boolean> {
  const ran = await sopsIn(repository.folder, ['encrypt', '-i', path], { env });
  return ran.status === 0 && (await sopsIn(repository.folder, ['decrypt', path], { env })).status === 0;
}

test.skipIf(!SOPS)(
  'what sops wrote stops no commit and raises nothing',
  async () => {
    const paths: string[] = [];
    for (const [ending, part, documents] of KINDS) {
      const texts = fc.sample(documents, { numRuns: Math.ceil(FILES * part), seed: SEED });
      for (const [at, text] of texts.entries()) {
        paths.push(`secrets/${ending}-${at}.${ending}`);
        repository.write({ [paths.at(-1) ?? '']: text });
      }
    }
    let written = 0;
    const all = sideBySide(paths, { most: 4, work: isWritten });
    for await (const [path, isIts] of all) {
      if (isIts) written += 1;
      else repository.git('clean', '--quiet', '--force', '--', path);
    }
    expect(written).toBeGreaterThan(FILES / 3);
    const { findings, summary } = await repository.check(['secrets']);
    expect(findings).toEqual([]);
    expect(Number(summary.encrypted)).toBe(written + 1);
    repository.git('add', '--all');
    expect(attempt('git', 'commit', '--quiet', '--message=many')).toMatchObject({ status: 0 });
    expect(repository.git('ls-tree', '-r', '--name-only', 'HEAD', 'secrets').split('\n')).toHaveLength(written + 1);
  },
  900_000,
);
