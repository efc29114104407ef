/** Private keys and tokens: one of each kind with its right form is found, with a wrong one it is not, and nothing of it is told. */
import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { encodeBech32 } from '../../../../src/keys/age/bech32.js';
import { generateIdentity } from '../../../../src/keys/age/x25519.js';
import { base62, crc32Of } from '../../../../src/repository/check/secrets/crc32.js';
import { entropyOf, looksSecret } from '../../../../src/repository/check/secrets/entropy.js';
import { secretsIn, secretsInText } from '../../../../src/repository/check/secrets/secret-scan.js';
import { CheckedRepository } from '../../../support/checked-repository.js';
import { inSweeps, sampledTest } from '../../../support/sweep.js';

const test = sampledTest(3);

const FIXTURES = new URL('../../../../fixtures/', import.meta.url);

/** Random characters of an alphabet, all classes among them; the same in every run. */
function random(
  length: number,
  alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
  seed = 1,
): string {
  let text = '';
  for (let count = 0; text.length < length; count++) {
    const bytes = createHash('sha512').update(`${seed}:${count}`).digest();
    for (const byte of bytes) text += alphabet.charAt(byte % alphabet.length);
  }
  return text.slice(0, length);
}

const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const github = (prefix: string): string => {
  const body = random(30);
  return `${prefix}_${body}${base62(crc32Of(body), 6)}`;
};
const AWS_ID = `AKIA${random(16, UPPER)}`;
const jwt = [`{"alg":"HS256"}`, `{"sub":"somebody","iat":1516239022}`, random(32)]
  .map((part) => Buffer.from(part).toString('base64url'))
  .join('.');
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const identity = generateIdentity().identity;

const kindsIn = (text: string): string[] => secretsInText(text).map(({ rule }) => rule);
const changed = (text: string): string => text.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'));

test.each<[string, string]>([
  ['age-key', identity],
  ['age-key', 'AGE-SECRET-KEY-1F5DVG29X6DCHLNWLAN7D3FAKE8QZZZVU5W547T8F6DRJTA83HLCQFDSY9M'],
  ['age-key', encodeBech32('AGE-SECRET-KEY-PQ-', randomBytes(32))],
  ['age-plugin-identity', encodeBech32('AGE-PLUGIN-YUBIKEY-', randomBytes(20))],
  ['private-key', pem],
  ['private-key', JSON.stringify({ key: pem })],
  ['private-key', `KEY="${pem.replaceAll('\n', '\\n')}"`],
  ['private-key', `a: |\n${pem.replaceAll(/^/gm, '    ')}`],
  ['private-key', `data: {tls.key: ${Buffer.from(pem).toString('base64')}}`],
  ['gcp-service-account', JSON.stringify({ private_key: pem, type: 'service_account' }, null, 2)],
  ['gcp-service-account', JSON.stringify({ type: 'service_account', private_key: pem })],
  [
    'sealed-secrets-key',
    `labels: {sealedsecrets.bitnami.com/sealed-secrets-key: active}\ndata: {tls.key: ${Buffer.from(pem).toString('base64')}}`,
  ],
  ['aws-access-key-id', AWS_ID],
  ['aws-access-key-id', `ASIA${random(16, UPPER)}`],
  ['aws-secret-access-key', `aws_secret_access_key = ${random(40)}`],
  ['aws-secret-access-key', `AWS_SECRET_ACCESS_KEY: "${random(40)}"`],
  ['gcp-api-key', `AIza${random(35)}`],
  ['azure-client-secret', `${random(3)}8Q~${random(34)}`],
  ['azure-storage-key', `AccountName=x;AccountKey=${randomBytes(64).toString('base64')};`],
  [
    'azure-sas',
    `https://x.blob.core.windows.net/c?sv=2022-11-02&sig=${encodeURIComponent(randomBytes(32).toString('base64'))}`,
  ],
  ['vault-token', `hvs.${random(90)}`],
  ['vault-token', `hvb.${random(120)}`],
  ['vault-token', `vault_token = "s.${random(24)}"`],
  ['github-token', github('ghp')],
  ['github-token', github('ghs')],
  ['github-token', `github_pat_${random(22)}_${random(59)}`],
  ['gitlab-token', `glpat-${random(20)}`],
  ['slack-token', `xoxb-${random(12, '123456789')}-${random(12, '123456789')}-${random(24)}`],
  ['slack-webhook', `https://hooks.slack.com/services/T${random(8, UPPER)}/B${random(10, UPPER)}/${random(24)}`],
  ['npm-token', `//registry.npmjs.org/:_authToken=npm_${random(36)}`],
  ['stripe-key', `sk_live_${random(24)}`],
  ['sendgrid-key', `SG.${random(22)}.${random(43)}`],
  ['jwt', jwt],
  ['dotenvx-key', `DOTENV_PRIVATE_KEY_CI="${random(64, '0123456789abcdef')}"`],
  ['password-in-url', `postgres://service:${random(12)}@db.internal.corp/app`],
])('%s is found', (kind, text) => {
  expect(kindsIn(`before\nx: ${text}\nafter\n`)).toEqual([kind]);
});

test('an AWS secret next to its id', () => {
  expect(kindsIn(`id,secret\n${AWS_ID},${random(40)}\n`).sort()).toEqual([
    'aws-access-key-id',
    'aws-secret-access-key',
  ]);
});

test.each<[string, string]>([
  ['an age identity with a wrong checksum', changed(identity)],
  ['an age recipient', generateIdentity().recipient],
  ['a GitHub token with a wrong checksum', changed(github('ghp'))],
  ['an id of the documentation', 'AKIAIOSFODNN7EXAMPLE'],
  ['the secret of the documentation', 'aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'],
  ['an AWS id that is none of a key', `AROA${random(16, UPPER)}`],
  ['40 characters without an id near', `value: ${random(40)}`],
  ['the hash of a commit near an id', `${'0a1b2c3d4e5f6a7b8c9d0a1b2c3d4e5f6a7b8c9d'} AKIAIOSFODNN7EXAMPLE`],
  ['a public key', pem.replaceAll('PRIVATE', 'PUBLIC')],
  ['a certificate', pem.replaceAll('PRIVATE KEY', 'CERTIFICATE')],
  ['a line of documentation', 'The file begins with -----BEGIN PRIVATE KEY----- and goes on.'],
  ['an example with dots', '-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n'],
  ['a program that writes PEM', "text = '-----BEGIN PRIVATE KEY-----\\n' + base64(key) + '-----END PRIVATE KEY-----'"],
  ['an encrypted age file', `-----BEGIN AGE ENCRYPTED FILE-----\n${random(64)}\n-----END AGE ENCRYPTED FILE-----`],
  ['a message of PGP', `-----BEGIN PGP MESSAGE-----\n\n${random(64)}\n-----END PGP MESSAGE-----`],
  ['a filler', `ghp_${'x'.repeat(36)} glpat-${'x'.repeat(20)} npm_${'0'.repeat(36)}`],
  [
    'a JWT without an algorithm',
    jwt.replace(/^[^.]+/, Buffer.from('{"typ":"some other thing"}').toString('base64url')),
  ],
  [
    'a placeholder in an address',
    'postgres://user:password@db.corp/x redis://:${PASSWORD}@r.corp https://u:<token>@h.corp',
  ],
  ["a password for one's own machine", `postgres://service:${random(12)}@localhost:5432/app`],
  ['a word with a dot', 's.constructor.prototype.something.else'],
])('%s is none', (_, text) => {
  expect(kindsIn(`${text}\n`)).toEqual([]);
});

test('keys of OpenSSH: bare, and with a passphrase', () => {
  const kindOf = (name: string): string[] =>
    kindsIn(readFileSync(new URL(`keys/identities/${name}`, FIXTURES), 'latin1'));
  expect(kindOf('ssh-ed25519')).toEqual(['private-key']);
  expect(kindOf('ssh-ed25519-locked')).toEqual(['protected-private-key']);
  expect(kindOf('ssh-rsa-pem-locked')).toEqual(['protected-private-key']);
  expect(kindOf('ssh-rsa-pkcs8-locked')).toEqual(['protected-private-key']);
  expect(kindOf('pgp-ecc.asc')).toEqual(['pgp-private-key']);
});

test('a binary ring of PGP, by its name and first byte', () => {
  const ring = Buffer.from([0x95, 1, 2, 3]);
  expect(secretsIn(ring, 'backup.gpg')).toHaveLength(1);
  expect(secretsIn(ring, 'secring')).toHaveLength(1);
  expect(secretsIn(ring, 'photo.jpg')).toEqual([]);
  expect(secretsIn(Buffer.from([0x85, 1, 2, 3]), 'message.gpg')).toEqual([]);
});

inSweeps(() => {
  test('in UTF-16, and in a file of many windows, with the number of the line', () => {
    expect(secretsIn(Buffer.from(`\ufeffa\n${identity}\n`, 'utf16le'), 'a.txt')).toMatchObject([
      { rule: 'age-key', line: 2 },
    ]);
    const lines = Buffer.from('some words on a line\n'.repeat(500_000));
    const at = 4 * 2 ** 20 - 30;
    for (const place of [0, at, 2 * at - 96 * 1024 + 7, lines.length - 80]) {
      const content = Buffer.concat([lines.subarray(0, place), Buffer.from(`\n${identity}\n`), lines.subarray(place)]);
      const line = content.subarray(0, place).filter((byte) => byte === 10).length + 2;
      expect(secretsIn(content, 'large')).toMatchObject([{ rule: 'age-key', line }]);
    }
  }, 60_000);
});

test('half a megabyte of what almost fits takes no time', () => {
  const almost = [
    'eyJ',
    'AKIA',
    'hvs.',
    '://a:',
    'SG.',
    '-----BEGIN PRIVATE KEY-----',
    'token=s.',
    'AGE-PLUGIN-',
    'xoxb-1-',
  ];
  for (const text of almost) {
    const began = performance.now();
    secretsInText(text.repeat(2 ** 19 / text.length));
    expect(performance.now() - began, text).toBeLessThan(2000);
  }
});

describe('random values', () => {
  test.each([
    [16, 3.5],
    [24, 4],
    [40, 4.5],
  ])('%d random letters have about %d bits', (length, bits) => {
    expect(Math.abs(entropyOf(random(length)) - bits)).toBeLessThan(0.5);
  });

  test.each([
    ['password', random(20)],
    ['apiKey', random(32)],
    ['anything', random(40)],
    ['client_secret', random(32, '0123456789abcdef')],
    ['token', randomBytes(32).toString('base64')],
    ['token', `/${randomBytes(32).toString('base64').slice(1)}`],
  ])('%s: %s', (name, value) => {
    expect(looksSecret(name, value)).toBe(true);
  });

  test.each([
    ['digest', random(64, '0123456789abcdef')],
    ['revision', '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b'],
    ['x', random(64, '0123456789abcdef')],
    ['token', 'd9428888-122b-11e1-b85c-61cd3cbb3210'],
    ['integrity', `sha512-${randomBytes(64).toString('base64')}`],
    ['key', 'ENC[AES256_GCM,data:Tr7o=,iv:1=,tag:k=,type:str]'],
    ['password', `encrypted:${random(60)}`],
    ['recipient', generateIdentity().recipient],
    ['sshKey', `ssh-ed25519 ${randomBytes(40).toString('base64')} name`],
    ['caBundle', randomBytes(200).toString('base64')],
    ['logo', `iVBOR${random(60)}`],
    ['role', 'arn:aws:iam::123456789012:role/deploy-role'],
    ['homepage', 'https://example.org/some/Path/with/8Numbers?x=1'],
    ['path', '/usr/share/Application/Support/file-2.txt'],
    [
      'image',
      'registry.corp/Team/app-server:v1.2.3@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    ],
    ['className', 'com.example.SomeVeryLong.ClassName2'],
    ['date', '2024-05-06T07:08:09.123456Z'],
    ['alphabet', 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'],
    ['password', 'CHANGEME-CHANGEME-123'],
    ['password', '${DATABASE_PASSWORD_2}'],
    ['password', '{{ .Values.password9 }}'],
    ['secret', 'op://vault/Item-2/password'],
    ['secret', 'ref+vault://Path/to#key2'],
    ['text', 'a sentence of several words, with Numbers 123'],
    ['uid', random(36)],
    ['wireguard_public_key', randomBytes(32).toString('base64')],
    ['wireguardPublicKey', randomBytes(32).toString('base64')],
    ['secret', 'Geheimnisverwaltungsoberfläche'],
  ])('%s: %s is none', (name, value) => {
    expect(looksSecret(name, value)).toBe(false);
  });
});

describe('in a repository', () => {
  let repository: CheckedRepository;
  beforeAll(() => {
    repository = new CheckedRepository();
  });
  afterAll(() => repository.remove());

  test('a key is found in any file; what is told holds nothing of it', async () => {
    repository.write({ 'notes.md': `key:\n\n${identity}\n`, 'secrets/key.txt': `${identity}\n` });
    const { findings, text, status } = await repository.check();
    expect(findings.map(({ rule, path, line }) => `${rule} ${path}:${line}`)).toEqual([
      'age-key notes.md:3',
      'age-key secrets/key.txt:1',
      'not-encrypted secrets/key.txt:1',
    ]);
    expect(findings[0]?.next).toContain('replace it');
    expect(findings[1]?.next).toContain('sops-ts encrypt -i secrets/key.txt');
    expect(status).toBe(1);
    const printed = await Promise.all(
      ['text', 'github', 'sarif'].map(async (format) => (await repository.sops(['check', '--format', format])).stdout),
    );
    const all = text + Buffer.concat(printed).toString('utf8');
    expect(all).not.toContain(identity.slice(16, 30));
    execFileSync('rm', ['-rf', 'notes.md', 'secrets'], { cwd: repository.folder });
  });

  test('random values with --secrets only, and in data files of no rule only', async () => {
    const value = random(32);
    const content = `settings:\n    password: ${value}\n    name: app\n`;
    repository.write({ 'app.yaml': content, 'app.properties': `password=${value}\n`, 'app.js': `x = "${value}"\n` });
    repository.write({ 'package-lock.json': JSON.stringify({ password: value }) });
    expect(await repository.found()).toEqual([]);
    const { findings, text } = await repository.check(['--secrets']);
    expect(findings).toMatchObject([
      { rule: 'high-entropy-value', path: 'app.properties', line: 1 },
      { rule: 'high-entropy-value', path: 'app.yaml', line: 2, keyPath: ['settings', 'password'] },
    ]);
    expect(text).not.toContain(value);
    execFileSync('rm', ['-rf', 'app.yaml', 'app.properties', 'app.js'], { cwd: repository.folder });
  });

  test('a comment with a reason allows what is on its line or below it, and is counted', async () => {
    repository.write({
      'a.md': `${identity} <!-- sops-ts:allow a key of the documentation -->\n`,
      'b.yaml': `# sops-ts:allow nobody's\nkey: ${identity}\n`,
      'c.yaml': `key: ${identity} # sops-ts:allow\n`,
      'd.yaml': `# sops-ts:allow too far away\n\nkey: ${identity}\n`,
    });
    const { findings, summary } = await repository.check();
    expect(findings.map(({ path }) => path)).toEqual(['c.yaml', 'd.yaml']);
    expect(summary).toMatchObject({ allowed: 2 });
    const ran = await repository.sops(['check']);
    expect(ran.stdout.toString()).toContain('2 finding(s) (and 2 allowed by comments)');
  });

  test('a baseline quiets what it knows, and not the same again', async () => {
    repository.write({ 'c.yaml': `key: ${identity}\n`, 'd.yaml': `key: ${identity}\n` });
    const written = await repository.check(['--write-baseline', '--baseline', 'known.json']);
    expect(written.status).toBe(0);
    expect(written.summary).toMatchObject({ findings: 0, baselined: 2 });
    expect(repository.read('known.json')).not.toContain(identity.slice(16, 30));
    repository.change('c.yaml', (text) => `\n\n${text}`);
    expect((await repository.check(['--baseline', 'known.json'])).findings).toEqual([]);
    repository.change('c.yaml', (text) => `${text}another: ${generateIdentity().identity}\n`);
    const { findings, summary } = await repository.check(['--baseline', 'known.json']);
    expect(findings).toMatchObject([{ rule: 'age-key', path: 'c.yaml' }]);
    expect(summary).toMatchObject({ baselined: 2 });
  });

  test.each([
    [['--baseline', 'nothing.json'], 'cannot be read'],
    [['--baseline', 'a.md'], 'is not a baseline'],
    [['--write-baseline'], 'needs the file'],
    [['--staged', '--since', 'HEAD'], 'exclude each other'],
    [['--tip'], 'goes with --since'],
    [['--fix', '--staged'], 'goes without'],
    [['--format', 'xml'], 'there is no format "xml"'],
    [['--format', 'sarif', '--json'], 'exclude each other'],
  ])('%j is refused', async (words, message) => {
    const ran = await repository.sops(['check', ...words]);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain(message);
    expect(ran.stdout.toString()).toBe('');
  });

  test('a text of settings within a value is looked through line by line', async () => {
    const value = random(32);
    const lines = [`spring.password=${value}`, 'other=1', `token: "${value}"`];
    repository.write({
      'map.yaml': `data:\n    app.properties: |\n${lines.map((line) => `        ${line}\n`).join('')}`,
      'map.json': JSON.stringify({ data: { 'app.ini': lines.join('\n') } }),
    });
    const { findings } = await repository.check(['--secrets']);
    const keys = findings.map(({ path, keyPath }) => [path, ...(keyPath ?? [])].join(' '));
    expect(keys.filter((key) => key.startsWith('map')).toSorted()).toEqual([
      'map.json data app.ini spring.password',
      'map.json data app.ini token',
      'map.yaml data app.properties spring.password',
      'map.yaml data app.properties token',
    ]);
    execFileSync('rm', ['map.yaml', 'map.json'], { cwd: repository.folder });
  });

  test('a file that SOPS could not encrypt, such as a list, is looked through all the same', async () => {
    const value = random(32);
    repository.write({
      'list.yaml': `- name: a\n  password: ${value}\n- password: ${value}\n`,
      'list.json': `[{"user":"a","password":"${value}"},{"password":"${value}"}]`,
      'lines.json': `[\n  {\n    "password": "${value}"}\n]\n`,
    });
    const { findings } = await repository.check(['--secrets']);
    const places = findings
      .map(({ path, line }) => `${path}:${line}`)
      .filter((place) => /^(?:list|lines)\./.test(place));
    expect(places.toSorted()).toEqual(['lines.json:3', 'list.json:1', 'list.json:1', 'list.yaml:2', 'list.yaml:3']);
    execFileSync('rm', ['list.yaml', 'list.json', 'lines.json'], { cwd: repository.folder });
  });
});
