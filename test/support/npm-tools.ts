/** Programs and packages from npm that tests alone use, and that are too heavy for everybody's install: fetched once, at fixed versions. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from './program.js';

const MINUTES = 300_000;

export interface NpmTools {
  /** The path of a program. */
  bin(name: string): string;
  /** A package, as CommonJS sees it. */
  require(name: string): unknown;
}

/** Fetches packages, `name@version` each; undefined where npm reaches no registry, or they cannot be installed here. */
export function npmTools(packages: readonly string[]): NpmTools | undefined {
  const name = createHash('sha256').update(packages.join()).digest('hex').slice(0, 16);
  const cache = join(ROOT, 'node_modules', '.cache');
  const folder = join(cache, `sops-ts-tools-${name}`);
  if (!existsSync(folder) && !install(packages, cache, folder)) return undefined;
  const modules = join(folder, 'node_modules');
  return { bin: (program) => join(modules, '.bin', program), require: createRequire(join(folder, 'x.js')) };
}

function install(packages: readonly string[], cache: string, folder: string): boolean {
  mkdirSync(cache, { recursive: true });
  const place = mkdtempSync(join(cache, 'tools-'));
  writeFileSync(join(place, 'package.json'), '{"private": true}');
  const words = ['install', '--silent', '--no-audit', '--no-fund', '--ignore-scripts', ...packages];
  const { status } = spawnSync('npm', words, { cwd: place, stdio: 'ignore', timeout: MINUTES });
  try {
    // Another test may have been quicker.
    if (status === 0 && !existsSync(folder)) renameSync(place, folder);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
  return existsSync(folder);
}
