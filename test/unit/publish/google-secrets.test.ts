/** Publishing to Google Secret Manager: layouts, versions that are the same, versions of others, and what is left over. */
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { GoogleSecretManager } from '../../support/google-secret-manager.js';
import { Publishing } from '../../support/publishing.js';
import type { Ran } from '../../support/run.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(2);

let publishing: Publishing;
let service: GoogleSecretManager;
beforeEach(async () => {
  publishing = await Publishing.start();
  service = await GoogleSecretManager.start();
});
afterEach(async () => {
  await service.http.close();
  await publishing.close();
});

async function publish(words: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  return publishing.publish(words, { env: { ...service.env, ...env } });
}
const rule = (more = '', target = 'projects/team') =>
  publishing.rules(`  - gcp_secretmanager: ${target}\n${more && `    ${more}\n`}`);

describe('one secret of JSON', () => {
  test('is made under the name of the file, with marks, and not written again', async () => {
    rule('omit_extensions: true');
    await publishing.seal('app.yaml', 'b: 1\na: x\n');
    expect(await publish(['--yes', 'app.yaml'])).toMatchObject({ status: 0, stderr: '1 file published.\n' });
    expect(service.texts('app')).toEqual(['{"a":"x","b":1}']);
    expect(service.secrets.get('app')).toMatchObject({
      labels: { 'managed-by': 'sops-ts' },
      annotations: { 'sops-ts-base': 'app' },
    });
    expect(await publish(['--yes', 'app.yaml'])).toMatchObject({ stderr: '1 file already up to date.\n' });
    expect(service.texts('app')).toHaveLength(1);
  });

  test('that holds the same in another order stays', async () => {
    rule('', 'projects/team/secrets/own');
    service.add('own', '{"b": 1.0, "a":"x"}');
    await publishing.seal('app.yaml', 'b: 1\na: x\n');
    expect(await publish(['--yes', 'app.yaml'])).toMatchObject({ stderr: '1 file already up to date.\n' });
  });

  test('goes behind a version that is disabled', async () => {
    rule('', 'projects/team/secrets/own');
    service.add('own', '{"a":"x"}');
    for (const version of service.secrets.get('own')?.versions ?? []) version.state = 'DISABLED';
    await publishing.seal('app.yaml', 'a: x\n');
    expect(await publish(['--yes', 'app.yaml'])).toMatchObject({ status: 0 });
    expect(service.texts('own')).toHaveLength(2);
  });
});

describe('a secret for each key', () => {
  test('is written where it is another, and keys of a Secret are its own', async () => {
    rule('layout: per_key', 'projects/team/secrets/app');
    service.add('app-USER', 'me');
    const secret = 'apiVersion: v1\nkind: Secret\nmetadata: {name: n}\ndata: {USER: bWU=}\nstringData: {PASS: word}\n';
    await publishing.seal('app.yaml', secret, '--encrypted-regex', '^(data|stringData)$');
    expect(await publish(['--yes', 'app.yaml'])).toMatchObject({ status: 0 });
    expect([service.texts('app-USER'), service.texts('app-PASS')]).toEqual([['me'], ['word']]);
  });

  test('shows keys alone in a dry run, and asks nobody', async () => {
    rule('layout: per_key');
    await publishing.seal('app.yaml', 'PASS: s3cret\n');
    const ran = await publish(['--dry-run', 'app.yaml']);
    expect(ran.stdout.toString()).toContain('"PASS": "********"');
    expect(ran.stdout.toString()).not.toContain('s3cret');
    expect(service.requests).toEqual([]);
  });

  test.each([
    ['a key that is not a name', 'layout: per_key', 'a_b: x\n"a.b": y\n', 'not a name that Secret Manager takes'],
    ['an empty value', 'layout: per_key', 'a: ""\n', 'cannot be empty'],
    ['another layout', 'layout: flat', 'a: x\n', 'layout is json or per_key, not "flat"'],
  ])('is refused: %s', async (_, more, plain, words) => {
    rule(more);
    await publishing.seal('app.yaml', plain);
    const ran = await publish(['--yes', 'app.yaml']);
    expect([ran.status === 0, ran.stderr]).toEqual([false, expect.stringContaining(words)]);
    expect(service.secrets.size).toBe(0);
  });
});

describe('others', () => {
  test('who write in between are told of', async () => {
    rule('', 'projects/team/secrets/own');
    service.add('own', '{"a":"old"}');
    service.before = ({ path }) => {
      if (path.endsWith(':addVersion')) service.add('own', '{"a":"theirs"}');
      return undefined;
    };
    await publishing.seal('app.yaml', 'a: x\n');
    const ran = await publish(['--yes', 'app.yaml']);
    expect([ran.status, ran.stderr]).toEqual([1, expect.stringContaining('the version 2 just before')]);
  });

  test('who make it in between are not written over', async () => {
    rule('', 'projects/team/secrets/own');
    service.before = ({ path }) => {
      if (path.includes('secretId=')) service.add('own', '{"a":"theirs"}');
      return undefined;
    };
    await publishing.seal('app.yaml', 'a: x\n');
    expect(await publish(['--yes', 'app.yaml'])).toMatchObject({ status: 75 });
    expect(service.texts('own')).toEqual(['{"a":"theirs"}']);
  });

  test("'s configuration sends values nowhere", async () => {
    rule();
    await publishing.seal('app.yaml', 'a: x\n');
    const ran = await publish(['--yes', 'app.yaml'], { GOOGLE_CLOUD_PROJECT: 'mine' });
    expect([ran.status === 0, ran.stderr]).toEqual([false, expect.stringContaining('projects/team to publish to')]);
    expect(service.requests).toEqual([]);
    expect(
      await publish(['--yes', 'app.yaml'], { GOOGLE_CLOUD_PROJECT: '', SOPS_TS_PUBLISH_ALLOWLIST: 'projects/team' }),
    ).toMatchObject({ status: 0 });
  });
});

describe('what is left over', () => {
  beforeEach(async () => {
    rule('layout: per_key', 'projects/team/secrets/app');
    await publishing.seal('app.yaml', 'A: x\nB: y\n');
    await publish(['--yes', 'app.yaml']);
    service.add('app-FOREIGN', 'of somebody');
    await publishing.seal('app.yaml', 'A: x\n');
  });

  test('stays without --prune', async () => {
    await publish(['--yes', 'app.yaml']);
    expect([...service.secrets.keys()]).toEqual(['app-A', 'app-B', 'app-FOREIGN']);
  });

  test('is named by a dry run and by the question, and goes', async () => {
    const shown = await publish(['--dry-run', '--prune', 'app.yaml']);
    expect(shown.stdout.toString()).toContain('would be taken away there: app-B\n');
    const asked = await publishing.publish(['--prune', 'app.yaml'], { env: service.env, stdin: 'n\n' });
    expect(asked.stdout.toString()).toContain(', and taking away there: app-B ?');
    expect(service.secrets.has('app-B')).toBe(true);
    expect(await publish(['--yes', '--prune', 'app.yaml'])).toMatchObject({ status: 0, stderr: '1 file published.\n' });
    expect([...service.secrets.keys()]).toEqual(['app-A', 'app-FOREIGN']);
  });
});

test('--disable-old leaves one version that is enabled, and --managed-by marks', async () => {
  rule('', 'projects/team/secrets/own');
  for (const value of ['x', 'y', 'z']) {
    await publishing.seal('app.yaml', `a: ${value}\n`);
    const words = ['--yes', '--managed-by', 'external-secrets', ...(value === 'z' ? ['--disable-old'] : [])];
    expect(await publish([...words, 'app.yaml'])).toMatchObject({ status: 0 });
  }
  const own = service.secrets.get('own');
  expect(own?.versions.map(({ state }) => state)).toEqual(['DISABLED', 'DISABLED', 'ENABLED']);
  expect(own?.labels).toEqual({ 'managed-by': 'external-secrets' });
});

test('a refusal names the secret and no value', async () => {
  rule();
  service.before = ({ path }) =>
    path.includes(':addVersion')
      ? { status: 403, body: '{"error":{"code":403,"message":"no","status":"PERMISSION_DENIED"}}' }
      : undefined;
  await publishing.seal('app.yaml', 'a: s3cret\n');
  const ran = await publish(['--yes', 'app.yaml']);
  expect(ran).toMatchObject({
    status: 1,
    stderr: expect.stringContaining(
      'failed to write gcpsecrets://projects/team/secrets/app-yaml: googleapi: Error 403: no',
    ),
  });
  expect(ran.stderr).not.toContain('s3cret');
});
