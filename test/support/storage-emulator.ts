/** An emulator of Google Cloud Storage for integration tests (GCS_EMULATOR_BIN or `gcp-storage-emulator` on PATH). */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { unusedPort } from '../unit/keys/http-service.js';
import { findTool } from './programs.js';

export const STORAGE_EMULATOR = findTool('gcp-storage-emulator', 'GCS_EMULATOR_BIN', ['--help']);

export class StorageEmulator {
  private constructor(
    readonly url: string,
    private readonly server: ChildProcess,
  ) {}

  /** Starts it with one bucket, and waits until it answers. */
  static async start(bucket: string): Promise<StorageEmulator> {
    const port = await unusedPort();
    const args = ['start', '-M', '-q', '--host', '127.0.0.1', '--port', String(port), '--default-bucket', bucket];
    const server = spawn(STORAGE_EMULATOR ?? '', args, { stdio: 'ignore', detached: true });
    const emulator = new StorageEmulator(`http://127.0.0.1:${port}`, server);
    for (let tries = 0; tries < 120; tries++) {
      const answer = await fetch(`${emulator.url}/storage/v1/b/${bucket}`).catch(() => undefined);
      if (answer?.ok) return emulator;
      await sleep(250);
    }
    throw new Error('gcp-storage-emulator does not start');
  }

  /** The bytes of an object; undefined when there is none. */
  async read(bucket: string, name: string): Promise<Buffer | undefined> {
    const answer = await fetch(`${this.url}/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}?alt=media`);
    return answer.ok ? Buffer.from(await answer.arrayBuffer()) : undefined;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.server.once('exit', resolve));
    process.kill(-(this.server.pid ?? 0));
    await ended;
  }
}
