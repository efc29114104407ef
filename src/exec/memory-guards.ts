/** What keeps the memory of this process from disks and dumps, as far as that can be had without native code (docs/agent.md#what-protects-it). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../util/host/host.js';
import { readQuietly } from '../util/locks/processes.js';
import { findProgram } from './find-program.js';
import { runProgram } from './run-program.js';

export type GuardState = 'off' | 'possible' | 'unknown';

export interface MemoryGuards {
  /** Whether the system writes no dump of it when it crashes, or one without its memory. */
  readonly coreDumps: GuardState;
  /** Whether what it keeps may get onto a disk with other unused memory. */
  readonly swap: GuardState;
}

const FILTER = '/proc/self/coredump_filter';
/**
 * The one limit that Linux heeds also where dumps go to a program and not to a file: it stands for the dump of a program that takes dumps
 * (core(5), fs/coredump.c).
 */
const NO_CORE = '1:1';

/** Has the system leave the memory of this process out of dumps, and make none. What is not possible is told by `memoryGuards`. Never throws. */
export async function guardMemory(pid: number, host: Host): Promise<void> {
  try {
    writeFileSync(FILTER, '0');
  } catch {
    // No such thing on this system.
  }
  const prlimit = host.platform === 'linux' ? await findProgram('prlimit', host) : null;
  if (prlimit !== null) {
    const args = ['--pid', String(pid), `--core=${NO_CORE}`];
    await runProgram({ file: prlimit, args }, host).catch(() => undefined);
  }
}

/** What holds now. */
export function memoryGuards(): MemoryGuards {
  return { coreDumps: coreDumps(), swap: swap() };
}

function coreDumps(): GuardState {
  const limit = /^Max core file size\s+(\S+)/m.exec(readQuietly('/proc/self/limits'))?.[1];
  if (limit === undefined) return 'unknown';
  if (limit === '1' || /^0+\s*$/.test(readQuietly(FILTER))) return 'off';
  const isPiped = readQuietly('/proc/sys/kernel/core_pattern').startsWith('|');
  return limit === '0' && !isPiped ? 'off' : 'possible';
}

const CONTROL_GROUPS = '/sys/fs/cgroup';

function swap(): GuardState {
  const swaps = readQuietly('/proc/swaps').trim().split('\n');
  if (swaps[0] === '') return 'unknown';
  if (swaps.length === 1) return 'off';
  const group = /^0::(\/.*)$/m.exec(readQuietly('/proc/self/cgroup'))?.[1] ?? '/';
  // A limit of a group holds for those within it.
  const names = group.split('/').filter(Boolean);
  const folders = names.map((_, at) => join(CONTROL_GROUPS, ...names.slice(0, at + 1)));
  const limits = folders.map((folder) => readQuietly(join(folder, 'memory.swap.max')).trim());
  return limits.includes('0') ? 'off' : 'possible';
}
