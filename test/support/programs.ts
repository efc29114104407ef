/** Programs that integration tests use where they are installed, and the notice where they are not. */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** The path of a program that a variable names, else of the one on PATH, which need not be that of who runs it; undefined when it does not run. */
export function findTool(name: string, variable: string, versionArgs: readonly string[]): string | undefined {
  const file = process.env[variable] || onPath(name);
  return spawnSync(file, versionArgs, { stdio: 'ignore' }).status === 0 ? file : undefined;
}

function onPath(name: string): string {
  const places = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name));
  return places.find((place) => existsSync(place)) ?? name;
}

/** The real sops, from `SOPS_BIN` or PATH. */
export const SOPS = findTool('sops', 'SOPS_BIN', ['--version', '--disable-version-check']);

/** Says how many tests do not run, and why. */
export function announceSkipped(count: number, missing: string): void {
  console.warn(`SKIPPED: ${missing}, so ${count} tests did not run`);
}

/** What the real sops prints; throws with its standard error when it fails. */
export function runSops(args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): string {
  const ran = spawnSync(SOPS ?? 'sops', args, { cwd, env: variablesOf(env), encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`sops ended with ${ran.status}: ${ran.stderr}`);
  return ran.stdout;
}

/** The same while servers of the test's own process go on answering. */
export async function runSopsAsync(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  return (await promisify(execFile)(SOPS ?? 'sops', args, { cwd, env: variablesOf(env) })).stdout;
}

function variablesOf(env: Readonly<Record<string, string>>): Record<string, string> {
  return { PATH: process.env.PATH ?? '', SOPS_DISABLE_VERSION_CHECK: '1', ...env };
}
