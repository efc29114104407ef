/** What Google's storage gets from `publish`, and with whose credentials. */
import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ALLOWED, hangingCredentials, untilEnded } from '../../support/hanging-credentials.js';
import { Publishing, uploadedFile } from '../../support/publishing.js';
import { ProgramFolder } from '../keys/programs.js';

const CANARY = 'canary-4f1c';
let publishing: Publishing;
beforeEach(async () => {
  publishing = await Publishing.start();
});
afterEach(() => publishing.close());

test('GCS gets the file in one part of a request, whatever bytes it holds', async () => {
  publishing.rules('  - gcs_bucket: bkt\n');
  await publishing.seal('a.bin', Buffer.from([0, 255, 13, 10, 45, 45]));
  expect((await publishing.publish(['--yes', 'a.bin'])).status).toBe(0);
  const { body = '', headers } = publishing.http.received[0] ?? {};
  expect(uploadedFile(body)).toBe(publishing.read('a.bin').toString());
  expect(headers?.authorization).toBeUndefined();
  expect(body).toContain('{"bucket":"bkt","name":"a.bin"}');
});

describe('the credentials for Google', () => {
  /** Nothing listens there: it is enough to see whom we were about to ask, with a token at hand. */
  const env = { STORAGE_EMULATOR_HOST: '', HTTPS_PROXY: 'http://127.0.0.1:9', METADATA_SERVER_DETECTION: 'none' };
  const publish = (more: Record<string, string>) =>
    publishing.publish(['--yes', 'a.yaml'], { env: { ...env, ...more } });
  beforeEach(async () => {
    publishing.rules('  - gcs_bucket: bkt\n');
    await publishing.seal('a.yaml', 'a: x\n');
  });

  test('are those of a file, as in SOPS, before a token', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const account = {
      type: 'service_account',
      client_email: 'a@b.iam.gserviceaccount.com',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    };
    const file = publishing.write('.account.json', JSON.stringify(account));
    expect(await publish({ GOOGLE_APPLICATION_CREDENTIALS: file })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('cannot reach https://storage.googleapis.com: connection refused'),
    });
    const broken = publishing.write('.broken.json', CANARY);
    const ran = await publish({ GOOGLE_APPLICATION_CREDENTIALS: broken, GOOGLE_OAUTH_ACCESS_TOKEN: 'token' });
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('are not JSON') });
    expect(ran.stderr).not.toContain(CANARY);
  });

  test('may be a token', async () => {
    expect(await publish({ GOOGLE_OAUTH_ACCESS_TOKEN: 'token' })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('cannot reach https://storage.googleapis.com: connection refused'),
    });
  });

  test.skipIf(process.platform === 'win32')(
    'may come from a program, which is told of, and ended in time',
    async () => {
      const programs = new ProgramFolder();
      vi.stubEnv(...ALLOWED);
      const file = publishing.write('.account.json', hangingCredentials(programs));
      const ran = await publish({ GOOGLE_APPLICATION_CREDENTIALS: file, SOPS_TS_KEY_TIMEOUT: '2' });
      expect(ran).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('no answer from the Google credentials within 2 s'),
      });
      expect(ran.stderr).toMatch(/^waiting for the Google credentials\n/);
      await untilEnded(programs);
      programs.remove();
      vi.unstubAllEnvs();
    },
  );

  test('are needed', async () => {
    expect(await publish({})).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('could not find default credentials'),
    });
  });
});
