/** Access lists and extended attributes of a file: Node has no call for them, so a program of the system's copies them. */

import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pid } from 'node:process';
import { folderMark } from '../locks/processes.js';
import { nextTurn } from '../waiting/task-queue.js';
import { closeQuietly } from './files.js';
import { existsSync, mkdtempSync, openSync, realpathSync, rmSync, type Stats, symlinkSync } from './fs.js';
import { holdTemporary } from './temporaries.js';

/** GNU's, which takes descriptors by their names in /proc: nothing depends on what a file is called. */
const PROGRAMS = ['/usr/bin/cp', '/bin/cp', '/run/current-system/sw/bin/cp'];
const WORDS = ['--attributes-only', '--preserve=mode,xattr', '--'];
const SMALL_PROGRAMS: ReadonlySet<string> = new Set(['busybox', 'toybox']);
const MOST_MS = 10_000;

/** A file whose attributes are wanted, and the open file that is to have them. */
interface Pair {
  readonly path: string;
  readonly descriptor: number;
}

interface Waiting extends Pair {
  settle(isDone: boolean): void;
}

/** So many are copied by one program: each takes two of its descriptors. */
const MOST_PAIRS = 128;
const JOIN_WITHIN_MS = 10;
/** A file that was read is encrypted in one turn, and makes its copy in another. */
const TURNS = 4;

let waiting: Waiting[] = [];
let isRunning = false;

/**
 * Gives an open file the mode, the access list and the extended attributes of another. False when that cannot be done, or
 * nobody can tell whether it was: then only the file itself has them. Without the program they are taken to be absent
 * where an access list could have narrowed nothing: its mask stands in the place of the group's bits.
 *
 * Starting a program costs more than writing a small file, so those that wait at the same time share one.
 */
export async function copyAttributes(path: string, old: Stats, descriptor: number): Promise<boolean> {
  // Looked up once: resolving its path costs as much as everything else that is asked about a small file.
  if (copier === undefined) copier = findProgram();
  const program = copier;
  if (program === null) return !mayBeNarrowed(old.mode);
  return new Promise((settle) => {
    waiting.push({ path, descriptor, settle });
    if (!isRunning) void copyWaiting(program);
  });
}

/** Undefined until it was looked for, null where there is none. */
let copier: string | null | undefined;

function findProgram(): string | null {
  const found = PROGRAMS.find((file) => existsSync(file));
  return found === undefined || SMALL_PROGRAMS.has(basename(realpathSync(found))) ? null : found;
}

async function copyWaiting(program: string): Promise<void> {
  isRunning = true;
  links?.use();
  // Let those that were begun at the same time join.
  await nextTurn();
  while (waiting.length > 0) {
    // Where there are many, it is worth waiting as long as more keep coming.
    for (let before = 1; waiting.length > before && waiting.length < MOST_PAIRS; ) {
      before = waiting.length;
      await aWhile(JOIN_WITHIN_MS);
    }
    const batch = waiting.slice(0, MOST_PAIRS);
    waiting = waiting.slice(MOST_PAIRS);
    const areDone = batch.length > 1 && (await tryTo(() => copyAll(program, batch)));
    for (const pair of batch) pair.settle(areDone || (await tryTo(() => copyOne(program, pair))));
  }
  isRunning = false;
  void links?.rest();
}

/**
 * Resolves after some time in which others had their turns: where the disk or other work holds the process up, a timer alone is over before
 * anybody could come.
 */
async function aWhile(duration: number): Promise<void> {
  await new Promise((done) => setTimeout(done, duration));
  for (let turn = 0; turn < TURNS; turn++) await nextTurn();
}

async function tryTo(action: () => Promise<boolean>): Promise<boolean> {
  try {
    return await action();
  } catch {
    return false;
  }
}

function copyOne(program: string, pair: Pair): Promise<boolean> {
  return run(program, [...WORDS, '/proc/self/fd/3', '/proc/self/fd/4'], [pair]);
}

/**
 * The program copies several files into a folder only, under their names. A descriptor's name in /proc is its number, so the folder has
 * links that are called like the one descriptor and lead to the other.
 */
async function copyAll(program: string, pairs: readonly Pair[]): Promise<boolean> {
  links ??= new Links();
  links.make(pairs.length);
  const sources = SOURCES.slice(0, pairs.length).map((source) => `/proc/self/fd/${source}`);
  return run(program, [...WORDS, ...sources, links.folder], pairs);
}

/** The folder of links, which stays while there is something to do. */
class Links {
  readonly folder = makeFolder();
  readonly #release = holdTemporary(() => this.#remove());
  #rests = 0;
  #made = 0;

  /** Sees to it that there are so many. */
  make(count: number): void {
    for (const source of SOURCES.slice(this.#made, count)) {
      symlinkSync(`/proc/self/fd/${source + 1}`, join(this.folder, String(source)));
      this.#made += 1;
    }
  }

  use(): void {
    this.#rests += 1;
  }

  /** Removes it soon, unless it is used again. */
  async rest(): Promise<void> {
    const rest = this.#rests;
    await aWhile(REST_MS);
    if (this.#rests !== rest) return;
    links = undefined;
    this.#remove();
    this.#release();
  }

  /** Links that stay hold nothing, and the next run takes them away. */
  #remove(): void {
    try {
      rmSync(this.folder, { recursive: true, force: true });
    } catch {
      // As said.
    }
  }
}

/**
 * In memory where possible: on a disk, making links takes longer the more were removed lately. What a killed run leaves is removed together
 * with its private folders.
 */
function makeFolder(): string {
  const mark = folderMark(pid);
  try {
    return mkdtempSync(join('/dev/shm', mark));
  } catch {
    return mkdtempSync(join(tmpdir(), mark));
  }
}

let links: Links | undefined;
const REST_MS = 20;

/** The descriptors of the files to copy from, after the three streams; each is followed by that of its copy. */
const SOURCES = Array.from({ length: MOST_PAIRS }, (_, at) => 3 + 2 * at);

async function run(program: string, words: readonly string[], pairs: readonly Pair[]): Promise<boolean> {
  const { spawn } = await import('node:child_process');
  const opened: number[] = [];
  try {
    const descriptors = pairs.flatMap(({ path, descriptor }) => {
      const from = openSync(path, 'r');
      opened.push(from);
      return [from, descriptor];
    });
    const child = spawn(program, words, {
      stdio: ['ignore', 'ignore', 'ignore', ...descriptors],
      env: {},
      timeout: MOST_MS,
    });
    return await new Promise((settle) => {
      child.on('error', () => settle(false)).on('exit', (status) => settle(status === 0));
    });
  } finally {
    for (const descriptor of opened) closeQuietly(descriptor);
  }
}

function mayBeNarrowed(mode: number): boolean {
  return ((mode >> 3) & ~mode & 0o7) !== 0;
}
