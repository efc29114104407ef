/** Names of temporary files: recognisable after a SIGKILL, with who made them, and never as long as the name of a file may be. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pid as ownPid } from 'node:process';
import { bootTag, isThere, machineTag, startOf, tagOf } from '../locks/processes.js';

const PREFIX = '.sops-ts-';
const SUFFIX = '.tmp';
/** Hexadecimal digits of the parts of a name: the machine, the process's number, its start, and what makes it unique. */
const [MACHINE, PID, START, RANDOM] = [6, 6, 4, 8];
const NAME = new RegExp(
  `^\\.sops-ts-([0-9a-f]{${MACHINE}})([0-9a-f]{${PID}})([0-9a-f]{${START}})[0-9a-f]{${RANDOM}}\\.tmp$`,
);
const SHELL_NAME = /^\.sops-ts-\d{1,10}\.tmp$/;

/** A path in a folder that nothing else has. */
export function temporaryIn(folder: string): string {
  // A UUID begins with as many random digits, and Node draws the bytes of many at once.
  return join(folder, `${PREFIX}${ownMark()}${randomUUID().slice(0, RANDOM)}${SUFFIX}`);
}

/** What fits every such name, and that of the file which the shell makes for the merge driver, for git's lists. */
export const TEMPORARY_PATTERN = `${PREFIX}*${SUFFIX}`;
/** The file of a shell, in which `$$` stands for its process. */
export const SHELL_TEMPORARY = `${PREFIX}$$${SUFFIX}`;

/** Whether it is the name of a temporary file, and not one that only begins like it. */
export function isTemporaryName(name: string): boolean {
  return NAME.test(name) || SHELL_NAME.test(name);
}

/** What has become of the maker of a temporary file, as far as this machine can tell. */
export function makerOf(name: string): 'ended' | 'running' | 'unknown' {
  const [, machine, pid, start] = NAME.exec(name) ?? [];
  if (pid === undefined || machine !== machineTag().slice(0, MACHINE)) return 'unknown';
  const number = Number.parseInt(pid, 16);
  return isThere(number) && startMark(number) === start ? 'running' : 'ended';
}

let mark: string | undefined;

function ownMark(): string {
  mark ??= machineTag().slice(0, MACHINE) + ownPid.toString(16).padStart(PID, '0').slice(-PID) + startMark(ownPid);
  return mark;
}

function startMark(pid: number): string {
  return tagOf(bootTag(), startOf(pid) ?? '').slice(0, START);
}
