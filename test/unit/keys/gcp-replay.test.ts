/** The GCP KMS provider against what the real sops sent and got over REST (fixtures/keys/wire), through the real main. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { run, withoutNotes } from '../../support/run.js';
import { type Exchange, Playback, recordingOf } from './wire.js';

const recording = recordingOf('gcp-rest');
let playback: Playback;
afterEach(() => playback.close());
const env = () => ({
  HOME: playback.folder,
  SOPS_GCP_KMS_CLIENT_TYPE: 'rest',
  SOPS_GCP_KMS_ENDPOINT: playback.url,
  GOOGLE_OAUTH_ACCESS_TOKEN: 'test-token',
});

/** Compares the requests: the recorded headers, and the body by its fields, a plaintext by its length. */
function expectSame(exchanges: readonly Exchange[]): void {
  const withoutKey = (body: string) => {
    const { plaintext, ...fields } = JSON.parse(body);
    return plaintext === undefined ? fields : { ...fields, plaintext: Buffer.from(plaintext, 'base64').length };
  };
  expect(
    playback.received.map(({ method, path, headers, body }, at) => {
      const names = Object.keys(exchanges[at]?.headers ?? {});
      const values = names.map((name) => [name, headers[name.toLowerCase()]]);
      return { method, path, headers: Object.fromEntries(values), body: withoutKey(body) };
    }),
  ).toEqual(exchanges.map(({ method, path, headers, body }) => ({ method, path, headers, body: withoutKey(body) })));
}

test('decrypt sends what sops sent, and opens the file with what it got', async () => {
  playback = await Playback.start(recording, recording.on_decrypt);
  const ran = await run(['decrypt', playback.encrypted], { cwd: playback.folder, env: env() });
  expect([ran.status, withoutNotes(ran)]).toEqual([0, '']);
  expect(ran.stdout.toString()).toBe(recording.plaintext);
  expectSame(recording.on_decrypt);
});

test('encrypt sends what sops sent, and keeps what it got', async () => {
  playback = await Playback.start(recording, recording.on_encrypt);
  const [entry] = parse(readFileSync(join(playback.folder, playback.encrypted), 'utf8')).sops.gcp_kms;
  const args = ['encrypt', '--gcp-kms', entry.resource_id, playback.plain];
  const ran = await run(args, { cwd: playback.folder, env: env() });
  expect([ran.status, withoutNotes(ran)]).toEqual([0, '']);
  expectSame(recording.on_encrypt);
  const [ours] = parse(ran.stdout.toString()).sops.gcp_kms;
  const { ciphertext } = JSON.parse(recording.on_encrypt[0]?.response ?? '');
  expect(ours).toEqual({ ...entry, created_at: ours.created_at, enc: ciphertext });
});
