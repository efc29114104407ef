/** Connection strings of PostgreSQL (libpq documentation, section 34.1.1), and what they mean here. */
import { userInfo } from 'node:os';
import { describe, expect, test } from 'vitest';
import { parseConnectionString } from '../../../src/services/postgres/connection-string.js';
import { databaseSettings } from '../../../src/services/postgres/settings.js';
import { hostOf } from '../keys/host.js';

const read = (text: string) => {
  const found = parseConnectionString(text);
  return found && Object.fromEntries(found);
};

describe('URLs', () => {
  test.each([
    [
      'postgres://u:p@h:1/d?sslmode=disable',
      { user: 'u', password: 'p', host: 'h', port: '1', dbname: 'd', sslmode: 'disable' },
    ],
    ['postgresql://h', { host: 'h' }],
    ['postgres:///d?host=/run/x&port=5', { dbname: 'd', host: '/run/x', port: '5' }],
    ['postgres://u%40x:p%3A%2F@[::1]:1/a%20b', { user: 'u@x', password: 'p:/', host: '::1', port: '1', dbname: 'a b' }],
    ['postgres://u:p@q@h', { user: 'u', password: 'p@q', host: 'h' }],
    ['postgres://u:a:b@h', { user: 'u', password: 'a:b', host: 'h' }],
    ['postgres://%2Frun%2Fx/d', { host: '/run/x', dbname: 'd' }],
  ])('%s', (text, parameters) => expect(read(text)).toEqual(parameters));

  test.each(['postgres://h:port/d', 'postgres://%zz@h', 'postgres://h/d#x'])('%s is none', (text) =>
    expect(read(text)).toBeNull(),
  );
});

describe('keywords', () => {
  test.each([
    ['host=h port=1', { host: 'h', port: '1' }],
    [" host = h  password = 'a b\\'c\\\\' dbname='' ", { host: 'h', password: "a b'c\\", dbname: '' }],
    ['password=a\\ b host=h', { password: 'a b', host: 'h' }],
    ['__proto__=x', JSON.parse('{"__proto__":"x"}')],
    ['', {}],
  ])('%j', (text, parameters) => expect(Object.entries(read(text) ?? {})).toEqual(Object.entries(parameters)));

  test.each(['host', "host='x", "host='x'y", 'a=b c', '=x', 'h=x y'])('%j is none', (text) =>
    expect(read(text)).toBeNull(),
  );
});

describe('what they mean', () => {
  const settings = (text: string, env = {}) => databaseSettings(text, 'login', hostOf({ env }), 'failed');

  test('what is left open', async () => {
    expect(await settings('')).toMatchObject({
      host: 'localhost',
      port: 5432,
      user: 'login',
      database: 'login',
      password: undefined,
      applicationName: 'sops-ts',
      connectTimeout: 15_000,
      // As SOPS's driver: encrypted, the certificate not looked at.
      tls: { rejectUnauthorized: false },
    });
    expect(userInfo().username).not.toBe('login');
  });

  test('no variable sends events elsewhere', async () => {
    const env = {
      PGHOST: 'evil',
      PGPORT: '1',
      PGDATABASE: 'evil',
      PGOPTIONS: '-c search_path=evil',
      PGSSLMODE: 'disable',
    };
    const found = await settings('dbname=audit', { ...env, PGUSER: 'u', PGPASSWORD: 'p' });
    expect(found).toMatchObject({
      host: 'localhost',
      port: 5432,
      database: 'audit',
      options: '',
      user: 'u',
      password: 'p',
    });
    expect(JSON.stringify({ ...found, password: '' })).not.toContain('evil');
  });

  test.each([
    ['disable', undefined],
    ['verify-full', { rejectUnauthorized: true }],
    ['verify-ca', { rejectUnauthorized: true, checkServerIdentity: expect.any(Function) }],
    ['require', { rejectUnauthorized: false, checkServerIdentity: expect.any(Function) }],
  ])('sslmode=%s', async (mode, tls) => {
    expect((await settings(`sslmode=${mode}`)).tls).toEqual(tls);
  });

  test('a socket needs no TLS', async () => {
    expect((await settings('host=/run/postgresql')).tls).toBeUndefined();
  });

  test('authorities that nobody asks about need not be there', async () => {
    expect((await settings('', { SSL_CERT_FILE: '/nonexistent' })).tls).toMatchObject({ rejectUnauthorized: false });
    await expect(settings('sslmode=verify-full', { SSL_CERT_FILE: '/nonexistent' })).rejects.toThrow('SSL_CERT_FILE');
  });

  test('other keywords are settings of the session', async () => {
    expect([...(await settings('search_path=audit TimeZone=UTC')).session]).toEqual([
      ['search_path', 'audit'],
      ['TimeZone', 'UTC'],
    ]);
  });

  test.each([
    'port=0',
    'port=x',
    'host=a,b',
    'sslmode=maybe',
    'connect_timeout=-1',
    'sslrootcert=/nonexistent',
    'password',
  ])('%s is refused without a word of it that is secret', async (text) => {
    const error = await settings(`password=canary ${text}`).catch((caught: Error) => caught);
    expect(error).toMatchObject({ code: 'failed' });
    expect(String(error)).not.toContain('canary');
  });
});
