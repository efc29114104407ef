/** Publishing to Secrets Manager and the Parameter Store of moto (MOTO_SERVER_BIN or `moto_server` on PATH). */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MOTO, Moto } from '../support/moto.js';
import { callMoto } from '../support/moto-calls.js';
import { announceSkipped } from '../support/programs.js';
import { Publishing } from '../support/publishing.js';
import { type Ran, run } from '../support/run.js';
import { validObjects } from '../support/schemas.js';

if (!MOTO) announceSkipped(14, 'there is no moto_server');

let server: Moto | undefined;
let publishing: Publishing;
beforeAll(async () => {
  if (MOTO) server = await Moto.start();
}, 120_000);
afterAll(() => server?.stop());
beforeEach(async () => {
  publishing = await Publishing.start();
});
afterEach(() => publishing.close());

const call = (target: string, body: Readonly<Record<string, unknown>>) => callMoto(server?.url ?? '', target, body);
const publish = (...words: string[]): Promise<Ran> =>
  publishing.publish(['--yes', ...words], {
    env: { AWS_ENDPOINT_URL: server?.url ?? '', AWS_REGION: 'eu-central-1', AWS_EC2_METADATA_DISABLED: 'true' },
  });
async function publishText(plain: string, ...words: string[]): Promise<Ran> {
  await publishing.seal('app.yaml', plain);
  return publish(...words, 'app.yaml');
}
const rule = (field: string, target: string, more = '') =>
  publishing.rules(`  - ${field}: ${target}\n${more && `    ${more}\n`}`);

describe.skipIf(!MOTO)('Secrets Manager', () => {
  const secret = async (name: string): Promise<Record<string, unknown>> =>
    call('secretsmanager.GetSecretValue', { SecretId: name, VersionStage: 'AWSCURRENT' });
  const stages = async (name: string) => {
    const { VersionIdsToStages: all } = await call('secretsmanager.DescribeSecret', { SecretId: name });
    return Object.values(all as Record<string, string[]>)
      .flat()
      .toSorted();
  };

  test('a secret is made, marked, replaced, and not written again', async () => {
    rule('aws_secretsmanager', 'one/app');
    expect(await publishText('b: 1\na: x\n')).toMatchObject({ status: 0, stderr: '1 file published.\n' });
    expect(await publish('app.yaml')).toMatchObject({ stderr: '1 file already up to date.\n' });
    const first = await secret('one/app');
    expect(first).toMatchObject({ SecretString: '{"a":"x","b":1}' });
    expect((await call('secretsmanager.DescribeSecret', { SecretId: 'one/app' })).Tags).toEqual([
      { Key: 'managed-by', Value: 'sops-ts' },
      { Key: 'sops-ts-base', Value: 'one/app' },
    ]);
    expect(await publishText('a: y\n')).toMatchObject({ status: 0 });
    const second = await secret('one/app');
    expect(second).toMatchObject({ SecretString: '{"a":"y"}' });
    expect(second.VersionId).not.toBe(first.VersionId);
    expect(await stages('one/app')).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
  });

  test('bytes that are the same text stay', async () => {
    await call('secretsmanager.CreateSecret', {
      Name: 'bytes',
      SecretBinary: Buffer.from('{"a": "x"}').toString('base64'),
    });
    rule('aws_secretsmanager', 'bytes');
    expect(await publishText('a: x\n')).toMatchObject({ stderr: '1 file already up to date.\n' });
  });

  test('a name that ends in a slash takes that of the file', async () => {
    rule('aws_secretsmanager', 'team/', 'omit_extensions: true');
    await publishText('a: x\n');
    expect(await secret('team/app')).toMatchObject({ SecretString: '{"a":"x"}' });
  });

  test('a secret for each key, and what is left over goes', async () => {
    rule('aws_secretsmanager', 'keys/app', 'layout: per_key');
    await call('secretsmanager.CreateSecret', { Name: 'keys/app/HAND', SecretString: 'made by hand' });
    await publishText('A: x\nB: 2\nC: [1]\n');
    expect(await secret('keys/app/C')).toMatchObject({ SecretString: '[1]' });
    expect(await publishText('A: x\n', '--prune')).toMatchObject({ status: 0 });
    expect(await secret('keys/app/A')).toMatchObject({ SecretString: 'x' });
    expect(await secret('keys/app/HAND')).toMatchObject({ SecretString: 'made by hand' });
    await expect(secret('keys/app/B')).rejects.toThrow('marked deleted');
    const again = await publishText('A: x\nB: 2\n');
    expect([again.status, again.stderr]).toEqual([1, expect.stringContaining('restore-secret')]);
  });

  test('what emit refers to is there', async () => {
    const ruleOf = 'aws_secretsmanager: refs/\n    layout: per_key\n    aws_region: eu-central-1';
    publishing.rules(`  - ${ruleOf}\n`);
    await publishText('A: x\nB.c: 2\n');
    const ran = await run(['emit', 'external-secret', 'app.yaml', '--name', 'app', '--store', 's', '--no-decrypt'], {
      cwd: publishing.folder,
      env: { HOME: publishing.folder },
      stdin: '',
    });
    expect(ran.stderr).toBe('');
    const [object] = validObjects(ran.stdout.toString());
    const { data = [] } = (object?.spec ?? {}) as { data?: { remoteRef: { key: string } }[] };
    expect(data).toHaveLength(2);
    for (const { remoteRef } of data)
      expect(await secret(remoteRef.key)).toMatchObject({ SecretString: expect.stringMatching(/^[x2]$/) });
  });

  test('a new version of somebody else is not written over', async () => {
    rule('aws_secretsmanager', 'raced');
    await publishText('a: x\n');
    const { VersionId: seen } = await secret('raced');
    const { PutSecretValueCommand, SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager');
    const { send } = SecretsManagerClient.prototype;
    SecretsManagerClient.prototype.send = async function (this: unknown, ...given: unknown[]) {
      if (given[0] instanceof PutSecretValueCommand) {
        await call('secretsmanager.PutSecretValue', { SecretId: 'raced', SecretString: 'theirs' });
      }
      return Reflect.apply(send, this, given);
    } as typeof send;
    try {
      const ran = await publishText('a: y\n');
      expect([ran.status, ran.stderr]).toEqual([75, expect.stringContaining('changed by somebody else meanwhile')]);
    } finally {
      SecretsManagerClient.prototype.send = send;
    }
    const now = await secret('raced');
    expect(now).toMatchObject({ SecretString: 'theirs' });
    expect(now.VersionId).not.toBe(seen);
    expect(await stages('raced')).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
  });

  test.each([
    ['arn:aws:secretsmanager:eu-central-1:999999999999:secret:x', 'not a name of a secret'],
    ['"with blank"', 'not a name of a secret'],
  ])('%s is refused', async (target, words) => {
    rule('aws_secretsmanager', target);
    const ran = await publishText('a: x\n');
    expect([ran.status === 0, ran.stderr]).toEqual([false, expect.stringContaining(words)]);
  });

  test('a profile and a region of the rule', async () => {
    publishing.write('.home/.aws/credentials', '[other]\naws_access_key_id = A\naws_secret_access_key = B\n');
    publishing.write('.home/.aws/config', '[profile other]\nregion = us-west-2\n');
    rule('aws_secretsmanager', 'elsewhere', 'aws_profile: other');
    const refused = await publishText('a: x\n');
    expect([refused.status === 0, refused.stderr]).toEqual([false, expect.stringContaining('the AWS profile other')]);
    const env = { AWS_ENDPOINT_URL: server?.url ?? '', AWS_REGION: '', SOPS_TS_PUBLISH_ALLOWLIST: 'other' };
    expect(await publishing.publish(['--yes', 'app.yaml'], { env })).toMatchObject({ status: 0 });
    const west = callMoto(server?.url ?? '', 'secretsmanager.GetSecretValue', { SecretId: 'elsewhere' }, 'us-west-2');
    expect(await west).toMatchObject({ SecretString: '{"a":"x"}' });
  });
});

describe.skipIf(!MOTO)('the Parameter Store', () => {
  const parameter = async (name: string) =>
    (await call('AmazonSSM.GetParameter', { Name: name, WithDecryption: true })).Parameter as Record<string, unknown>;

  test('a SecureString is made, replaced, and not written again', async () => {
    rule('aws_ssm', '/one/app');
    expect(await publishText('a: x\n')).toMatchObject({ status: 0, stderr: '1 file published.\n' });
    expect(await publish('app.yaml')).toMatchObject({ stderr: '1 file already up to date.\n' });
    expect(await parameter('/one/app')).toMatchObject({ Value: '{"a":"x"}', Type: 'SecureString', Version: 1 });
    await publishText('a: y\n');
    expect(await parameter('/one/app')).toMatchObject({ Value: '{"a":"y"}', Version: 2 });
  });

  test('a parameter for each key, and what is left over goes', async () => {
    rule('aws_ssm', '/keys/', 'layout: per_key');
    await call('AmazonSSM.PutParameter', { Name: '/keys/app.yaml/HAND', Value: 'by hand', Type: 'SecureString' });
    await publishText('A: x\nB: 2\n');
    expect(await parameter('/keys/app.yaml/B')).toMatchObject({ Value: '2' });
    expect(await publishText('A: x\n', '--prune')).toMatchObject({ status: 0 });
    await expect(parameter('/keys/app.yaml/B')).rejects.toThrow('ParameterNotFound');
    expect(await parameter('/keys/app.yaml/HAND')).toMatchObject({ Value: 'by hand' });
  });

  test('a parameter that is not encrypted is left', async () => {
    await call('AmazonSSM.PutParameter', { Name: '/clear', Value: 'open', Type: 'String' });
    rule('aws_ssm', '/clear');
    const ran = await publishText('a: x\n');
    expect([ran.status, ran.stderr]).toEqual([1, expect.stringContaining('is a String, which is not encrypted')]);
    expect(await parameter('/clear')).toMatchObject({ Value: 'open' });
  });

  test('somebody who writes in between is told of', async () => {
    rule('aws_ssm', '/raced');
    await publishText('a: x\n');
    const { PutParameterCommand, SSMClient } = await import('@aws-sdk/client-ssm');
    const { send } = SSMClient.prototype;
    SSMClient.prototype.send = async function (this: unknown, ...given: unknown[]) {
      if (given[0] instanceof PutParameterCommand) {
        await call('AmazonSSM.PutParameter', {
          Name: '/raced',
          Value: 'theirs',
          Type: 'SecureString',
          Overwrite: true,
        });
      }
      return Reflect.apply(send, this, given);
    } as typeof send;
    try {
      const ran = await publishText('a: y\n');
      expect([ran.status, ran.stderr]).toEqual([1, expect.stringContaining('the version 2 just before')]);
    } finally {
      SSMClient.prototype.send = send;
    }
  });

  test('a file that is too long is refused before anything is asked', async () => {
    rule('aws_ssm', '/long');
    const ran = await publishText(`a: ${'x'.repeat(9000)}\n`);
    expect([ran.status, ran.stderr]).toEqual([1, expect.stringContaining('more than 8192 bytes')]);
  });
});
