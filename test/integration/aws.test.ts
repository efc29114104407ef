/** AWS KMS and STS against moto, and with the real sops on the same server (MOTO_SERVER_BIN or `moto_server` on PATH; SOPS_BIN). */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { MOTO, Moto } from '../support/moto.js';
import { announceSkipped, runSops, SOPS } from '../support/programs.js';
import { run } from '../support/run.js';

const PROGRAM = new URL('../../bin/sops-ts.js', import.meta.url).pathname;
const ROLE = 'arn:aws:iam::123456789012:role/sops';
const PLAIN = '# why\nsecret: hello\nlist: [1, two]\n';
const CONFIG = `[default]\nregion = us-east-1\n[profile dev]\nrole_arn = ${ROLE}\nsource_profile = base\n`;
const CREDENTIALS = '[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = base-secret\n';

const folder = mkdtempSync(join(tmpdir(), 'aws-'));
const work = join(folder, 'work');
let server: Moto | undefined;
let url = '';
/** Keys of the server, an alias of the first, and a key that it does not have. */
const arns = { key: '', other: '', alias: '', absent: '' };

beforeAll(async () => {
  if (!MOTO) return;
  mkdirSync(join(folder, '.aws'), { recursive: true });
  mkdirSync(work);
  writeFileSync(join(folder, '.aws', 'config'), CONFIG);
  writeFileSync(join(folder, '.aws', 'credentials'), CREDENTIALS);
  server = await Moto.start();
  url = server.url;
  Object.assign(arns, { key: await server.makeKey(), other: await server.makeKey() });
  arns.absent = arns.key.replace(/.{4}$/, '0000');
  arns.alias = await server.makeAlias('sops', arns.key);
});

afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const baseEnv = (): Record<string, string> => ({
  HOME: folder,
  AWS_ENDPOINT_URL: url,
  // The real sops takes the former for STS only when a key names the role.
  AWS_ENDPOINT_URL_STS: url,
  AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret',
  // For the real sops, which must not ask the machine for credentials.
  AWS_EC2_METADATA_DISABLED: 'true',
});
const write = (name: string, text: string) => {
  writeFileSync(join(work, name), text);
  return name;
};
const ours = (words: readonly string[], env: Record<string, string> = {}) =>
  run(words, { cwd: work, env: { ...baseEnv(), ...env } });
const theirs = (words: readonly string[], env: Record<string, string> = {}) =>
  runSops(words, work, { ...baseEnv(), ...env });

/** The keys, and the flags and variables that they are used with. */
interface Case {
  readonly name: string;
  readonly flags: () => string[];
  readonly env?: Record<string, string>;
}
const CASES: readonly Case[] = [
  { name: 'a key', flags: () => ['--kms', arns.key] },
  { name: 'an alias', flags: () => ['--kms', arns.alias] },
  { name: 'a context', flags: () => ['--kms', arns.key, '--encryption-context', 'app:web,stage:prod'] },
  { name: 'a role', flags: () => ['--kms', `${arns.key}+${ROLE}`], env: { SOPS_AWS_ROLE_ALLOWLIST: ROLE } },
  { name: 'a profile with a role', flags: () => ['--kms', arns.key, '--aws-profile', 'dev'] },
  {
    name: 'a profile of the environment',
    flags: () => ['--kms', arns.key],
    env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_PROFILE: 'base' },
  },
];

/** A file that we encrypted. */
async function encrypted(flags: readonly string[], env?: Record<string, string>): Promise<string> {
  const ran = await ours(['encrypt', ...flags, write('plain.yaml', PLAIN)], env);
  expect(ran).toMatchObject({ status: 0, stderr: '' });
  return write('ours.yaml', ran.stdout.toString());
}

const ALONE = CASES.length + 6;
const CROSS = 2 * CASES.length + 1;
if (!MOTO) announceSkipped(ALONE + CROSS, 'there is no moto_server');
else if (!SOPS) announceSkipped(CROSS, 'there is no sops program');

describe.skipIf(!MOTO)('with moto', () => {
  test.each(CASES)('$name encrypts and decrypts', async ({ flags, env }) => {
    const ran = await ours(['decrypt', await encrypted(flags(), env)], env);
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(ran.stdout.toString()).toBe(PLAIN);
  });

  test('another context is refused', async () => {
    const file = join(work, await encrypted(['--kms', arns.key, '--encryption-context', 'app:web']));
    writeFileSync(file, readFileSync(file, 'utf8').replace('app: web', 'app: api'));
    expect(await ours(['decrypt', file])).toMatchObject({
      status: 128,
      stderr: expect.stringContaining('InvalidCiphertextException'),
    });
  });

  test('the second key opens when the first does not', async () => {
    const file = join(work, await encrypted(['--kms', `${arns.other},${arns.key}`]));
    writeFileSync(file, readFileSync(file, 'utf8').replace(arns.other, arns.absent));
    expect((await ours(['decrypt', file])).stdout.toString()).toBe(PLAIN);
  });

  test('two groups are both needed', async () => {
    const groups = [arns.key, arns.other].map(
      (arn) => `      - kms: [{ arn: "${arn}", context: { group: "${arn.slice(-4)}" } }]\n`,
    );
    const config = write('groups.sops.yaml', `creation_rules:\n  - key_groups:\n${groups.join('')}`);
    const file = join(work, await encrypted(['--config', config]));
    expect((await ours(['decrypt', file])).stdout.toString()).toBe(PLAIN);
    writeFileSync(file, readFileSync(file, 'utf8').replace(arns.other, arns.absent));
    expect((await ours(['decrypt', file])).status).toBe(128);
  });

  test('a key that does not exist', async () => {
    expect(await ours(['encrypt', '--kms', arns.absent, write('plain.yaml', PLAIN)])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('failed to encrypt sops data key with AWS KMS: NotFoundException'),
    });
  });

  test('a role that only the file names is not assumed', async () => {
    const { env, flags } = CASES[3] as Case;
    const file = await encrypted(flags(), env);
    expect(await ours(['decrypt', file])).toMatchObject({
      status: 128,
      stderr: expect.stringContaining(`the role ${ROLE} is named by the file only`),
    });
    const config = write('role.sops.yaml', `creation_rules:\n  - kms: "${arns.other}+${ROLE}"\n`);
    const settings = { XDG_CONFIG_HOME: join(work, 'settings') };
    expect((await ours(['--config', config, 'decrypt', file], settings)).status).toBe(128);
    expect((await ours(['--config', config, 'trust'], settings)).status).toBe(0);
    expect((await ours(['--config', config, 'decrypt', file], settings)).stdout.toString()).toBe(PLAIN);
  });

  test('the program ends at once, and says nothing of its own', async () => {
    const env = { PATH: process.env.PATH, ...baseEnv() };
    const file = await encrypted(['--kms', arns.key]);
    const ran = await promisify(execFile)(process.execPath, [PROGRAM, 'decrypt', '--extract', '["secret"]', file], {
      cwd: work,
      env,
      timeout: 20_000,
    });
    expect(ran).toMatchObject({ stdout: 'hello', stderr: '' });
  });

  describe.skipIf(!SOPS)('and the real sops', () => {
    test.each(CASES)('$name: sops opens ours', async ({ flags, env }) => {
      expect(theirs(['decrypt', '--extract', '["secret"]', await encrypted(flags(), env)], env)).toBe('hello');
    });

    test.each(CASES)('$name: we open theirs', async ({ name, flags, env }) => {
      // The subcommand does not apply the context to anything but keys of flags, and these are.
      const file = write('theirs.yaml', theirs(['encrypt', ...flags(), write('plain.yaml', PLAIN)], env));
      const ran = await ours(['decrypt', file], env);
      expect(ran, name).toMatchObject({ status: 0, stderr: '' });
      expect(ran.stdout.toString()).toBe(theirs(['decrypt', file], env));
    });

    test('the entries are the same but for time and ciphertext', async () => {
      const flags = [
        '--kms',
        `${arns.key}+${ROLE}, ${arns.alias}`,
        '--encryption-context',
        'b:2,a:1',
        '--aws-profile',
        'base',
      ];
      const entries = (text: string) => {
        return parse(text).sops.kms.map((entry: Record<string, unknown>) => ({ ...entry, created_at: '', enc: '' }));
      };
      const own = await ours(['encrypt', ...flags, write('plain.yaml', PLAIN)]);
      expect(entries(own.stdout.toString())).toEqual(entries(theirs(['encrypt', ...flags, 'plain.yaml'])));
    });
  });
});
