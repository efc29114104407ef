/** Commands over many files ask for a wrapped key that they share once (issue: 300 files, one call). */
import { copyFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { Desk } from '../../support/desk.js';
import { sampledTest } from '../../support/sweep.js';
import { AwsService } from '../keys/aws-service.js';

const test = sampledTest(4);

const FILES = 20;
const ARN = 'arn:aws:kms:eu-central-1:123456789012:key/one';
const THIRD = ARN.replace('one', 'third');

let service: AwsService;
let desk: Desk;
let names: string[];

beforeAll(async () => {
  service = await AwsService.start();
});

beforeEach(async () => {
  desk = new Desk();
  // Nobody in these tests has the identity of the age recipient.
  const keys = ['--kms', ARN, '--age', desk.recipient];
  desk.write('0.yaml', (await run('encrypt', ...keys, desk.write('plain.yaml', 'A: canary\n'))).stdout);
  names = Array.from({ length: FILES }, (_, at) => `${at}.yaml`);
  for (const name of names.slice(1)) copyFileSync(desk.path('0.yaml'), desk.path(name));
  service.http.received.length = 0;
});

afterEach(() => desk.remove());
afterAll(() => service.http.close());

const run = (...words: string[]) => {
  const { url } = service.http;
  const keys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', SOPS_AGE_RECIPIENTS: '', SOPS_AGE_KEY: '' };
  return desk.run(words, { env: { ...keys, AWS_ENDPOINT_URL: url, AWS_EC2_METADATA_DISABLED: 'true' } });
};

const decryptCalls = () => service.calls.filter((call) => 'CiphertextBlob' in call);
const configure = (rule: object) => desk.write('.sops.yaml', JSON.stringify({ creation_rules: [rule] }));
const sealedIn = (name: string) => /A: (ENC\[.*\])/.exec(desk.text(name))?.[1];

describe('many files with one wrapped key', () => {
  test('exec-env opens them with one call', async () => {
    const ran = await run('exec-env', ...names, '--', 'node', '-e', 'process.stdout.write(process.env.A)');
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(ran.stdout.toString()).toBe('canary');
    expect(decryptCalls()).toHaveLength(1);
  });

  test('updatekeys that adds a recipient opens them with one call', async () => {
    configure({ kms: `${ARN},${THIRD}`, age: desk.recipient });
    expect(await run('updatekeys', '--yes', ...names)).toMatchObject({ status: 0 });
    expect(decryptCalls()).toHaveLength(1);
    expect(desk.text(`${FILES - 1}.yaml`)).toContain(THIRD);
  });

  test.each([
    ['updatekeys', () => ['updatekeys', '--yes', ...names]],
    ['revoke', () => ['revoke', '--yes', desk.recipient]],
  ])('%s that takes one out, too, and each file gets a data key of its own', async (_name, words) => {
    configure({ kms: ARN, ...(words()[0] === 'revoke' ? { age: [desk.recipient] } : {}) });
    expect(await run(...words())).toMatchObject({ status: 0 });
    expect(decryptCalls()).toHaveLength(1);
    const wrapped = new Set(names.map((name) => /enc: (\S+)/.exec(desk.text(name))?.[1]));
    expect(wrapped.size).toBe(FILES);
    expect(new Set(names.map(sealedIn)).size).toBe(FILES);
    expect((await run('decrypt', `${FILES - 1}.yaml`)).stdout.toString()).toBe('A: canary\n');
  });

  test('a key that is refused is refused for the files that are open at that time, and asked anew for others', async () => {
    service.mode = 'refusing';
    try {
      configure({ kms: ARN });
      expect(await run('updatekeys', '--yes', ...names.slice(0, 3))).toMatchObject({ status: 1 });
    } finally {
      service.mode = 'properly';
    }
    const refused = decryptCalls().length;
    expect(refused).toBeGreaterThanOrEqual(1);
    expect(await run('updatekeys', '--yes', ...names.slice(0, 3))).toMatchObject({ status: 0 });
    expect(decryptCalls().length).toBe(refused + 1);
  });
});
