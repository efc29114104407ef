/** A named pipe in place of a file: the program around the call goes on, whether or not somebody writes to it. */
import { execFileSync } from 'node:child_process';
import { constants, existsSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { open as openFile, readFile, writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  decryptFile,
  encryptFile,
  execEnv,
  findConfig,
  inspect,
  loadEnv,
  type Options,
  open,
  rotate,
  verify,
} from '../../../src/index.js';
import { readTlsRoots } from '../../../src/services/http/tls-roots.js';
import { sessionOf } from '../../../src/util/host/session.js';
import { codeOf, LibraryDesk } from '../../support/library-desk.js';
import { hostOf } from '../keys/host.js';

const AWS_KEYS = { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y' };
const FOR_WRITING = constants.O_WRONLY | constants.O_NONBLOCK;

let desk: LibraryDesk;
beforeAll(() => {
  desk = new LibraryDesk();
});
afterAll(() => desk.remove());

describe.skipIf(process.platform === 'win32')('a named pipe', () => {
  test('that nobody writes to keeps nothing waiting but the call, which its signal ends', async () => {
    execFileSync('mkfifo', [desk.path('silent.yaml')]);
    await desk.seal('sealed.yaml', 'a: 1\n');
    const calls: readonly ((path: string, o: Options) => Promise<unknown>)[] = [
      decryptFile,
      verify,
      open,
      execEnv,
      rotate,
      (path, o) => inspect(path, o),
      (path, o) => loadEnv({ ...o, files: path, into: {} }),
      (path, o) => findConfig('sealed.yaml', { ...o, config: path }),
      (path, o) => decryptFile('sealed.yaml', { ...o, identities: { ageFiles: [path], only: true } }),
      (path, { identities: _, ...o }) => decryptFile('sealed.yaml', { ...o, env: { SOPS_AGE_KEY_FILE: path } }),
    ];
    for (const call of calls) {
      const signal = AbortSignal.timeout(50);
      expect(await codeOf(call('silent.yaml', { ...desk.options, signal }))).toBe('aborted');
    }
  });

  test('that gave nothing is told as that, and not as a file that is not encrypted', async () => {
    execFileSync('mkfifo', [desk.path('used.yaml')]);
    desk.write('empty.yaml', '');
    const hintOf = (name: string): Promise<unknown> =>
      decryptFile(name, desk.options).catch(({ code, hint }) => ({ code, hint }));
    const hint = expect.stringContaining('it has been read already');
    const reading = hintOf('used.yaml');
    const writer = await openFile(desk.path('used.yaml'), 'w');
    // It is seen when it is there for a while.
    await setTimeout(500);
    await writer.close();
    expect(await reading).toEqual({ code: 'metadata-invalid', hint });
    expect(await hintOf('empty.yaml')).toEqual({ code: 'metadata-invalid', hint: 'The file is empty.' });
  });

  test('that nobody reads keeps no thread of the program, and its signal ends the call', async () => {
    execFileSync('mkfifo', [desk.path('unread.yaml')]);
    const plain = desk.write('plain.yaml', 'a: secret\n');
    const options = { ...desk.options, config: false, recipients: [desk.recipient] } as const;
    const calls = Array.from({ length: 8 }, () =>
      codeOf(encryptFile(plain, { ...options, to: 'unread.yaml', signal: AbortSignal.timeout(100) })),
    );
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['aborted']));
    expect(await readFile(plain, 'utf8')).toBe('a: secret\n');
  });

  test('is written to as it is read', async () => {
    execFileSync('mkfifo', [desk.path('read.yaml')]);
    desk.write('large.yaml', `a: ${'x'.repeat(200_000)}\n`);
    const written = encryptFile('large.yaml', {
      ...{ ...desk.options, config: false, recipients: [desk.recipient], to: 'read.yaml' },
    });
    desk.write('copy.yaml', await readFile(desk.path('read.yaml')));
    await written;
    expect((await decryptFile<{ a: string }>('copy.yaml', desk.options)).a).toHaveLength(200_000);
  });

  test('is read where a key or a configuration is expected', async () => {
    await desk.seal('s.yaml', 'a: 1\n');
    for (const name of ['keys', 'rules']) execFileSync('mkfifo', [desk.path(name)]);
    const opened = decryptFile('s.yaml', { ...desk.options, identities: { ageFiles: ['keys'], only: true } });
    await writeFile(desk.path('keys'), desk.identity);
    expect(await opened).toEqual({ a: 1 });
    const found = findConfig('s.yaml', { ...desk.options, config: 'rules' });
    await writeFile(desk.path('rules'), `creation_rules: [{age: ${desk.recipient}}]\n`);
    expect(await found).toMatchObject({ rule: { line: 1 } });
  });

  test('is read until its writer leaves, which may be the same program', async () => {
    const sealed = await desk.encrypt('a.yaml', `a: ${'x'.repeat(200_000)}\n`);
    execFileSync('mkfifo', [desk.path('pipe.yaml')]);
    const read = decryptFile<{ a: string }>('pipe.yaml', desk.options);
    await writeFile(desk.path('pipe.yaml'), sealed);
    expect((await read).a).toHaveLength(200_000);
  });
});

describe.skipIf(process.platform === 'win32')('a named pipe with credentials', () => {
  const VAULT = 'hc_vault_transit_uri: https://127.0.0.1:1/v1/transit/keys/k';
  const AMAZON = 'kms: arn:aws:kms:eu-west-1:123456789012:key/k';
  const GOOGLE = 'gcp_kms: projects/p/locations/l/keyRings/r/cryptoKeys/k';
  test.each<[string, string, Record<string, string>]>([
    ['GOOGLE_APPLICATION_CREDENTIALS', GOOGLE, { GOOGLE_APPLICATION_CREDENTIALS: 'silent' }],
    ['GOOGLE_CREDENTIALS', GOOGLE, { GOOGLE_CREDENTIALS: 'silent' }],
    ['~/.vault-token', VAULT, { HOME: 'home' }],
    ['VAULT_CACERT', VAULT, { VAULT_TOKEN: 'x', VAULT_CACERT: 'silent' }],
    ['VAULT_CLIENT_KEY', VAULT, { VAULT_TOKEN: 'x', VAULT_CLIENT_CERT: 'none.yaml', VAULT_CLIENT_KEY: 'silent' }],
    ['SSL_CERT_FILE', VAULT, { VAULT_TOKEN: 'x', SSL_CERT_FILE: 'silent' }],
    ['AWS_CA_BUNDLE', AMAZON, { ...AWS_KEYS, AWS_CA_BUNDLE: 'silent' }],
    ['AWS_CONFIG_FILE', AMAZON, { AWS_CONFIG_FILE: 'silent' }],
    ['AWS_SHARED_CREDENTIALS_FILE', AMAZON, { AWS_PROFILE: 'x', AWS_SHARED_CREDENTIALS_FILE: 'silent' }],
    [
      'AWS_WEB_IDENTITY_TOKEN_FILE',
      AMAZON,
      { AWS_WEB_IDENTITY_TOKEN_FILE: 'silent', AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/r' },
    ],
    ['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE', AMAZON, { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: 'silent' }],
    ['a profile’s token file', AMAZON, { AWS_CONFIG_FILE: 'workload' }],
    [
      'HUAWEICLOUD_SDK_CREDENTIALS_FILE',
      'hckms: ["tr-west-1:12345678-1234-1234-1234-123456789abc"]',
      { HUAWEICLOUD_SDK_CREDENTIALS_FILE: 'silent' },
    ],
  ])(
    'that %s is, and nobody writes to, keeps no thread waiting once its signal has ended the call',
    async (_, rule, env) => {
      mkdirSync(desk.path('home'), { recursive: true });
      for (const name of ['silent', 'home/.vault-token']) {
        if (!existsSync(desk.path(name))) execFileSync('mkfifo', [desk.path(name)]);
      }
      for (const name of ['none.yaml', 'plain.yaml']) desk.write(name, 'a: 1\n');
      desk.write('.sops.yaml', `creation_rules:\n  - ${rule}\n`);
      const token = `web_identity_token_file=${desk.path('silent')}`;
      desk.write('workload', `[default]\nrole_arn=arn:aws:iam::123456789012:role/r\n${token}\n`);
      const given = { ...env, VAULT_ADDR: 'https://127.0.0.1:1', ...(env.HOME && { HOME: desk.path(env.HOME) }) };
      const options = { cwd: desk.folder, env: given, signal: AbortSignal.timeout(300) };
      expect(await codeOf(encryptFile('plain.yaml', { ...options, to: 'never.yaml' }))).toBe('aborted');
      // One that still waited would end with the pipe that it waits for, which this finds without a reader.
      const writer = () => openSync(desk.path(env.HOME ? 'home/.vault-token' : 'silent'), FOR_WRITING);
      expect(writer).toThrow('ENXIO');
    },
  );

  test('is thought of wherever credentials are read: others look at what is no pipe, or read what GnuPG wrote', () => {
    const source = new URL('../../../src/', import.meta.url).pathname;
    const plainly = /import \{[^}]*\breadFile\b[^}]*\} from '[./]*util\/files\/fs-promises\.js'/;
    const reading = ['keys', 'references', 'remotes', 'services']
      .flatMap((top) =>
        readdirSync(source + top, { recursive: true, encoding: 'utf8' }).map((name) => `${top}/${name}`),
      )
      .filter((name) => name.endsWith('.ts') && plainly.test(readFileSync(source + name, 'utf8')));
    expect(reading.toSorted()).toEqual(['keys/aws-kms/examine.ts', 'keys/pgp/old-keyring.ts']);
  });

  test('with certificates is read once for all requests of a call', async () => {
    const path = desk.path('roots');
    execFileSync('mkfifo', [path]);
    const host = sessionOf(hostOf({ env: { SSL_CERT_FILE: path } }));
    const read = [readTlsRoots(host), readTlsRoots(host)];
    await writeFile(path, 'PEM');
    const later = readTlsRoots(host);
    expect((await Promise.all([...read, later])).map(String)).toEqual(['PEM', 'PEM', 'PEM']);
  });
});
