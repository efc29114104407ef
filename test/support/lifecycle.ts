/** The life cycle vectors (fixtures/lifecycle/README.md), and folders to run them in. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatOfName } from '../../src/formats/registry.js';
import { keyStringOf } from '../../src/keyservice/keyservice.js';
import { metadataFromBranch } from '../../src/metadata/from-branch.js';
import type { Metadata } from '../../src/metadata/metadata.js';
import { itemOf } from '../../src/tree/tree.js';
import { type Ran, run } from './run.js';

const FIXTURES = new URL('../../fixtures/lifecycle', import.meta.url).pathname;

export interface LifecycleCase {
  readonly id: string;
  readonly file: string;
  readonly config?: object | string;
  readonly args: readonly string[];
  readonly stdin?: string;
  readonly identities?: string;
  readonly expect: {
    readonly exit: number;
    /** Null: a document. */
    readonly stdout: string | null;
    readonly stderr: string;
    readonly file_changed: boolean;
    readonly result_groups?: readonly (readonly string[])[];
    readonly result_threshold?: number;
    readonly values_reencrypted?: boolean;
  };
}

export const LIFECYCLE = JSON.parse(readFileSync(join(FIXTURES, 'lifecycle.json'), 'utf8')) as readonly LifecycleCase[];

/** The recipients of keys/shamir0.txt and so on. */
export const RECIPIENTS = [0, 1, 2, 3, 4].map((at) => /public key: (\S+)/.exec(keyText(at))?.[1] ?? '');

function keyText(at: number): string {
  return readFileSync(join(FIXTURES, `keys/shamir${at}.txt`), 'utf8');
}

/** An environment with the identities of these recipients, and no others. */
export function identitiesOf(keys: readonly number[]): Record<string, string> {
  return { HOME: '/home/nobody-here', ...(keys.length > 0 ? { SOPS_AGE_KEY: keys.map(keyText).join('\n') } : {}) };
}

/** The text of a fixture. */
export function fixture(file: string): string {
  return readFileSync(join(FIXTURES, file.replace('lifecycle/', '')), 'utf8');
}

/** A temporary folder in which command lines run. */
export class Yard {
  readonly folder = mkdtempSync(join(tmpdir(), 'sops-ts-y-'));

  write(name: string, text: string | Buffer): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** Writes a `.sops.yaml` with one rule, or with the text given. */
  configure(rule: object | string): void {
    this.write('.sops.yaml', typeof rule === 'string' ? rule : `creation_rules:\n  - ${JSON.stringify(rule)}\n`);
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8');
  }

  /** Runs with the identities of these recipients, by default all. */
  run(
    words: readonly string[],
    { stdin = '', keys = [0, 1, 2, 3, 4], env = {} }: { stdin?: string; keys?: number[]; env?: object } = {},
  ): Promise<Ran> {
    return run(words, { cwd: this.folder, env: { ...identitiesOf(keys), ...env }, stdin });
  }

  /** Encrypts a text for these recipients into a file of that name. */
  async encrypt(name: string, text: string | Buffer, keys: readonly number[], ...flags: string[]): Promise<void> {
    this.write(name, text);
    const recipients = keys.map((at) => RECIPIENTS[at]).join(',');
    const { status, stderr } = await this.run(['encrypt', '-i', '--age', recipients, ...flags, name]);
    if (status !== 0) throw new Error(stderr);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface Keys {
  readonly metadata: Metadata;
  /** The key strings of each group. */
  readonly groups: readonly (readonly string[])[];
  /** The text of the leaf `a`. */
  readonly a: unknown;
}

/** What an encrypted text says about its keys. */
export async function keysOf(text: string, name = 'f.yaml'): Promise<Keys> {
  const store = await formatOfName(name).load();
  const { documents, metadata: found } = store.parse(Buffer.from(text));
  const metadata = metadataFromBranch(found);
  const groups = await Promise.all(metadata.keyGroups.map((group) => Promise.all(group.map(keyStringOf))));
  const value = documents[0] && itemOf(documents[0], 'a')?.value;
  return { metadata, groups, a: value?.kind === 'leaf' ? value.value : undefined };
}
