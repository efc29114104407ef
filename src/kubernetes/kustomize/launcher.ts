/** Putting the plug-in where kustomize and Argo CD look for it (docs/kubernetes/kustomize.md#how-plug-ins-are-found). */

import { dirname, join, resolve } from 'node:path';
import { SopsError } from '../../errors.js';
import { writeFileSafely } from '../../util/atomic-write.js';
import { systemReason } from '../../util/files.js';
import { chmodSync, mkdirSync, readFileSync } from '../../util/fs.js';
import type { Host } from '../../util/host.js';
import { isFolder } from './kustomization.js';

/** What a launcher starts. */
export interface LaunchTarget {
  /** The program, absolute, and its first words: a runtime and a script, or the executable. */
  readonly command: readonly string[];
  /** Variables that it gets. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The kinds that the plug-in knows, as the plug-in layout of kustomize wants them. */
export const LEGACY_KINDS = [
  { apiVersion: 'viaduct.ai/v1', kind: 'ksops' },
  { apiVersion: 'sops-ts.dev/v1', kind: 'SopsGenerator' },
] as const;

const EXECUTABLE = 0o755;

/** Writes a launcher of mode 0755. Folders are made. Throws `output-unwritable`. */
export async function writeLauncher(path: string, { command, env = {} }: LaunchTarget): Promise<void> {
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (cause) {
    throw new SopsError('output-unwritable', `cannot make ${dirname(path)}: ${systemReason(cause)}`, { cause });
  }
  const exports = Object.entries(env).map(([name, value]) => `export ${name}=${shellQuoted(value)}\n`);
  const text = `#!/bin/sh\n${exports.join('')}exec ${command.map(shellQuoted).join(' ')} "$@"\n`;
  await writeFileSafely(path, Buffer.from(text), { mode: EXECUTABLE });
  try {
    chmodSync(path, EXECUTABLE);
  } catch (cause) {
    throw new SopsError('output-unwritable', `cannot make ${path} executable: ${systemReason(cause)}`, { cause });
  }
}

/** Copies a program, so that it can be executed; under its name stands all of it or what was there. Throws `output-unwritable`. */
export async function copyProgram(from: string, to: string): Promise<void> {
  try {
    const program = readFileSync(from);
    mkdirSync(dirname(to), { recursive: true });
    await writeFileSafely(to, program, { mode: EXECUTABLE });
    chmodSync(to, EXECUTABLE);
  } catch (cause) {
    if (cause instanceof SopsError) throw cause;
    throw new SopsError('output-unwritable', `cannot copy ${from} to ${to}: ${systemReason(cause)}`, { cause });
  }
}

/** The path of a legacy plug-in below a home of plug-ins. */
export function legacyPath(home: string, { apiVersion, kind }: { apiVersion: string; kind: string }): string {
  return join(home, apiVersion, kind.toLowerCase(), kind);
}

/** The homes of plug-ins that kustomize looks at, in its order; the first that exists is the one. */
export function pluginHomes({ env }: Pick<Host, 'env'>): string[] {
  const home = env.HOME
    ? [join(env.HOME, '.config', 'kustomize', 'plugin'), join(env.HOME, 'kustomize', 'plugin')]
    : [];
  return [
    ...(env.KUSTOMIZE_PLUGIN_HOME ? [env.KUSTOMIZE_PLUGIN_HOME] : []),
    ...(env.XDG_CONFIG_HOME ? [join(env.XDG_CONFIG_HOME, 'kustomize', 'plugin')] : []),
    ...home,
  ];
}

/** The home that kustomize would use; the first of the possible ones if none exists yet. Throws `failed` without any. */
export function pluginHome(host: Pick<Host, 'env' | 'cwd'>): string {
  const homes = pluginHomes(host).map((path) => resolve(host.cwd, path));
  const found = homes.find(isFolder) ?? homes[0];
  if (found) return found;
  throw new SopsError('failed', 'no home for plug-ins: neither KUSTOMIZE_PLUGIN_HOME, XDG_CONFIG_HOME nor HOME is set');
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
