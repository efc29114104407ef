/** Runs the program under injector.c: makes the system call of a number fail, or ends the program there. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from '../support/program.js';
import { CANARY } from './scenes.js';

const SOURCE = new URL('injector.c', import.meta.url).pathname;
/** Where the program puts plaintext for other programs. */
const MEMORY = '/dev/shm/.sops-ts';

/** Whatever runs longer, even on a busy machine, waits for something that never comes. */
const LONGEST_MS = 120_000;

/** Why a call fails. */
const FILE_ERRORS = ['ENOSPC', 'EIO', 'EACCES', 'EMFILE', 'EROFS', 'EDQUOT', 'ENOENT'] as const;
/** No system says of a file that is there, or open, that it is not, when it is looked at, closed or to be removed: that would be no fault but a lie. */
const WHERE_IT_IS = FILE_ERRORS.filter((code) => code !== 'ENOENT');
/** Why none can be started or connected to. */
const START_ERRORS = ['EAGAIN', 'ENOMEM', 'EMFILE'] as const;
const CONNECT_ERRORS = ['ECONNREFUSED', 'EACCES', 'ENOENT'] as const;
const BIND_ERRORS = ['EADDRINUSE', 'EACCES', 'EROFS', 'ENOSPC'] as const;
const ERRORS_OF: Readonly<Record<string, readonly ErrorName[]>> = {
  'r fork': START_ERRORS,
  'r pipe2': START_ERRORS,
  'r socketpair': START_ERRORS,
  'r connect': CONNECT_ERRORS,
  'w bind': BIND_ERRORS,
  'w listen': BIND_ERRORS,
  'r statx': WHERE_IT_IS,
  'r scandir64': WHERE_IT_IS,
  'w close': WHERE_IT_IS,
  'r close': WHERE_IT_IS,
  'w unlink': WHERE_IT_IS,
  'w rmdir': WHERE_IT_IS,
};
export type ErrorName =
  | (typeof FILE_ERRORS)[number]
  | (typeof START_ERRORS)[number]
  | (typeof CONNECT_ERRORS)[number]
  | (typeof BIND_ERRORS)[number];

/** The reasons for which a call is to fail: all of them, or in turn. */
export function errorsFor(call: string | undefined, at: number): readonly ErrorName[] {
  const names = ERRORS_OF[call ?? ''] ?? FILE_ERRORS;
  return ALL ? names : [names[at % names.length] ?? 'EIO'];
}

/** Whether every call is to fail for every reason; else a sample of them. */
export const ALL = process.env.FAULTS === 'all';
/** Of so many parts the whole is done in: `FAULTS_PART=2/5` is the second. */
const [PART = 1, PARTS = 1] = (process.env.FAULTS_PART ?? '').split('/').filter(Boolean).map(Number);
if (!(PART >= 1 && PART <= PARTS)) throw new Error('FAULTS_PART is like 2/5: the part, and how many there are');

/** The numbers of the calls that are to fail, one in `stride` from `offset` on, of which this part has its share. */
export function* sampled(count: number, stride: number, offset: number): Iterable<number> {
  let index = 0;
  for (let at = 1 + (offset % stride); at <= count; at += stride) if (index++ % PARTS === PART - 1) yield at;
}

/** What happens at a call; `count`: nothing does. */
export type Fault =
  | { readonly kind: 'count' }
  | { readonly kind: 'kill'; readonly at: number }
  | { readonly kind: 'error'; readonly at: number; readonly code: ErrorName }
  | { readonly kind: 'signal'; readonly at: number; readonly signal: 'SIGTERM' | 'SIGINT' };

export interface Ran {
  readonly pid: number;
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The calls on the folder, in order: `w` or `r` (changes, or only reads, something), and the name. */
  readonly calls: readonly string[];
}

export interface InjectionOptions {
  /** Another folder whose calls count. */
  readonly elsewhere?: string | undefined;
  /** A path, and the file that is opened in its place. */
  readonly instead?: readonly [string, string] | undefined;
  readonly input?: string | undefined;
  /** The file that is started, beside that of the program. */
  readonly start?: string | undefined;
}

/** The library, compiled for this machine, and the program, built for this test. */
export class Injector {
  private readonly folder = mkdtempSync(join(tmpdir(), 'sops-ts-faults-'));
  private readonly library = join(this.folder, 'injector.so');
  private readonly program: Program;

  /** Throws where there is no compiler for C, or none that makes such a library. */
  constructor() {
    const made = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', this.library, SOURCE, '-ldl'], { encoding: 'utf8' });
    if (made.status !== 0) {
      rmSync(this.folder, { recursive: true });
      throw new Error(made.error?.message ?? made.stderr);
    }
    this.program = new Program();
  }

  /** What to start with Node. */
  get file(): string {
    return this.program.file;
  }

  run(
    words: readonly string[],
    cwd: string,
    env: Readonly<Record<string, string>>,
    fault: Fault,
    {
      elsewhere,
      instead,
      ...more
    }: InjectionOptions & { readonly timeout?: number; readonly killSignal?: 'SIGTERM' } = {},
  ): Ran {
    const log = join(this.folder, 'calls');
    rmSync(log, { force: true });
    const variables = {
      ...env,
      LD_PRELOAD: this.library,
      FAULT_PLACES: [`${cwd}/`, MEMORY, ...(elsewhere === undefined ? [] : [`${elsewhere}/`])].join(':'),
      ...(instead === undefined ? {} : { FAULT_INSTEAD: instead.join(':') }),
      FAULT_LOG: log,
      ...(fault.kind === 'count' ? {} : { FAULT_KIND: fault.kind, FAULT_AT: String(fault.at) }),
      ...(fault.kind === 'error' ? { FAULT_NUMBER: String(constants.errno[fault.code]) } : {}),
      ...(fault.kind === 'signal' ? { FAULT_NUMBER: String(constants.signals[fault.signal]) } : {}),
    };
    const ran = this.program.run(words, { cwd, env: variables, timeout: LONGEST_MS, ...more });
    const calls = readFileSync(log, 'utf8').split('\n').slice(0, -1);
    const { pid, status, signal } = ran;
    return { pid, status, signal, stdout: ran.stdout.toString(), stderr: ran.stderr.toString(), calls };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Whether this machine can do it; if not, says so. */
export function canInject(tests: number): boolean {
  const found = process.platform === 'linux' && spawnSync('cc', ['--version'], { stdio: 'ignore' }).status === 0;
  if (!found) console.warn(`${tests} tests of injected faults skipped: they need Linux and a C compiler (cc)`);
  return found;
}

/** So many calls a run may have fewer than another: what several files need from one program is asked together, or not, as they come. */
const VARYING_CALLS = 16;

/** What is wrong with what a run said. */
export function saidWrong(fault: Fault, { status, signal, stdout, stderr, calls }: Ran): string[] {
  const found: string[] = [];
  if (status === 70 || stderr.includes('internal error')) found.push('internal error');
  if (stderr.includes(CANARY)) found.push('plaintext on standard error');
  if (/^\s+at .*:\d+/m.test(stderr)) found.push('a stack');
  const hadFewer = fault.kind === 'kill' && calls.length < fault.at && calls.length >= fault.at - VARYING_CALLS;
  if (fault.kind === 'kill' && signal !== 'SIGKILL' && !hadFewer) found.push('not killed');
  if (fault.kind !== 'kill' && signal === 'SIGKILL') found.push('never ended');
  if (fault.kind === 'error' && status !== 0 && `${stdout}${stderr}`.trim() === '') found.push('nothing was said');
  return found;
}
