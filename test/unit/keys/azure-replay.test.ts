/** What is sent to Azure Key Vault, beside what the real sops sent. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { run, withoutNotes } from '../../support/run.js';
import { addAz, CERTIFICATE, TENANT, TLS } from './azure-service.js';
import { fixturePath } from './entries.js';
import { HttpService } from './http-service.js';
import { ProgramFolder } from './programs.js';
import { recordingOf } from './wire.js';

const ROOTS = { SSL_CERT_FILE: CERTIFICATE };

describe('as the real sops talks to it', () => {
  const recording = recordingOf('azure');
  const folder = mkdtempSync(join(tmpdir(), 'azure-'));
  const recorded = new ProgramFolder();
  beforeAll(() => {
    addAz(recorded, 'aztoken');
    // The SDK looks at the process's own environment.
    vi.stubEnv('PATH', `${recorded.path}:${process.env.PATH}`);
    vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'AzureCLICredential');
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
    recorded.remove();
  });

  /** Plays the answers, with the challenges that the recording leaves out. */
  async function play(exchanges: typeof recording.on_encrypt): Promise<HttpService> {
    let next = 0;
    const service: HttpService = await HttpService.start(() => {
      const { status = 500, response = '' } = exchanges[next] ?? {};
      next += 1;
      const resource = `https://${new URL(service.url).host.slice(4)}`;
      const challenge = {
        'www-authenticate': `Bearer authorization="https://login.microsoftonline.com/${TENANT}", resource="${resource}"`,
      };
      return { status, headers: status === 401 ? challenge : {}, body: response };
    }, TLS);
    return service;
  }

  const compare = (
    received: HttpService['received'],
    exchanges: typeof recording.on_encrypt,
    random: Record<string, unknown> = {},
  ) => {
    expect(received.map(({ method, path }) => [method, path])).toEqual(
      exchanges.map(({ method, path }) => [method, path]),
    );
    for (const [at, { headers, body }] of exchanges.entries()) {
      const names = ['Accept', 'Authorization', 'Content-Type'];
      for (const name of names) expect(received[at]?.headers[name.toLowerCase()]).toBe(headers[name]);
      if (body === '') expect(received[at]?.body).toBe('');
      else expect(JSON.parse(received[at]?.body ?? '')).toEqual({ ...JSON.parse(body), ...random });
    }
  };

  test('decrypt', async () => {
    const service = await play(recording.on_decrypt);
    const file = join(folder, 'encrypted.yaml');
    copyFileSync(fixturePath(recording.file), file);
    writeFileSync(file, readFileSync(file, 'utf8').replace(/https:\/\/127\.0\.0\.1:\d+/, service.url));
    const ran = await run(['decrypt', file], { cwd: folder, env: { ...ROOTS, SOPS_AZURE_KEYVAULT_ALLOWLIST: 'all' } });
    expect([ran.status, withoutNotes(ran)]).toEqual([0, '']);
    expect(ran.stdout.toString()).toBe(recording.plaintext);
    compare(service.received, recording.on_decrypt);
    await service.close();
  });

  test('encrypt', async () => {
    const service = await play(recording.on_encrypt);
    writeFileSync(join(folder, 'plain.yaml'), recording.plaintext);
    const words = ['encrypt', '--azure-kv', `${service.url}/keys/k1`, 'plain.yaml'];
    const ran = await run(words, { cwd: folder, env: ROOTS });
    expect([ran.status, withoutNotes(ran)]).toEqual([0, '']);
    compare(service.received, recording.on_encrypt, { value: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/) });
    expect(ran.stdout.toString()).toContain(JSON.parse(recording.on_encrypt.at(-1)?.response ?? '').value);
    expect(ran.stdout.toString()).toContain('version: 78deebed173b48e48f55abf87ed4cf71');
    await service.close();
  });
});
