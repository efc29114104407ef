/** The start-up loader: variables of encrypted files in the environment before a program begins (docs/library.md#at-start-up). */
import { createHash } from 'node:crypto';
import { SopsError } from '../errors.js';
import { isKeyVariable } from '../exec/key-variables.js';
import { readFileSync, statSync } from '../util/files/fs.js';
import { resolve } from '../util/files/paths.js';
import { wordedFailure } from '../util/host/system-failure.js';
import { oneLine } from '../util/text/one-line.js';
import { inCall } from './call.js';
import { chosenFiles, isSwitchedOn, loadedInto } from './env-files.js';
import type { EnvResult } from './types.js';

/** What the loader has of its process. */
export interface Starting {
  /** Written to. */
  readonly env: Record<string, string | undefined>;
  readonly cwd: string;
  readonly pid: number;
}

/** By this workers and children, which inherit the environment, know that it has been done. */
const MARKER = 'SOPS_TS_LOADED';

/** Puts the variables into the environment, once. Throws as `loadEnv` does. */
export async function loadOnce(starting: Starting): Promise<void> {
  if (isLoaded(starting)) return;
  const mark = markOf(starting);
  const { env, cwd } = starting;
  await load({ env, cwd }, env);
  finish(starting, mark);
}

/** The same with what another process has opened: `open` is given the environment to open the files with, and gives the variables. */
export function loadOnceBy(open: (env: Starting['env']) => Readonly<Record<string, string>>, starting: Starting): void {
  if (isLoaded(starting)) return;
  const mark = markOf(starting);
  // What is loaded into this process before it starts is not to be loaded into that one.
  const { NODE_OPTIONS: _, BUN_OPTIONS: __, ...env } = starting.env;
  for (const [name, value] of Object.entries(open(env))) starting.env[name] = value;
  finish(starting, mark);
}

/** The variables that the loader would set, for a process that waits for them. Throws as `loadEnv` does. */
export async function variablesToSet({ env, cwd }: Starting): Promise<Record<string, string>> {
  const into = { ...env };
  const { set } = await load({ env, cwd }, into);
  return Object.fromEntries(set.map((name) => [name, into[name] ?? '']));
}

/** As `loadEnv`, whose options nobody can give here: no error names them. */
function load(
  options: { readonly env: Starting['env']; readonly cwd: string },
  into: Starting['env'],
): Promise<EnvResult> {
  return inCall(options, (call) => loadedInto({ ...options, into }, call));
}

/** At most five lines on why a program does not start; no value. */
export function whyNotStarted(thrown: unknown): string {
  const error = wordedFailure(thrown);
  const sentences =
    error instanceof SopsError
      ? [error.message, placeOf(error), error.hint ?? '']
      : [`internal error: ${String(error)}`];
  const lines = sentences.flatMap((text) => text.split('\n')).filter((line) => line !== '');
  return lines
    .slice(0, MOST_LINES)
    .map((line, at) => `${at === 0 ? 'sops-ts: ' : ''}${oneLine(line)}\n`)
    .join('');
}

const MOST_LINES = 5;

/** Of several files the one that it is about, where the message does not say. */
function placeOf({ file, message }: SopsError): string {
  return file === undefined || message.includes(file) ? '' : `in file ${file}`;
}

/** Tells one set of files from another, and from the same with other content, which a pipe would give once. Undefined when there is none. */
function markOf({ env, cwd }: Starting): string | undefined {
  const files = chosenFiles({}, { env, cwd });
  if (files.length === 0) return undefined;
  const hash = createHash('sha256');
  for (const file of files) {
    const path = resolve(cwd, file);
    hash.update(`${path}\0`);
    try {
      const stats = statSync(path);
      hash.update(stats.isFile() ? readFileSync(path) : `${stats.dev} ${stats.ino}`);
    } catch {
      // Opening it says why it cannot be read.
      return undefined;
    }
  }
  return hash.digest('hex').slice(0, 32);
}

/**
 * Whether what is found here has been loaded. Where nothing is, as for children that work in another folder, it is what was found in the
 * folder that the marker names: they are to have the same, and there is nothing else to load.
 */
function isLoaded(starting: Starting): boolean {
  const [mark = '', _, ...folder] = starting.env[MARKER]?.split('.') ?? [];
  if (mark === '') return false;
  return (markIfAny(starting) ?? markIfAny({ ...starting, cwd: folder.join('.') })) === mark;
}

function markIfAny(starting: Starting): string | undefined {
  try {
    return markOf(starting);
  } catch (error) {
    if (error instanceof SopsError) return undefined;
    throw error;
  }
}

function finish({ env, cwd, pid }: Starting, mark: string | undefined): void {
  if (mark !== undefined) env[MARKER] = `${mark}.${pid}.${cwd}`;
  if (!isSwitchedOn(env.SOPS_DROP_KEYS)) return;
  for (const name of Object.keys(env)) if (isKeyVariable(name)) delete env[name];
}
