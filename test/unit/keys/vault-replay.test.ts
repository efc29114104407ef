/** What is sent to Vault, beside what the real sops sent. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run, withoutNotes } from '../../support/run.js';
import { Playback, recordingOf } from './wire.js';

describe('as the real sops talks to it', () => {
  const recording = recordingOf('vault-transit');
  const [encrypting] = recording.on_encrypt;

  const compare = (received: Playback['received'], exchanges: typeof recording.on_encrypt, part?: string) => {
    expect(received.map(({ method, path }) => [method, path])).toEqual(
      exchanges.map(({ method, path }) => [method, path]),
    );
    for (const [at, { headers, body }] of exchanges.entries()) {
      for (const [name, value] of Object.entries(headers))
        expect(received[at]?.headers[name.toLowerCase()]).toBe(value);
      const wanted = JSON.parse(body);
      expect(JSON.parse(received[at]?.body ?? '')).toEqual(
        part === undefined ? wanted : { ...wanted, plaintext: expect.any(String) },
      );
    }
  };

  test('decrypt', async () => {
    const playback = await Playback.start(recording, recording.on_decrypt);
    const env = { VAULT_TOKEN: 'root', VAULT_ADDR: playback.url };
    const file = join(playback.folder, playback.encrypted);
    writeFileSync(file, readFileSync(file, 'utf8').replace(/http:\/\/127\.0\.0\.1:\d+/, playback.url));
    const ran = await run(['decrypt', playback.encrypted], { cwd: playback.folder, env });
    expect([ran.status, withoutNotes(ran)]).toEqual([0, '']);
    expect(ran.stdout.toString()).toBe(recording.plaintext);
    compare(playback.received, recording.on_decrypt);
    await playback.close();
  });

  test('encrypt', async () => {
    const playback = await Playback.start(recording, recording.on_encrypt);
    const uri = `${playback.url}/v1/transit/keys/sops`;
    const words = ['encrypt', '--hc-vault-transit', uri, playback.plain];
    const ran = await run(words, { cwd: playback.folder, env: { VAULT_TOKEN: 'root' } });
    expect([ran.status, withoutNotes(ran)]).toEqual([0, '']);
    compare(playback.received, recording.on_encrypt, 'random');
    expect(ran.stdout.toString()).toContain(JSON.parse(encrypting?.response ?? '').data.ciphertext);
    await playback.close();
  });
});
