/** Processes as the system tells of them, and the machine on which their numbers mean something. */
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
// Whether a process is there; nothing is sent.
import { kill } from 'node:process';
import { systemCode } from '../files/files.js';

/** When a process started; null when there is none, or only its exit status is left, or the system does not tell. */
export function startOf(pid: number): string | null {
  const fields = statFields(pid);
  return fields === null || fields[STATE] === 'Z' ? null : (fields[START] ?? '');
}

/** Which of the {@link statFields} say what a process does (`Z`: it has ended), and when it started. */
export const STATE = 0;
export const START = 19;

/** The fields of proc(5) `stat` from the third on (state, parent, group, session, terminal, foreground group, …). */
export function statFields(pid: number | string): string[] | null {
  const text = readQuietly(`/proc/${pid}/stat`);
  // The second field, the program's name in parentheses, may itself hold blanks and parentheses.
  return text === '' ? null : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** Whether there is a process of this number, even one that only waits for its end to be taken note of. */
export function isThere(pid: number): boolean {
  try {
    return kill(pid, 0);
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}

/** Process numbers mean something within one machine and one name space of processes only. Eight hexadecimal digits. */
export function machineTag(): string {
  return tagOf(hostname(), linkQuietly('/proc/self/ns/pid'));
}

/** From one start of the machine to the next. */
export function bootTag(): string {
  return tagOf(readQuietly('/proc/sys/kernel/random/boot_id'));
}

/** Where the name of a folder that a process makes begins, so that later runs can tell whether it still runs: `.sops-ts-MACHINE-BOOT-PID-START-`. */
export function folderMark(pid: number): string {
  return `.sops-ts-${machineTag()}-${bootTag()}-${pid}-${startOf(pid) || '0'}-`;
}

/** A short stand-in for texts. */
export function tagOf(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 8);
}

/** The content of a file of the system's; empty where there is none. */
export function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function linkQuietly(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
