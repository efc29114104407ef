/** Putting the plug-in where kustomize and Argo CD look for it (docs/kubernetes/kustomize.md#how-plug-ins-are-found). */

import { dirname, join } from 'node:path';
import { SopsError } from '../../errors.js';
import { writeFileSafely } from '../../util/files/atomic-write.js';
import { systemReason } from '../../util/files/files.js';
import { chmodSync, mkdirSync, readFileSync } from '../../util/files/fs.js';
import { sweepFolder } from '../../util/files/leftovers.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
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

/** Names that generators of the KRM form call the plug-in by. */
export const PROGRAM_NAMES: readonly string[] = ['ksops', 'sops-ts-kustomize'];

/** How kustomize starts a plug-in: with a file, or with a list of objects on standard input. */
export type PluginForm = 'legacy' | 'krm';

/** The folder, below the one where kustomize starts a generator, with what generators print, by their names. */
export const MADE = '.sops-ts-made';

const EXECUTABLE = 0o755;

/** Refuses on Windows, where nobody starts a script by its name, what would end in one. Throws `failed`. */
export function refuseOnWindows({ platform }: Pick<Host, 'platform'>, what: string, hint: string): void {
  if (platform !== 'win32') return;
  throw new SopsError('failed', `${what} a script for a shell, which Windows does not start by its name`, { hint });
}

/** Writes a launcher of mode 0755. Folders are made. Throws `output-unwritable`. */
export async function writeLauncher(path: string, { command, env = {} }: LaunchTarget): Promise<void> {
  const exports = Object.entries(env).map(([name, value]) => `export ${name}=${shellQuoted(value)}\n`);
  await writeScript(path, `${exports.join('')}exec ${inWords(command)} "$@"\n`);
}

/**
 * Writes a launcher that prints what was made ahead for a generator below the folder `made`, and starts the program for any other. It goes by
 * where kustomize starts it and the generator's name, as kustomize prints it: the first below the first `metadata:`.
 */
export async function writeMadeLauncher(
  path: string,
  { command }: LaunchTarget,
  form: PluginForm,
  made: string,
): Promise<void> {
  const isKrm = form === 'krm';
  const indent = isKrm ? '  ' : '';
  const program = inWords(command);
  const otherwise = isKrm
    ? `[ "$found" ] || seen=$seen$line\n{ printf %s "$seen"; exec cat; } | ${program}`
    : `exec ${program} "$@"`;
  await writeScript(
    path,
    `made=${shellQuoted(made)}
seen= line= at= name= found=
while IFS= read -r line; do
  seen="$seen$line
"
  case $line in
    '${indent}metadata:') at=metadata ;;
    '${indent}  name: '*) if [ "$at" ]; then name=\${line#'${indent}  name: '} found=1; break; fi ;;
  esac
done${isKrm ? '' : ' < "$1"'}
case $name in
  '' | */*) ;;
  *) cd -P . && file=$made$PWD/${MADE}/$name && [ -f "$file" ] && exec cat "$file" ;;
esac
${otherwise}
`,
  );
}

async function writeScript(path: string, text: string): Promise<void> {
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (cause) {
    throw new SopsError('output-unwritable', `cannot make ${dirname(path)}: ${systemReason(cause)}`, { cause });
  }
  sweepFolder(dirname(path));
  await writeFileSafely(path, Buffer.from(`#!/bin/sh\n${text}`), { mode: EXECUTABLE });
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
    sweepFolder(dirname(to));
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

function inWords(command: readonly string[]): string {
  return command.map(shellQuoted).join(' ');
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
