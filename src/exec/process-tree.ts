/** Which processes there are below one, as the system tells it. */

import { spawnSync } from 'node:child_process';
import { listQuietly } from '../util/files/files.js';
import { append } from '../util/lists.js';
import { readQuietly, statFields } from '../util/locks/processes.js';

/** A process that may have ended since; its start tells it from a later one with the same number. */
export interface KnownProcess {
  readonly pid: number;
  /** Clock ticks since the system's start; empty where the system does not tell. */
  readonly start: string;
}

interface ProcessFacts extends KnownProcess {
  readonly parent: number;
}

/** All processes below one, at this moment. */
export function descendantsOf(pid: number): KnownProcess[] {
  const children = new Map<number, ProcessFacts[]>();
  for (const facts of allProcesses()) {
    const siblings = children.get(facts.parent);
    if (siblings) siblings.push(facts);
    else children.set(facts.parent, [facts]);
  }
  const found: ProcessFacts[] = [...(children.get(pid) ?? [])];
  for (const facts of found) append(found, children.get(facts.pid) ?? []);
  return found;
}

/** Whether a process is there and not stopped. False where the system does not tell. */
export function isRunning(pid: number): boolean {
  const state = statFields(pid)?.[0];
  return state !== undefined && !/[TtZX]/.test(state);
}

/** Whether the process group of this process is the one that the terminal sends its signals to. */
export function isInForeground(): boolean {
  const [, , group, , , foreground] = statFields('self') ?? [];
  return group !== undefined && group === foreground;
}

/** Whether a process has a handler of its own for a signal. False where the system does not tell. */
export function catches(pid: number, signal: number): boolean {
  const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readQuietly(`/proc/${pid}/status`))?.[1];
  return mask !== undefined && ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n;
}

function allProcesses(): ProcessFacts[] {
  const names = listQuietly('/proc').filter((name) => /^\d+$/.test(name));
  if (names.length === 0) return processesByPs();
  return names.flatMap((name) => {
    const fields = statFields(name);
    return fields ? [{ pid: Number(name), parent: Number(fields[1]), start: fields[19] ?? '' }] : [];
  });
}

function processesByPs(): ProcessFacts[] {
  const { stdout } = spawnSync('/bin/ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8', env: {} });
  return [...(stdout ?? '').matchAll(/^[ \t]*(\d+)[ \t]+(\d+)[ \t]*\r?$/gm)].map((match) => ({
    pid: Number(match[1]),
    parent: Number(match[2]),
    start: '',
  }));
}
