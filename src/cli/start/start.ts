/** What happens before the program is loaded: Node keeps it compiled for the next time, and keeps its own warnings to itself. */
import { existsSync } from 'node:fs';
import module from 'node:module';
import { compileCacheFolder, isPrivateFolder, type Runner, removeOldVersions } from './compile-cache.js';

/** Node's own, as far as it has one: from 22.1 on. */
const { enableCompileCache, getCompileCacheDir } = module as {
  enableCompileCache?: (folder: string) => unknown;
  getCompileCacheDir?: () => string | undefined;
};

/** Prepares for loading the program. Never throws: without a compile cache the program starts all the same, only later. */
export function prepare(): void {
  // Node's own warnings (deprecations, experiments) are for the authors of the program, who trace them.
  if (!/--trace-(?:warnings|deprecation)/.test(`${process.execArgv} ${process.env.NODE_OPTIONS}`)) {
    process.removeAllListeners('warning');
  }
  if (enableCompileCache && !process.versions.bun) keepCompiled(enableCompileCache);
}

function keepCompiled(enable: (folder: string) => unknown): void {
  const runner: Runner = { env: process.env, platform: process.platform, user: process.geteuid?.() };
  try {
    const folder = compileCacheFolder(runner);
    if (folder === undefined || !isPrivateFolder(folder, runner)) return;
    enable(folder);
    const own = getCompileCacheDir?.();
    if (own && !existsSync(own)) removeOldVersions(own);
  } catch {
    // Another run may have removed what this one looked at.
  }
}
