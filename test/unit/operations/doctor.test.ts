/** `doctor`: what is there, what is missing, what a file's keys do; never a secret. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import type { Checkup } from '../../../src/operations/explain/doctor.js';
import { TestAgent } from '../../support/agent.js';
import { RECIPIENTS, Yard } from '../../support/lifecycle.js';
import { run } from '../../support/run.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(2);

const [FIRST, SECOND] = RECIPIENTS as [string, string];
const keyFile = (at: number): string =>
  new URL(`../../../fixtures/lifecycle/keys/shamir${at}.txt`, import.meta.url).pathname;
const identity = (at: number): string => /AGE-SECRET-KEY-\S+/.exec(readFileSync(keyFile(at), 'utf8'))?.[0] ?? '';
const CANARY = 'c4n4ry-s3cret';

let yard: Yard;
let home: string;
beforeEach(() => {
  yard = new Yard();
  home = join(yard.folder, 'home');
  mkdirSync(home);
});
afterEach(() => yard.remove());

type Env = Record<string, string>;

async function look(words: readonly string[], env: Env): Promise<Checkup & { status: number }> {
  const { status, stdout, stderr } = await run(['doctor', '--json', ...words], {
    cwd: yard.folder,
    env: { HOME: home, ...env },
  });
  expect(stderr).toBe('');
  expect(stdout.toString()).not.toMatch(/AGE-SECRET-KEY-1[A-Z0-9]/);
  expect(stdout.toString()).not.toContain(CANARY);
  return { status, ...(JSON.parse(stdout.toString()) as Checkup) };
}

function findings({ types }: Checkup, type: string) {
  return types.find((one) => one.type === type)?.findings ?? [];
}

function finding(checkup: Checkup, type: string, what: string) {
  return findings(checkup, type).find((one) => one.what.includes(what));
}

describe('the machine', () => {
  test('a machine with nothing: told what to do, exit status 1', async () => {
    const checkup = await look([], {});
    expect(checkup.status).toBe(1);
    expect(checkup.problems).toEqual([
      { what: expect.stringContaining('no identity'), advice: 'sops-ts init makes an age key.' },
    ]);
    expect(checkup.types.map(({ type }) => type).slice(0, 2)).toEqual(['age', 'pgp']);
    expect(checkup.types).toHaveLength(7);
  });

  test('with another machine to ask, that is no problem', async () => {
    expect((await look(['--keyservice', 'tcp://127.0.0.1:1'], {})).status).toBe(0);
  });

  test('sources of age identities in their order, with public recipients only', async () => {
    mkdirSync(join(home, '.config/sops/age'), { recursive: true });
    writeFileSync(join(home, '.config/sops/age/keys.txt'), identity(2), { mode: 0o600 });
    const checkup = await look([], {
      SOPS_AGE_KEY: identity(0),
      SOPS_AGE_KEY_FILE: keyFile(1),
      SOPS_AGE_KEY_CMD: 'false',
    });
    expect(checkup.status).toBe(0);
    expect(findings(checkup, 'age').filter(({ state }) => state === 'found')).toEqual([
      { state: 'found', what: 'SOPS_AGE_KEY', detail: FIRST },
      expect.objectContaining({ what: `SOPS_AGE_KEY_FILE (${keyFile(1)})`, detail: SECOND }),
      { state: 'found', what: 'SOPS_AGE_KEY_CMD', detail: 'a command, run when a file needs it' },
      { state: 'found', what: join(home, '.config/sops/age/keys.txt'), detail: RECIPIENTS[2] },
    ]);
    expect(finding(checkup, 'age', 'id_ed25519')?.state).toBe('absent');
  });

  test('a command is not run without a file that needs it', async () => {
    const mark = join(yard.folder, 'ran');
    await look([], { SOPS_AGE_KEY_CMD: `touch ${mark}`, PATH: process.env.PATH ?? '' });
    expect(() => readFileSync(mark)).toThrow('ENOENT');
  });

  test('a key file that others can read is found, with advice', async () => {
    const path = yard.write('keys.txt', identity(0));
    chmodSync(join(yard.folder, 'keys.txt'), 0o644);
    const checkup = await look([], { SOPS_AGE_KEY_FILE: 'keys.txt' });
    expect([path, checkup.status]).toEqual([path, 0]);
    expect(finding(checkup, 'age', 'SOPS_AGE_KEY_FILE')?.advice).toContain('chmod 600');
  });

  test.each([
    ['a key file that is not there', { SOPS_AGE_KEY_FILE: 'nope.txt' }, 'age', 'no such file'],
    ['a text that is not a key', { SOPS_AGE_KEY: CANARY }, 'age', 'unknown identity type'],
    ['an empty key file', { SOPS_AGE_KEY_FILE: '/dev/null' }, 'age', 'holds no identity'],
    ['a chosen gpg that is not there', { SOPS_GPG_EXEC: 'no-gpg' }, 'pgp', 'no such program'],
    ['half of the keys of AWS', { AWS_ACCESS_KEY_ID: CANARY }, 'kms', 'AWS_SECRET_ACCESS_KEY is not set'],
    ['a profile of AWS that is not there', { AWS_PROFILE: 'nope' }, 'kms', 'nope'],
    ['a token file without role', { AWS_WEB_IDENTITY_TOKEN_FILE: '/dev/null' }, 'kms', 'AWS_ROLE_ARN is not set'],
    ['credentials of GCP that are none', { GOOGLE_CREDENTIALS: CANARY }, 'gcp_kms', 'no JSON credentials'],
    ['a file of GCP that is not there', { GOOGLE_APPLICATION_CREDENTIALS: 'nope' }, 'gcp_kms', 'cannot be read'],
    [
      'half an application of Azure',
      { AZURE_CLIENT_SECRET: CANARY },
      'azure_kv',
      'AZURE_TENANT_ID and AZURE_CLIENT_ID',
    ],
    ['headers of Vault that are none', { VAULT_HEADERS: CANARY }, 'hc_vault', 'VAULT_HEADERS'],
    ['half of the keys of Huawei', { HUAWEICLOUD_SDK_SK: CANARY }, 'hckms', 'HUAWEICLOUD_SDK_AK is not set'],
  ])('%s: faulty, exit status 1', async (_, env, type, detail) => {
    const checkup = await look([], { ...(env as Env), ...(type === 'age' ? {} : { SOPS_AGE_KEY: identity(0) }) });
    expect(checkup.status).toBe(1);
    const faults = findings(checkup, type).filter(({ state }) => state === 'faulty');
    expect(faults.map((fault) => fault.detail).join()).toContain(detail);
    expect(checkup.problems.map(({ what }) => what).join()).toContain(detail);
  });
});

describe('what is set on the machine', () => {
  test('credentials that are set are found, and not shown', async () => {
    mkdirSync(join(home, '.aws'));
    writeFileSync(join(home, '.aws/config'), `[default]\nregion = x\n[profile work]\nrole_arn = ${CANARY}\n`);
    writeFileSync(join(home, 'gcp.json'), JSON.stringify({ type: 'service_account', private_key: CANARY }));
    writeFileSync(join(home, '.vault-token'), CANARY);
    const checkup = await look([], {
      AWS_ACCESS_KEY_ID: CANARY,
      AWS_SECRET_ACCESS_KEY: CANARY,
      AWS_SESSION_TOKEN: CANARY,
      GOOGLE_APPLICATION_CREDENTIALS: join(home, 'gcp.json'),
      GOOGLE_OAUTH_ACCESS_TOKEN: CANARY,
      AZURE_TENANT_ID: CANARY,
      AZURE_CLIENT_ID: CANARY,
      AZURE_CLIENT_SECRET: CANARY,
      VAULT_ADDR: `https://user:${CANARY}@vault.example:8200/v1?${CANARY}`,
      HUAWEICLOUD_SDK_AK: CANARY,
      HUAWEICLOUD_SDK_SK: CANARY,
    });
    expect([checkup.status, checkup.problems]).toEqual([0, []]);
    expect(finding(checkup, 'kms', 'AWS_ACCESS_KEY_ID')?.detail).toBe('set, for a session');
    expect(finding(checkup, 'kms', '.aws/config')?.detail).toBe('profiles: default, work');
    expect(finding(checkup, 'gcp_kms', 'GOOGLE_APPLICATION')?.detail).toBe('service_account');
    expect(finding(checkup, 'hc_vault', '~/.vault-token')?.state).toBe('found');
    expect(finding(checkup, 'hc_vault', 'VAULT_ADDR')?.detail).toBe('https://vault.example:8200');
    for (const type of ['kms', 'gcp_kms', 'azure_kv', 'hc_vault', 'hckms']) {
      expect(
        findings(checkup, type).map(({ state }) => state),
        type,
      ).toContain('found');
    }
  });

  test('a region of AWS alone opens nothing', async () => {
    mkdirSync(join(home, '.aws'));
    writeFileSync(join(home, '.aws/config'), '[default]\nregion = eu-central-1\n');
    const checkup = await look([], {});
    expect([checkup.status, finding(checkup, 'kms', '.aws/config')?.state]).toEqual([1, 'also']);
  });

  test('plug-ins on PATH, and one that is missing', async () => {
    const bin = join(yard.folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'age-plugin-here'), '#!/bin/sh\n', { mode: 0o755 });
    expect(finding(await look([], { PATH: bin, SOPS_AGE_KEY: identity(0) }), 'age', 'plug-in here')?.detail).toBe(
      join(bin, 'age-plugin-here'),
    );
    const missing = await look([], { PATH: bin, SOPS_AGE_KEY: 'AGE-PLUGIN-GONE-10Q0YHQ6' });
    expect(missing.status).toBe(1);
  });

  test('what is wrong with the metadata is told, and no other format is advised', async () => {
    const metadata = 'sops:\n    mac: 5\n    lastmodified: never\n    version: 3.13.2\n';
    for (const name of ['secrets.yaml', 'secrets.json', 'secrets.yml.txt']) {
      writeFileSync(join(yard.folder, name), `a: ENC[AES256_GCM,data:eA==,iv:eA==,tag:eA==,type:str]\n${metadata}`);
      const { problems } = await look([name], { SOPS_AGE_KEY: identity(0) });
      const advice = problems.map((problem) => problem.advice ?? '').join();
      // Whatever the name says, it is read as what it is.
      expect([name, advice.includes('--input-type')]).toEqual([name, false]);
    }
  });

  test('a broken configuration is told', async () => {
    yard.configure('creation_rules: [');
    const checkup = await look([], { SOPS_AGE_KEY: identity(0) });
    expect([checkup.status, checkup.config]).toEqual([1, null]);
    expect(checkup.problems[0]?.what).toContain('the configuration is not used');
  });
});

describe('a file', () => {
  const env = (at: number): Env => ({ SOPS_AGE_KEY: identity(at) });

  test('which of its keys open, and why the others do not', async () => {
    yard.configure(`keys: [&me ${FIRST}, &bob ${SECOND}]\n`);
    await yard.encrypt('f.yaml', `a: ${CANARY}\n`, [1, 0]);
    const { status, file, problems } = await look(['f.yaml'], env(0));
    expect([status, problems]).toEqual([0, []]);
    expect(file).toMatchObject({ encrypted: true, needed: 1, opened: 1, dataKey: true, values: true, mac: true });
    expect(file?.groups).toEqual([
      [
        {
          type: 'age',
          recipient: SECOND,
          name: 'bob',
          opens: false,
          reason: expect.stringContaining('did not match any of the recipients'),
          advice: expect.any(String),
        },
        { type: 'age', recipient: FIRST, name: 'me', opens: true },
      ],
    ]);
  });

  test('that nothing here opens: what is needed, exit status 1', async () => {
    await yard.encrypt('f.yaml', 'a: 1\n', [1]);
    const { status, file, problems } = await look(['f.yaml'], env(0));
    expect(status).toBe(1);
    expect(file).toMatchObject({ opened: 0, dataKey: false, values: null, mac: null });
    expect(problems).toEqual([
      {
        what: 'Failed to get the data key required to decrypt the SOPS file.',
        advice: expect.stringContaining('add yours'),
      },
    ]);
  });

  test('with several groups: the arithmetic of the threshold', async () => {
    const groups = [0, 1, 2].map((at) => `      - age: [${RECIPIENTS[at]}]\n`).join('');
    yard.configure(`creation_rules:\n  - shamir_threshold: 2\n    key_groups:\n${groups}`);
    yard.write('f.yaml', 'a: 1\n');
    expect((await yard.run(['encrypt', '-i', 'f.yaml'])).status).toBe(0);
    const alone = await look(['f.yaml'], env(0));
    expect([alone.status, alone.file?.needed, alone.file?.opened, alone.file?.dataKey]).toEqual([1, 2, 1, false]);
    const both = await look(['f.yaml'], { SOPS_AGE_KEY: `${identity(0)} ${identity(2)}` });
    expect([both.status, both.file?.opened, both.file?.mac]).toEqual([0, 2, true]);
    const { stdout } = await run(['doctor', 'f.yaml'], { cwd: yard.folder, env: { HOME: home, ...env(0) } });
    expect(stdout.toString()).toContain('  1 of 3 key groups open here, 2 needed\n');
  });

  test('whose MAC does not fit, or a value is damaged', async () => {
    await yard.encrypt('f.yaml', 'a: x\nb_unencrypted: y\n', [0]);
    yard.write('f.yaml', yard.read('f.yaml').replace('b_unencrypted: y', 'b_unencrypted: z'));
    expect((await look(['f.yaml'], env(0))).file).toMatchObject({ dataKey: true, values: true, mac: false });
    await yard.encrypt('g.yaml', 'a: xyz\n', [0]);
    yard.write('g.yaml', yard.read('g.yaml').replace(/data:.../, 'data:AAA'));
    const damaged = await look(['g.yaml'], env(0));
    expect(damaged.file).toMatchObject({ dataKey: true, values: false, mac: null });
    expect(damaged.problems[0]?.what).toContain('(at a)');
  });

  test('with a stale entry: told which', async () => {
    await yard.encrypt('old.yaml', 'a: x\n', [0]);
    await yard.encrypt('f.yaml', 'a: x\n', [0]);
    const entry = (text: string): string => /-----BEGIN[\s\S]*?-----END[^\n]*\n/.exec(text)?.[0] ?? '';
    yard.write('f.yaml', yard.read('f.yaml').replace(entry(yard.read('f.yaml')), entry(yard.read('old.yaml'))));
    const { status, file } = await look(['f.yaml'], env(0));
    expect(status).toBe(1);
    expect(file?.groups[0]?.[0]).toMatchObject({ opens: false, reason: expect.stringContaining('another data key') });
  });

  test('with an entry that is wrapped for another than it names: that one does not open', async () => {
    await yard.encrypt('f.yaml', 'a: x\n', [0, 1]);
    const [mine = '', theirs = ''] = yard.read('f.yaml').match(/-----BEGIN[\s\S]*?-----END[^\n]*\n/g) ?? [];
    yard.write('f.yaml', yard.read('f.yaml').replace(theirs, mine));
    const { status, file } = await look(['f.yaml'], env(0));
    expect(status).toBe(1);
    expect(file).toMatchObject({ dataKey: true, opened: 1 });
    expect(file?.groups[0]?.map(({ recipient, opens }) => [recipient, opens])).toEqual([
      [FIRST, true],
      [SECOND, false],
    ]);
    expect(file?.groups[0]?.[1]?.reason).toContain(`it is wrapped for ${FIRST}`);
    expect(file?.problems[0]?.what).toContain(`the entry of ${SECOND}`);
  });

  test('that is not encrypted, or not readable as its format', async () => {
    yard.write('f.yaml', `a: ${CANARY}\n`);
    const plain = await look(['f.yaml'], env(0));
    expect([plain.status, plain.file?.encrypted]).toEqual([1, false]);
    expect(plain.problems[0]?.what).toContain('is not encrypted');
    yard.write('f.json', `{"a": ${CANARY}`);
    expect((await look(['f.json'], env(0))).status).toBe(1);
  });

  test('whose name tells another format is opened as what it is', async () => {
    await yard.encrypt('f.yaml', 'a: x\n', [0]);
    yard.write('f.conf', yard.read('f.yaml'));
    for (const words of [['f.conf'], ['--input-type', 'yaml', 'f.conf']]) {
      const { status, problems, file } = await look(words, env(0));
      expect([status, problems, file?.format]).toEqual([0, [], 'yaml']);
    }
    const { status, problems } = await look(['--input-type', 'dotenv', 'f.conf'], env(0));
    expect([status, problems[0]?.advice]).toEqual([1, expect.stringContaining('--input-type yaml')]);
  });

  test('that is not there is an error, as are two', async () => {
    expect((await run(['doctor', 'nope.yaml'], { cwd: yard.folder, env: env(0) })).status).toBe(100);
    expect((await run(['doctor', 'a', 'b'], { cwd: yard.folder, env: env(0) })).status).toBe(1);
  });

  test('is left as it is', async () => {
    await yard.encrypt('f.yaml', 'a: x\n', [0]);
    const before = yard.read('f.yaml');
    await look(['f.yaml'], env(0));
    expect(yard.read('f.yaml')).toBe(before);
  });
});

describe('hosts that only a file names', () => {
  let server: Server;
  let calls: number;
  beforeEach(async () => {
    calls = 0;
    server = createServer((socket) => {
      calls += 1;
      socket.destroy();
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  });
  afterEach(() => server.close());

  test('are not contacted', async () => {
    const { port } = server.address() as { port: number };
    await yard.encrypt('f.json', '{"a": "x"}', [0]);
    const file = JSON.parse(yard.read('f.json'));
    file.sops.hc_vault = [
      {
        vault_address: `http://127.0.0.1:${port}`,
        engine_path: 'transit',
        key_name: 'k',
        created_at: '2026-01-01T00:00:00Z',
        enc: 'vault:v1:AAAA',
      },
    ];
    yard.write('f.json', JSON.stringify(file));
    const { file: tried } = await look(['f.json'], { SOPS_AGE_KEY: identity(0), VAULT_TOKEN: CANARY });
    expect(tried?.groups[0]?.map(({ type, opens }) => [type, opens])).toEqual(
      expect.arrayContaining([
        ['age', true],
        ['hc_vault', false],
      ]),
    );
    expect(calls).toBe(0);
  });
});

describe('in words', () => {
  test('what is set up, what is not in one line, and with --verbose everything', async () => {
    await yard.encrypt('f.yaml', 'a: x\n', [1, 0]);
    const tell = async (...words: string[]): Promise<string> =>
      (
        await run(['doctor', ...words], { cwd: yard.folder, env: { HOME: home, SOPS_AGE_KEY: identity(0) } })
      ).stdout.toString();
    const text = await tell('f.yaml');
    for (const line of [
      'Configuration: none',
      `  ok      SOPS_AGE_KEY: ${FIRST}`,
      `  closed  age ${SECOND}`,
      `  opens   age ${FIRST}`,
      '  Data key: recovered',
      '  MAC:      as it was written',
      'All is well.',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).toMatch(/^Nothing is set up for: PGP, AWS KMS, /m);
    expect(await tell('--verbose')).toMatch(/^ {2}- {7}AWS_PROFILE$/m);
  });
});

describe('the key agent', () => {
  // Its socket is in a folder that only its user may enter.
  const runs = process.platform !== 'win32';
  test.skipIf(!runs)('is told, with what it keeps, or that there is none', async () => {
    const agent = new TestAgent();
    const env = { SOPS_TS_AGENT: agent.place.socket };
    const words = async (): Promise<string> =>
      (await run(['doctor'], { cwd: yard.folder, env: { HOME: home, ...env } })).stdout.toString();
    expect(await words()).toContain('Key agent: none runs (sops-ts agent start)');
    await agent.start();
    expect(await words()).toMatch(
      /^Key agent: process \d+ at .*agent\.sock keeps 0 data keys \(10m unused, 1h at most\)$/m,
    );
    expect((await look([], env)).agent).toMatchObject({ socket: agent.place.socket, status: { kept: 0 } });
    expect((await look([], { SOPS_TS_AGENT: '0' })).agent).toBeNull();
    await agent.stop();
  });
});
