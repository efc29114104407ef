/** Names of keys in a file with line breaks and control characters: they must not pass for lines of the program's own. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';

const FORGED = 'Group 0: SUCCESS';
const EVIL = `\u001b[31m\u001b]0;title\u0007\r\n${FORGED}\u2028${FORGED}\u202e`;
const ARN = 'arn:aws:kms:eu-central-1:123456789012:key/7714839b-3234-4fce-a6c6-31b434d17a52';

let desk: Desk;
let sealed: { sops: object };

beforeAll(async () => {
  desk = new Desk();
  sealed = JSON.parse((await desk.encrypt('f.json', '{"a":"canary"}')).toString());
});
afterAll(() => desk.remove());

const dated = { created_at: '2026-01-02T03:04:05Z', enc: 'AAAA' };
const ENTRIES: readonly [string, object][] = [
  ['age', { recipient: EVIL, enc: 'x' }],
  ['pgp', { ...dated, fp: EVIL }],
  ['kms', { ...dated, arn: ARN + EVIL, aws_profile: '' }],
  ['kms', { ...dated, arn: ARN, aws_profile: EVIL }],
  [
    'kms',
    { ...dated, arn: ARN, aws_profile: '', role: `arn:aws:iam::123456789012:role/x${EVIL}`, context: { [EVIL]: EVIL } },
  ],
  ['gcp_kms', { ...dated, resource_id: EVIL }],
  ['azure_kv', { ...dated, vault_url: `https://vault.example${EVIL}`, name: EVIL, version: EVIL }],
  ['hc_vault', { ...dated, vault_address: `http://127.0.0.1:1${EVIL}`, engine_path: EVIL, key_name: EVIL }],
  ['hckms', { ...dated, key_id: `tr-west-1:x${EVIL}` }],
];

describe.each(ENTRIES)('the names in an entry of %s', (type, entry) => {
  test.each([
    ['decrypt', 128],
    ['rotate', 128],
    ['updatekeys', 128],
  ])('forge no line of %s', async (command, status) => {
    desk.write('f.json', JSON.stringify({ ...sealed, sops: { ...sealed.sops, age: [], [type]: [entry] } }));
    desk.write('.sops.yaml', JSON.stringify({ creation_rules: [{ age: desk.recipient }] }));
    const env = {
      SOPS_GPG_EXEC: '/nonexistent/gpg',
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
      HUAWEICLOUD_SDK_AK: 'a',
    };
    for (const flags of [[], ['--verbose']]) {
      const flag = command === 'updatekeys' ? ['--yes'] : [];
      const ran = await desk.run([...flags, command, ...flag, 'f.json'], { env: { ...env, SOPS_AGE_RECIPIENTS: '' } });
      expect(ran.status).toBe(status);
      // The log has a tab behind the name of the part that speaks.
      const told = ran.stdout.toString() + ran.stderr.replace(/^(\[[A-Z_]+\])\t /gm, '$1 ');
      expect(told).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202e]/);
      expect(told.split('\n').filter((line) => line.startsWith(FORGED))).toEqual([]);
    }
  });
});

describe.skipIf(process.platform === 'win32')('the name of a file', () => {
  const NAME = `x${EVIL.replaceAll('/', '')}.json`;

  test.each([
    [['updatekeys', '--yes', NAME, NAME]],
    [['updatekeys', '--yes', `absent${NAME}`, NAME]],
    [['decrypt', `absent${NAME}`]],
    [['decrypt', NAME]],
    [['filestatus', `absent${NAME}`]],
    [['exec-env', NAME, NAME, '--', 'true']],
    [['encrypt', '-i', NAME, `absent${NAME}`]],
    [['revoke', '--yes', 'nobody', `absent${NAME}`]],
  ])('forges no line, and sends nothing to the terminal: %j', async (words) => {
    desk.write(NAME, '{"a":1}');
    desk.write('.sops.yaml', JSON.stringify({ creation_rules: [{ path_regex: '^nothing$', age: desk.recipient }] }));
    const ran = await desk.run(words, { env: { SOPS_AGE_RECIPIENTS: '' } });
    expect(ran.status).not.toBe(0);
    const told = ran.stdout.toString() + ran.stderr;
    expect(told).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202e]/);
    expect(told.split('\n').filter((line) => line.startsWith(FORGED))).toEqual([]);
  });
});
