/** Every file of the fixtures through the real main: all kinds of age identities, PGP without gpg, groups, Shamir shares. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { run } from '../../support/run.js';
import { sampledTest, WHOLE } from '../../support/sweep.js';
import { FakeAgent } from '../keys/agent.js';
import { fixturePath, fixtureText } from '../keys/entries.js';
import { GnupgHome, secretKey } from '../keys/pgp-rings.js';

const test = sampledTest(4);

interface Case {
  readonly file: string;
  /** Identities in `fixtures/keys/identities`, by kind. */
  readonly age?: readonly string[];
  readonly ssh?: readonly string[];
  readonly pgp?: readonly string[];
  readonly passphrase?: string;
  readonly plaintext?: string;
  readonly status?: number;
}

const CASES = JSON.parse(fixtureText('decrypts.json')) as readonly Case[];

describe('files of sops 3.13.2', () => {
  let passphrase = '';
  let agent: FakeAgent;
  beforeAll(async () => {
    agent = await FakeAgent.start(() => `OK ${Buffer.from(passphrase).toString('hex')}`);
  });
  afterAll(() => agent.stop());

  const name = ({ file, age = [], ssh = [], pgp = [] }: Case) => `${file} by ${[...age, ...ssh, ...pgp].join(', ')}`;

  /** Two seconds each, and opened by other tests. */
  const isSlow = ({ file }: Case): boolean => file === 'age/age-protected-bin.yaml';

  test.each(CASES.filter((one) => WHOLE || !isSlow(one)).map((one) => [name(one), one] as const))(
    '%s',
    async (_name, one) => {
      passphrase = one.passphrase ?? '';
      const home = await GnupgHome.with(await Promise.all((one.pgp ?? []).map(secretKey)));
      const ran = await run(['decrypt', fixturePath(one.file)], { cwd: home.path, env: environment(one, home) });
      home.remove();
      expect({ status: ran.status, err: one.status ? '' : ran.stderr }).toEqual({ status: one.status ?? 0, err: '' });
      if (one.plaintext !== undefined) expect(ran.stdout.toString('latin1')).toBe(one.plaintext);
    },
  );

  test('cover every folder', () => {
    expect(new Set(CASES.map(({ file }) => file.split('/')[0]))).toEqual(new Set(['age', 'pgp', 'mixed', 'shamir']));
  });

  /** Only what the case names: no gpg program, no home. */
  function environment({ age = [], ssh = [] }: Case, home: GnupgHome): Record<string, string> {
    const identity = (one: string): string => fixturePath(join('identities', one));
    const [first, ...others] = age;
    return {
      HOME: '/nonexistent',
      PATH: '/nonexistent',
      GNUPGHOME: home.path,
      GPG_AGENT_INFO: `${agent.socket}:0:1`,
      ...(first ? { SOPS_AGE_KEY_FILE: identity(first) } : {}),
      ...(others.length > 0
        ? { SOPS_AGE_KEY: others.map((one) => readFileSync(identity(one), 'utf8')).join('\n') }
        : {}),
      ...(ssh[0] ? { SOPS_AGE_SSH_PRIVATE_KEY_FILE: identity(ssh[0]) } : {}),
    };
  }
});
