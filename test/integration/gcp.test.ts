/** GCP KMS over gRPC with TLS and over REST, from servers of the test's own, by the program and by the real sops (SOPS_BIN). */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { announceSkipped, SOPS } from '../support/programs.js';
import { run } from '../support/run.js';
import { fixturePath } from '../unit/keys/entries.js';
import { type GcpService, startGrpc, startRest } from '../unit/keys/gcp-service.js';

const PROGRAM = new URL('../../bin/sops-ts.js', import.meta.url).pathname;
const ID = 'projects/p1/locations/global/keyRings/ring/cryptoKeys/key';
const OTHER = 'projects/p1/locations/europe-west1/keyRings/ring/cryptoKeys/other';
const PLAIN = '# why\nsecret: hello\nlist: [1, two]\n';
const WAYS = ['grpc', 'rest'];

const folder = mkdtempSync(join(tmpdir(), 'gcp-'));
const services: Record<string, GcpService> = {};
beforeAll(async () => Object.assign(services, { grpc: await startGrpc(), rest: await startRest() }));
beforeEach(() => {
  for (const service of Object.values(services)) service.calls.splice(0);
});
afterAll(async () => {
  for (const service of Object.values(services)) await service.close();
  rmSync(folder, { recursive: true });
});

const envFor = (way: string): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  HOME: folder,
  SOPS_GCP_KMS_CLIENT_TYPE: way,
  SOPS_GCP_KMS_ENDPOINT: services[way]?.endpoint ?? '',
  GOOGLE_OAUTH_ACCESS_TOKEN: 'the-access-token',
  SSL_CERT_FILE: fixturePath('tls/localhost.crt'),
  SOPS_DISABLE_VERSION_CHECK: '1',
});
const write = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return name;
};
/** Runs a program beside the servers, which are in this process. */
const start = async (file: string, words: readonly string[], way: string, env: Record<string, string> = {}) => {
  return promisify(execFile)(file, words, { cwd: folder, env: { ...envFor(way), ...env }, timeout: 30_000 });
};
const theirs = async (words: readonly string[], way: string) => (await start(SOPS ?? 'sops', words, way)).stdout;
const ours = (words: readonly string[], way: string) => run(words, { cwd: folder, env: envFor(way) });

async function encrypted(way: string, ids: string): Promise<string> {
  const ran = await ours(['encrypt', '--gcp-kms', ids, write('plain.yaml', PLAIN)], way);
  expect(ran).toMatchObject({ status: 0, stderr: '' });
  return write('ours.yaml', ran.stdout.toString());
}

describe.each(WAYS)('over %s', (way) => {
  test('the program encrypts, decrypts, ends at once and says nothing of its own', async () => {
    const enc = await start(process.execPath, [PROGRAM, 'encrypt', '--gcp-kms', ID, write('plain.yaml', PLAIN)], way);
    expect(enc.stderr).toBe('');
    const file = write('program.yaml', enc.stdout);
    const dec = await start(process.execPath, [PROGRAM, 'decrypt', '--extract', '["secret"]', file], way);
    expect(dec).toMatchObject({ stdout: 'hello', stderr: '' });
    expect(services[way]?.calls.map(({ verb, name }) => [verb, name])).toEqual([
      ['encrypt', ID],
      ['decrypt', ID],
    ]);
  });

  test("the program writes no data key to the log of Google's packages", async () => {
    const words = ['encrypt', '--gcp-kms', ID, write('plain.yaml', PLAIN)];
    const enc = await start(process.execPath, [PROGRAM, ...words], way, { GOOGLE_SDK_NODE_LOGGING: 'all' });
    const dataKey = services[way]?.calls[0]?.bytes ?? Buffer.alloc(0);
    const file = write('program.yaml', enc.stdout);
    const dec = await start(process.execPath, [PROGRAM, 'decrypt', file], way, { GOOGLE_SDK_NODE_LOGGING: 'all' });
    expect(dec).toMatchObject({ stdout: PLAIN, stderr: '' });
    expect(enc.stderr).toBe('');
    expect(dataKey).toHaveLength(32);
    for (const form of ['latin1', 'utf8', 'base64', 'hex'] as const) {
      expect(enc.stdout).not.toContain(dataKey.toString(form));
    }
  });

  test('the second key opens when the first does not', async () => {
    const file = join(folder, await encrypted(way, `${OTHER},${ID}`));
    writeFileSync(file, readFileSync(file, 'utf8').replace(OTHER, `${OTHER}2`));
    const ran = await ours(['decrypt', file], way);
    expect(ran.stdout.toString()).toBe(PLAIN);
    writeFileSync(file, readFileSync(file, 'utf8').replace(ID, `${ID}2`));
    expect(await ours(['decrypt', '--verbose', file], way)).toMatchObject({
      status: 128,
      stderr: expect.stringContaining('Decryption failed: the ciphertext is invalid.'),
    });
  });
});

if (!SOPS) announceSkipped(2 * WAYS.length + 1, 'there is no sops program');

describe.skipIf(!SOPS)('with the real sops', () => {
  test.each(WAYS)('%s: sops opens ours', async (way) => {
    expect(await theirs(['decrypt', '--extract', '["secret"]', await encrypted(way, ID)], way)).toBe('hello');
  });

  test.each(WAYS)('%s: we open theirs', async (way) => {
    const file = write('theirs.yaml', await theirs(['encrypt', '--gcp-kms', ID, write('plain.yaml', PLAIN)], way));
    const ran = await ours(['decrypt', file], way);
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(ran.stdout.toString()).toBe(await theirs(['decrypt', file], way));
  });

  test('gRPC: both send the same', async () => {
    const words = ['encrypt', '--gcp-kms', ` ${ID} ,${OTHER}`, write('plain.yaml', PLAIN)];
    const entries = (text: string) => {
      return parse(text).sops.gcp_kms.map((entry: Record<string, unknown>) => ({ ...entry, created_at: '', enc: '' }));
    };
    const calls = () => services.grpc?.calls.splice(0).map((call) => ({ ...call, bytes: call.bytes.length }));
    const own = entries((await ours(words, 'grpc')).stdout.toString());
    const sent = calls();
    expect(entries(await theirs(words, 'grpc'))).toEqual(own);
    expect(calls()).toEqual(sent);
  });
});
