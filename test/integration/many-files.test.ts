/** Three hundred files with one wrapped key, with the built program and moto: how many calls reach the service. */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MOTO, Moto } from '../support/moto.js';
import { announceSkipped, runSopsAsync, SOPS } from '../support/programs.js';
import { HttpService } from '../unit/keys/http-service.js';

const PROGRAM = new URL('../../bin/sops-ts.js', import.meta.url).pathname;
const FILES = 300;
/** Where every file is written under a data key of its own, which takes longer. */
const FEWER = 60;
const NAMES = Array.from({ length: FILES }, (_, at) => `f${at}.yaml`);

const folder = mkdtempSync(join(tmpdir(), 'many-'));
let moto: Moto;
/** Passes every request on to moto, and notes it. */
let counter: HttpService;
let keys: string[];

beforeAll(async () => {
  if (!MOTO) return;
  moto = await Moto.start();
  keys = [await moto.makeKey(), await moto.makeKey()];
  counter = await HttpService.start(async ({ method, path, headers, body }) => {
    const { host: _host, 'content-length': _length, connection: _connection, ...sent } = headers;
    const answer = await fetch(new URL(path, moto.url), { method, headers: sent as Record<string, string>, body });
    return {
      status: answer.status,
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: await answer.text(),
    };
  });
});

afterAll(async () => {
  await counter?.close();
  await moto?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const env = () => ({
  HOME: folder,
  AWS_ENDPOINT_URL: counter.url,
  AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_EC2_METADATA_DISABLED: 'true',
});

/** What the program prints, and the calls that it made by name. */
async function ours(...words: string[]): Promise<{ stdout: string; calls: Record<string, number> }> {
  counter.received.length = 0;
  const options = { cwd: folder, env: { PATH: process.env.PATH, ...env() }, maxBuffer: 2 ** 26 };
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, ...words], options);
  const calls: Record<string, number> = {};
  for (const { headers } of counter.received) {
    const name = String(headers['x-amz-target']).replace('TrentService.', '');
    calls[name] = (calls[name] ?? 0) + 1;
  }
  return { stdout, calls };
}

async function copies(): Promise<void> {
  writeFileSync(join(folder, 'plain.yaml'), 'secret: hello\n');
  const { stdout } = await ours('encrypt', '--kms', keys[0] ?? '', 'plain.yaml');
  writeFileSync(join(folder, NAMES[0] ?? ''), stdout);
  for (const name of NAMES.slice(1)) copyFileSync(join(folder, NAMES[0] ?? ''), join(folder, name));
}

const configure = (...arns: (string | undefined)[]) =>
  writeFileSync(join(folder, '.sops.yaml'), `creation_rules:\n  - kms: "${arns.join(',')}"\n`);

if (!MOTO) announceSkipped(4, 'there is no moto_server');

describe.skipIf(!MOTO)(`${FILES} files with one wrapped key`, { timeout: 120_000 }, () => {
  test('exec-env makes one call', async () => {
    await copies();
    const ran = await ours('exec-env', ...NAMES, '--', 'node', '-e', 'process.stdout.write(process.env.secret)');
    expect(ran).toEqual({ stdout: 'hello', calls: { Decrypt: 1 } });
  });

  test('updatekeys with a new recipient opens them with one call', async () => {
    configure(keys[0], keys[1]);
    const { calls } = await ours('updatekeys', '--yes', ...NAMES);
    expect(calls).toMatchObject({ Decrypt: 1 });
    expect(readFileSync(join(folder, NAMES[FILES - 1] ?? ''), 'utf8')).toContain(keys[1]);
  });

  test('revoke gives each a data key of its own with one call to open them, and they can be read', async () => {
    await copies();
    for (const name of NAMES.slice(FEWER)) rmSync(join(folder, name));
    configure(keys[0], keys[1]);
    await ours('updatekeys', '--yes', ...NAMES.slice(0, 1));
    for (const name of NAMES.slice(1, FEWER)) copyFileSync(join(folder, NAMES[0] ?? ''), join(folder, name));
    const { calls } = await ours('revoke', '--yes', keys[1] ?? '');
    // Both keys of a file are asked side by side; whichever answers first is remembered.
    expect(calls.Decrypt).toBeLessThanOrEqual(2);
    expect(calls.Encrypt).toBe(FEWER);
    expect((await ours('decrypt', NAMES[1] ?? '')).stdout).toBe('secret: hello\n');
  });

  test.skipIf(!SOPS)('what updatekeys and revoke wrote is read by the real sops', async () => {
    if (!SOPS) announceSkipped(1, 'there is no sops program');
    for (const name of [NAMES[0], NAMES[FEWER - 1]]) {
      const text = await runSopsAsync(['decrypt', name ?? ''], folder, env());
      expect(text).toBe('secret: hello\n');
    }
  });
});
