/** Plaintexts in every style, and the same as an earlier sops-ts sealed them (fixtures/styles/README.md). */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { type Ran, run } from './run.js';

/** What encrypt says of styles that their format reads differently from what people mean; tests of their own look at it. */
const TRAPS = /^warning: \S+: other programs read some values differently than SOPS does: .*\n/m;

const FOLDER = new URL('../../fixtures/styles/', import.meta.url);
const KEYS = new URL('../../fixtures/vectors/keys/', import.meta.url);
const OLD = 'old-';

/** The names of the plaintexts. */
export const STYLES: readonly string[] = readdirSync(FOLDER).filter(
  (name) => !name.startsWith(OLD) && !name.startsWith('.') && extname(name) !== '.md',
);
/** Those that an earlier sops-ts sealed, too. */
export const OLD_STYLES: readonly string[] = STYLES.filter((name) => readdirSync(FOLDER).includes(OLD + name));

export function styled(name: string): Buffer {
  return readFileSync(new URL(name, FOLDER));
}

export function sealedBefore(name: string): Buffer {
  return styled(OLD + name);
}

interface StyleOptions {
  readonly env?: Record<string, string>;
  readonly stdin?: Buffer | string;
  /** Whether it may write on standard error. */
  readonly talks?: boolean;
}

/** A folder to run commands in, with the identity that the old files are for. */
export class StyleDesk {
  readonly folder = mkdtempSync(join(tmpdir(), 'sops-ts-s-'));
  readonly identity = readFileSync(new URL('age-1.txt', KEYS), 'utf8');
  readonly recipient = readFileSync(new URL('age-1.pub', KEYS), 'utf8').trim();

  constructor() {
    this.configure(this.recipient);
  }

  /** Writes the one rule: who is to read all files. */
  configure(recipients: string): void {
    this.write('.sops.yaml', `creation_rules:\n  - age: ${recipients}\n`);
  }

  write(name: string, content: Buffer | string): void {
    writeFileSync(join(this.folder, name), content);
  }

  read(name: string): Buffer {
    return readFileSync(join(this.folder, name));
  }

  /** Runs a command line that must succeed, without a word on standard error unless `talks`. */
  async run(words: readonly string[], options: StyleOptions = {}): Promise<Buffer> {
    const env = { SOPS_AGE_KEY: this.identity, SOPS_AGE_RECIPIENTS: this.recipient, PATH: process.env.PATH ?? '' };
    const ran: Ran = await run(words, {
      cwd: this.folder,
      env: { ...env, ...options.env },
      stdin: options.stdin ?? '',
    });
    const said = ran.stderr.replace(TRAPS, '');
    if (ran.status !== 0 || (!options.talks && said !== '')) {
      throw new Error(`${words.join(' ')} ended with ${ran.status}: ${ran.stderr}`);
    }
    return ran.stdout;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The path of a value in a plaintext of these, as `set` takes it. */
export function somePath(name: string): string {
  if (name.endsWith('.env')) return '["A"]';
  if (name.endsWith('.ini')) return '["s"]["a"]';
  if (name === 'minified.json') return '["stringData"]["a"]';
  if (name === 'many-styles.yaml') return '["name"]';
  return name === 'blocks.yaml' ? '["last"]' : '["a"]';
}
