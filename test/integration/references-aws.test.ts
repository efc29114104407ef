/** References to AWS against moto: Secrets Manager, parameters, S3 and KMS (MOTO_SERVER_BIN or `moto_server` on PATH). */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MOTO, Moto } from '../support/moto.js';
import { callMoto, putToMoto } from '../support/moto-calls.js';
import { announceSkipped } from '../support/programs.js';
import { type Ran, run, withoutNotes } from '../support/run.js';
import { unusedPort } from '../unit/keys/http-service.js';

if (!MOTO) announceSkipped(50, 'there is no moto_server');

const ROLE = 'arn:aws:iam::123456789012:role/reader';
const folder = mkdtempSync(join(tmpdir(), 'references-aws-'));
let server: Moto | undefined;
const known = { first: '', arn: '', object: '', key: '', sealed: '', bound: '' };
const env = (): Record<string, string> => ({
  HOME: folder,
  AWS_ENDPOINT_URL: server?.url ?? '',
  AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret-of-the-user',
  AWS_REGION: 'eu-central-1',
  AWS_EC2_METADATA_DISABLED: 'true',
});
const refs = (text: string, more: Readonly<Record<string, string>> = {}): Promise<Ran> =>
  run(['refs', 'get', text], { cwd: folder, env: { ...env(), ...more }, stdin: '' });
const call = (target: string, body: Readonly<Record<string, unknown>>, region?: string) =>
  callMoto(server?.url ?? '', target, body, region);

/** A reference with what is only known when the server runs. */
function filled(text: string): string {
  return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => known[name as keyof typeof known]);
}

async function got(text: string, more?: Readonly<Record<string, string>>): Promise<string> {
  const ran = await refs(filled(text), more);
  expect([withoutNotes(ran), ran.status]).toEqual(['', 0]);
  return ran.stdout.toString();
}

const urlSafe = (text: unknown): string => String(text).replaceAll('+', '-').replaceAll('/', '_');

beforeAll(async () => {
  if (!MOTO) return;
  mkdirSync(join(folder, '.aws'));
  writeFileSync(join(folder, '.aws', 'config'), '[profile other]\nregion = us-west-2\n');
  writeFileSync(join(folder, '.aws', 'credentials'), '[other]\naws_access_key_id = A\naws_secret_access_key = B\n');
  server = await Moto.start();
  await secrets();
  await parameters();
  await objects();
  await keys();
}, 120_000);

async function secrets(): Promise<void> {
  const made = await call('secretsmanager.CreateSecret', { Name: 'prod/db', SecretString: '{"password":"first"}' });
  known.first = String(made.VersionId);
  known.arn = String(made.ARN);
  await call('secretsmanager.PutSecretValue', {
    SecretId: 'prod/db',
    SecretString: '{"password":"second","port":5432}',
  });
  await call('secretsmanager.CreateSecret', {
    Name: 'bytes',
    SecretBinary: Buffer.from('k: of bytes').toString('base64'),
  });
  await call('secretsmanager.CreateSecret', { Name: 'west', SecretString: 'of the west' }, 'us-west-2');
  await call('secretsmanager.CreateSecret', {
    Name: 'split/meta',
    SecretString: '{"github.com/helmfile/vals":["user","/pw"]}',
  });
  await call('secretsmanager.CreateSecret', { Name: 'split/user', SecretString: 'bob' });
  await call('secretsmanager.CreateSecret', { Name: 'split/pw', SecretString: 'of-bob' });
  await call('secretsmanager.CreateSecret', { Name: 'going', SecretString: 'x' });
  await call('secretsmanager.DeleteSecret', { SecretId: 'going', RecoveryWindowInDays: 7 });
}

async function parameters(): Promise<void> {
  const put = (Name: string, Value: string) =>
    call('AmazonSSM.PutParameter', { Name, Value, Type: 'SecureString', Overwrite: true });
  for (const value of ['one', 'two', 'three']) await put('/app/token', value);
  await put('/app/settings', 'a: {b: deep}');
  await put('/app/db/user', 'bob');
  await put('/app/db', 'shadowed');
  for (let at = 0; at < 25; at++) await put(`/many/p${at}`, `value ${at}`);
}

async function objects(): Promise<void> {
  const url = server?.url ?? '';
  await putToMoto(url, 'bucket', '');
  const on = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';
  await putToMoto(url, 'bucket?versioning', on);
  known.object = await putToMoto(url, 'bucket/dir/app.yaml', 'password: old\n');
  await putToMoto(url, 'bucket/dir/app.yaml', 'password: new\n');
  await putToMoto(url, 'bucket/raw', Buffer.from([0xff, 0x00, 0x41, 0xc3]));
}

async function keys(): Promise<void> {
  known.key = (await server?.makeKey()) ?? '';
  const seal = async (text: string, more: object = {}) => {
    const Plaintext = Buffer.from(text).toString('base64');
    return urlSafe((await call('TrentService.Encrypt', { KeyId: known.key, Plaintext, ...more })).CiphertextBlob);
  };
  known.sealed = await seal('k: opened');
  known.bound = await seal('bound', { EncryptionContext: { app: 'web' } });
}

afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(!MOTO)('what is read', () => {
  test.each<[string, string, string, Record<string, string>?]>([
    ['a secret', 'ref+awssecrets://prod/db', '{"password":"second","port":5432}'],
    ['a key of a secret', 'ref+awssecrets://prod/db#/port', '5432'],
    ['an earlier version by its id', 'ref+awssecrets://prod/db?version_id={first}#/password', 'first'],
    ['an earlier version by its stage', 'ref+awssecrets://prod/db?version_stage=AWSPREVIOUS#/password', 'first'],
    ['a secret by its ARN', 'ref+awssecrets://{arn}#/password', 'second'],
    ['bytes as text', 'ref+awssecrets://bytes', 'k: of bytes'],
    ['a key in bytes', 'ref+awssecrets://bytes#/k', 'of bytes'],
    ['another region', 'ref+awssecrets://west?region=us-west-2', 'of the west'],
    ['the region of another profile', 'ref+awssecrets://west?profile=other', 'of the west', { AWS_REGION: '' }],
    ['in the name of a role', `ref+awssecrets://prod/db?role_arn=${ROLE}#/password`, 'second'],
    ['secrets that another lists', 'ref+awssecrets://split#/user', 'bob'],
    ['a listed secret with a slash before its name', 'ref+awssecrets://split#/pw', 'of-bob'],
    ['a parameter', 'ref+awsssm://app/token', 'three'],
    ['a parameter with a slash before its name', 'ref+awsssm:///app/token', 'three'],
    ['an earlier version of a parameter', 'ref+awsssm://app/token?version=2', 'two'],
    ['parameters below a path', 'ref+awsssm://app#/token', 'three'],
    ['parameters below a path, page after page', 'ref+awsssm://many#/p24', 'value 24'],
    ['parameters at any depth', 'ref+awsssm://app?recursive=true#/db/user', 'bob'],
    ['a key in a parameter', 'ref+awsssm://app/settings?mode=singleparam#/a/b', 'deep'],
    ['an object', 'ref+s3://bucket/dir/app.yaml', 'password: new\n'],
    ['a key in an object', 'ref+s3://bucket/dir/app.yaml#/password', 'new'],
    ['an earlier version of an object', 'ref+s3://bucket/dir/app.yaml?version_id={object}#/password', 'old'],
    ['what a key of KMS opens', 'ref+awskms://{sealed}', 'k: opened'],
    ['a key in what KMS opens', 'ref+awskms://{sealed}#/k', 'opened'],
    ['what was bound to a context', 'ref+awskms://{bound}?context=%7B%22app%22%3A%22web%22%7D', 'bound'],
    ['what is said to be of one key', 'ref+awskms://{sealed}?key={key}&alg=SYMMETRIC_DEFAULT#/k', 'opened'],
  ])('%s', async (_, text, value, more?: Readonly<Record<string, string>>) => {
    expect(await got(text, more)).toBe(value);
  });

  test('an object that is not text, byte for byte', async () => {
    const { stdout } = await refs('ref+s3://bucket/raw');
    expect([...stdout]).toEqual([0xff, 0x00, 0x41, 0xc3]);
  });
});

describe.skipIf(!MOTO)('what is refused', () => {
  test.each([
    ['a secret that is not there', 'ref+awssecrets://none', 66, 'AWS Secrets Manager does not give none'],
    ['a stage that is not there', 'ref+awssecrets://prod/db?version_stage=NONE', 66, 'prod/db'],
    ['a secret that waits for its deletion', 'ref+awssecrets://going', 66, 'restore-secret'],
    [
      'a secret that neither is there nor is listed',
      'ref+awssecrets://none#/k',
      66,
      'AWS Secrets Manager does not give none',
    ],
    ['a key that is not there', 'ref+awssecrets://prod/db#/none', 66, 'no value found for key none'],
    ['a parameter that is not there', 'ref+awsssm://app/none', 66, '/app/none'],
    ['a version of a parameter that is not there', 'ref+awsssm://app/token?version=9', 66, 'the version 9'],
    ['a version that is not a number', 'ref+awsssm://app/token?version=x', 65, 'number'],
    ['a version of all below a path', 'ref+awsssm://app?version=1#/token', 65, 'mode=singleparam'],
    ['a path without parameters', 'ref+awsssm://nowhere#/k', 66, 'no parameters below /nowhere'],
    ['an object that is not there', 'ref+s3://bucket/none', 66, 's3://bucket/none'],
    ['a bucket that is not there', 'ref+s3://no-such-bucket/key', 66, 's3://no-such-bucket/key'],
    ['a bucket without a key', 'ref+s3://bucket', 65, 's3://BUCKET/KEY'],
    ['a ciphertext that is not one', 'ref+awskms://AAAA', 65, 'ciphertext'],
    ['a ciphertext without its context', 'ref+awskms://{bound}', 65, 'encryption context'],
    ['a region that is a host', 'ref+awssecrets://prod/db?region=evil.example', 65, 'is not an AWS region'],
  ])('%s', async (_, text, status, words) => {
    const ran = await refs(filled(text));
    expect([ran.status, ran.stdout.toString()]).toEqual([status, '']);
    expect(ran.stderr).toContain(words);
    expect(ran.stderr).not.toContain('second');
  });

  test.each(['awssecrets://prod/db', 'awsssm://app/token', 's3://bucket/raw', 'awskms://{sealed}'])(
    'a service that is down: %s',
    async (address) => {
      const AWS_ENDPOINT_URL = `http://127.0.0.1:${await unusedPort()}`;
      const ran = await refs(filled(`ref+${address}`), { AWS_ENDPOINT_URL });
      expect([ran.status, ran.stdout.toString()]).toEqual([69, '']);
      expect(ran.stderr).toContain('connection refused');
    },
  );

  test('nobody to act for', async () => {
    const ran = await refs('ref+awssecrets://prod/db', { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' });
    expect([ran.status, ran.stdout.toString()]).toEqual([77, '']);
    expect(ran.stderr).toContain('AWS_ACCESS_KEY_ID');
  });

  test.each(['profile=other', `role_arn=${ROLE}`])('a file does not choose credentials: %s', async (parameter) => {
    writeFileSync(join(folder, 'doc.yaml'), `a: ref+awssecrets://prod/db?${parameter}#/password\n`);
    const evaluate = (...flags: string[]) =>
      run(['refs', 'eval', ...flags, 'doc.yaml'], { cwd: folder, env: env(), stdin: '' });
    const ran = await evaluate();
    expect([ran.status, ran.stdout.toString()]).toEqual([78, '']);
    expect(ran.stderr).toContain('--allow-ref awssecrets');
    const allowed = await evaluate('--allow-ref', 'awssecrets');
    expect([withoutNotes(allowed), allowed.stdout.toString()]).toEqual(['', 'a: second\n']);
  });
});
