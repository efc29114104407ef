/** A repository with a creation rule and a key, in which tests of `check` break things and look at what is found. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateIdentity } from '../../src/keys/age/x25519.js';
import { TestRepository } from './repository.js';
import { type Ran, run } from './run.js';

/** A finding as `--json` prints it. */
export interface JsonFinding {
  readonly rule: string;
  readonly severity: string;
  readonly path: string;
  readonly line?: number;
  readonly keyPath?: readonly string[];
  readonly message: string;
  readonly next?: string;
  readonly fingerprint: string;
  readonly commit?: string;
}

export interface JsonReport {
  readonly version: number;
  readonly findings: readonly JsonFinding[];
  readonly problems: readonly { readonly code: string; readonly message: string; readonly file?: string }[];
  readonly summary: Readonly<Record<string, unknown>>;
}

export class CheckedRepository extends TestRepository {
  readonly key = generateIdentity();

  /** The rule is for what is below `secrets/`, unless another configuration is given. */
  constructor(config?: (recipient: string) => string) {
    super();
    const usual = `creation_rules:\n  - path_regex: ^secrets/\n    age: ${this.key.recipient}\n`;
    this.write({ '.sops.yaml': config?.(this.key.recipient) ?? usual });
  }

  /** Runs the real main at the top, or in a folder below. */
  sops(words: readonly string[], { folder = '', env = {}, stdin = '' } = {}): Promise<Ran> {
    const whole = { ...this.env, SOPS_AGE_KEY: this.key.identity, ...env };
    return run(words, { cwd: join(this.folder, folder), env: whole, stdin });
  }

  /** Writes a file encrypted, by the rule for its path. */
  async seal(path: string, content: string, ...flags: readonly string[]): Promise<string> {
    const ran = await this.sops(['encrypt', '--filename-override', path, ...flags], { stdin: content });
    if (ran.status !== 0) throw new Error(`encrypt ended with ${ran.status}: ${ran.stderr}`);
    const text = ran.stdout.toString('utf8');
    this.write({ [path]: text });
    return text;
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), 'utf8');
  }

  /** Changes the text of a file. */
  change(path: string, change: (text: string) => string): void {
    const before = this.read(path);
    const after = change(before);
    if (after === before) throw new Error(`${path} did not change`);
    this.write({ [path]: after });
  }

  /** What `check --json` with these words prints; the status goes along. No key is there for it. */
  async check(
    words: readonly string[] = [],
    options: { folder?: string; env?: Record<string, string> } = {},
  ): Promise<JsonReport & { readonly status: number; readonly stderr: string; readonly text: string }> {
    const env = { SOPS_AGE_KEY: '', ...options.env };
    const ran = await this.sops(['check', '--json', ...words], { ...options, env });
    const text = ran.stdout.toString('utf8');
    if (text === '') throw new Error(`check ended with ${ran.status}: ${ran.stderr}`);
    return { ...(JSON.parse(text) as JsonReport), status: ran.status, stderr: ran.stderr, text };
  }

  /** The findings as `rule path`, in the order in which they are told. */
  async found(words: readonly string[] = []): Promise<string[]> {
    return (await this.check(words)).findings.map(({ rule, path }) => `${rule} ${path}`);
  }
}
