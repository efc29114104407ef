/** A scratch folder with an age key of its own, where tests lay out files and run the real main on them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity } from '../../src/keys/age/x25519.js';
import { type Ran, run } from './run.js';

export class Desk {
  readonly folder = mkdtempSync(join(tmpdir(), 'sops-ts-desk-'));
  readonly identity: string;
  readonly recipient: string;

  constructor() {
    const { identity, recipient } = generateIdentity();
    this.identity = identity;
    this.recipient = recipient;
  }

  /** The whole environment of a run: the key for both ways, and a home where nothing is. */
  get env(): Record<string, string> {
    return {
      PATH: process.env.PATH ?? '',
      HOME: join(this.folder, 'home'),
      SOPS_AGE_RECIPIENTS: this.recipient,
      SOPS_AGE_KEY: this.identity,
    };
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Writes a file and returns its path. */
  write(name: string, content: Uint8Array | string): string {
    const path = this.path(name);
    writeFileSync(path, content);
    return path;
  }

  read(name: string): Buffer {
    return readFileSync(this.path(name));
  }

  text(name: string): string {
    return this.read(name).toString('utf8');
  }

  /** What is in the folder, sorted. */
  names(): string[] {
    return readdirSync(this.folder).sort();
  }

  /** Runs main in the folder; `env` is added to the desk's own. */
  run(
    words: readonly string[],
    options: { env?: Record<string, string>; stdin?: Uint8Array | string; platform?: NodeJS.Platform } = {},
  ): Promise<Ran> {
    const { env = {}, ...more } = options;
    return run(words, { cwd: this.folder, env: { ...this.env, ...env }, ...more });
  }

  /** Encrypts content under a file name and returns the ciphertext. Throws when that fails. */
  async encrypt(name: string, content: Uint8Array | string, ...flags: readonly string[]): Promise<Buffer> {
    const ran = await this.run(['encrypt', '--filename-override', name, ...flags], { stdin: content });
    if (ran.status !== 0) throw new Error(`encrypt ended with ${ran.status}: ${ran.stderr}`);
    return ran.stdout;
  }

  /** Decrypts content under a file name. */
  decrypt(name: string, content: Uint8Array | string, ...flags: readonly string[]): Promise<Ran> {
    return this.run(['decrypt', '--filename-override', name, ...flags], { stdin: content });
  }

  /** Removes all that is in the folder. */
  clear(): void {
    for (const name of this.names()) rmSync(this.path(name), { recursive: true, force: true });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
