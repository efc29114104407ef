/** The vectors of real kustomize and ksops (fixtures/kubernetes), and running our plug-in on them. */
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pluginMain } from '../../src/cli/plugin.js';
import { type Ran, Sink } from './run.js';

export const KUBERNETES = new URL('../../fixtures/kubernetes/', import.meta.url).pathname;
export const AGE_KEYS = join(KUBERNETES, 'keys', 'age.txt');

interface Form {
  readonly exit: number;
  readonly output?: string;
  readonly stderr?: string;
  readonly resourceList?: readonly string[];
  readonly io?: readonly string[];
}

/** A case of ksops: its input folder, and what came of it in both forms. */
export interface KsopsCase {
  readonly id: string;
  readonly about: string;
  readonly in: string;
  readonly build?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly krm: Form;
  readonly legacy: Form;
}

export interface FluxCase {
  readonly id: string;
  readonly in: string;
  readonly path: string;
  readonly exit: number;
  readonly output?: string;
  readonly stderr?: string;
}

/** A recording of what kustomize gives a plug-in. */
export interface PluginCase {
  readonly id: string;
  readonly mode: 'krm' | 'legacy';
  readonly exit: number;
  readonly calls: readonly { readonly stdin: string; readonly config_file?: string }[];
  readonly output?: string;
}

interface Index {
  readonly ksops: readonly KsopsCase[];
  readonly plugins: readonly PluginCase[];
  readonly flux: readonly FluxCase[];
}

export const INDEX = JSON.parse(readFileSync(join(KUBERNETES, 'index.json'), 'utf8')) as Index;

/** A text of the vectors. */
export function vectorText(path: string): string {
  return readFileSync(join(KUBERNETES, path), 'utf8');
}

/** A copy of an input folder, to work in. */
export function copyOfCase(path: string): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'sops-ts-k8s-'));
  cpSync(join(KUBERNETES, path), folder, { recursive: true });
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface PluginOptions {
  readonly cwd: string;
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** The configuration of the audit log. */
  readonly auditConfig?: string;
}

/** Runs the plug-in inside the test process, with the vectors' key. */
export async function runPlugin(words: readonly string[], options: PluginOptions): Promise<Ran> {
  const { cwd, stdin = '', env = {}, auditConfig } = options;
  const out = new Sink();
  const err = new Sink();
  const status = await pluginMain(words, {
    stdin: Readable.from([Buffer.from(stdin)]),
    stdout: out,
    stderr: err,
    env: { SOPS_AGE_KEY_FILE: AGE_KEYS, ...env },
    cwd,
    platform: process.platform,
    ...(auditConfig === undefined ? {} : { auditConfig }),
  });
  return { status, stdout: out.bytes(), stderr: err.bytes().toString('utf8') };
}
