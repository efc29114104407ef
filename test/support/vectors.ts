/** The vectors of the file format: one folder a case, made by the real sops (fixtures/vectors/README.md). */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = new URL('../../fixtures/vectors', import.meta.url).pathname;

interface Command {
  readonly global_args: string[];
  readonly args: string[];
  readonly file: string;
  readonly output: string | null;
  readonly keys?: string[];
}

export interface Vector {
  readonly name: string;
  readonly note: string;
  readonly expect: 'ok' | 'decrypt-fails' | 'encrypt-fails' | 'defect';
  readonly config: string | null;
  readonly encrypt: Command | null;
  readonly decrypt: Command | null;
  readonly changed: boolean;
  readonly failure: { stage: string; exit_code: number; stderr_contains?: string[] } | null;
}

function json(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
}

export const VECTORS: readonly Vector[] = (
  json(join(ROOT, 'index.json')).cases as { name: string; note: string; expect: Vector['expect'] }[]
).map(({ name, note, expect }) => {
  const args = json(join(ROOT, name, 'args.json'));
  const failure = join(ROOT, name, 'expect.json');
  return {
    name,
    note,
    expect,
    config: args.config as string | null,
    encrypt: args.encrypt as Command | null,
    decrypt: args.decrypt as Command | null,
    changed: args.changed_after_encryption !== null,
    failure: existsSync(failure) ? (json(failure) as unknown as NonNullable<Vector['failure']>) : null,
  };
});

/** Whether a vector needs a gpg program to decrypt or encrypt. */
export function needsGpg({ config, encrypt, decrypt }: Vector): boolean {
  const keys = decrypt?.keys ?? [];
  return [...keys, ...(encrypt?.args ?? [])].some((word) => word.includes('pgp')) || /\bpgp:/.test(config ?? '');
}

export const hasGpg = spawnSync('gpg', ['--version']).status === 0;

/** A scratch folder with the case's files, and the keyrings of gpg with and without the vectors' secret keys. */
export class Workshop {
  readonly folder = mkdtempSync(join(tmpdir(), 'sops-ts-v-'));
  private readonly gnupg = join(this.folder, 'gnupg');
  private readonly noGnupg = join(this.folder, 'none');

  constructor() {
    for (const home of [this.gnupg, this.noGnupg]) mkdirSync(home, { mode: 0o700 });
    if (!hasGpg) return;
    const keys = join(ROOT, 'keys');
    for (const name of readdirSync(keys).filter((key) => key.endsWith('.sec.asc'))) {
      spawnSync('gpg', ['--batch', '--import', join(keys, name)], { env: { ...process.env, GNUPGHOME: this.gnupg } });
    }
  }

  /** Lays out a case and returns its folder. */
  layOut(vector: Vector): string {
    const folder = join(this.folder, vector.name);
    cpSync(join(ROOT, vector.name), folder, { recursive: true });
    if (vector.config !== null) writeFileSync(join(folder, '.sops.yaml'), vector.config);
    return folder;
  }

  /** The environment of a case with these identities. */
  env(keys: readonly string[]): Record<string, string> {
    const ages = keys.map((key) => join(ROOT, 'keys', `${key}.txt`)).filter((path) => existsSync(path));
    const gpg = keys.some((key) => key.startsWith('pgp'));
    return {
      PATH: process.env.PATH ?? '',
      HOME: this.folder,
      GNUPGHOME: gpg ? this.gnupg : this.noGnupg,
      ...(ages.length > 0 ? { SOPS_AGE_KEY: ages.map((path) => readFileSync(path, 'utf8')).join('\n') } : {}),
    };
  }

  remove(): void {
    if (hasGpg) {
      const env = { ...process.env, GNUPGHOME: this.gnupg };
      spawnSync('gpgconf', ['--kill', 'all'], { env });
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function readCase(folder: string, name: string): Buffer {
  return readFileSync(join(folder, name));
}
