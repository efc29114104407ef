/** A named pipe that gives every reader the whole content, one reader after the other. */

import { execFile, spawnSync } from 'node:child_process';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { closeQuietly, systemCode } from '../util/files/files.js';
import { constants, existsSync, linkSync, openByCallback, openSync, renameSync, rmSync } from '../util/files/fs.js';
import { holdTemporary } from '../util/files/temporaries.js';
import { nativeCommand, type ProgramCall } from './native-command.js';

/** Spare pipes that one call makes, and how few make it worth the next call. */
const BATCH = 16;
const FEW = 8;

/** What a program does to a pipe that it does not need any more: it closes it, or has removed it before it was opened. */
const CLOSED: ReadonlySet<string> = new Set(['EPIPE', 'ECONNRESET']);
const REMOVED = 'ENOENT';

/** A pipe whose reader has not come yet. */
interface WaitingPipe {
  path: string;
  /** A hold on it that stays when the program removes or moves it. */
  hold?: Hold | undefined;
  /** A reader of our own, by which the wait ends. */
  ownReader?: number | undefined;
}

interface Hold {
  /** What opens the pipe. */
  readonly path: string;
  let(): void;
}

/** open(2): a descriptor that names a file without opening it. Node has no constant for it. */
const O_PATH = 0o10000000;

/**
 * Serves a content at a path. A pipe is one stream for all who have it open, so each reader gets a pipe of its own: as
 * soon as one opens the path, a fresh pipe takes its place for the next one. Opening for writing waits for a reader,
 * in a thread of Node's pool; that wait begins before a pipe is put at the path, so that its first reader is told of at once.
 */
export class FifoServer {
  /** Why a reader did not get the whole content, if that happened. */
  failure: unknown;
  readonly #folder: string;
  readonly #path: string;
  #content: Uint8Array;
  readonly #waiting = new Set<WaitingPipe>();
  readonly #sockets = new Set<Socket>();
  /** Pipes that wait beside the path to be put there; a writer waits at the first of them. */
  readonly #spares: WaitingPipe[] = [];
  readonly #release = holdTemporary(() => this.#letAllGo());
  #count = 0;
  #isRefilling = false;
  #isClosed = false;

  private constructor(folder: string, name: string, content: Uint8Array) {
    this.#folder = folder;
    this.#path = join(folder, name);
    this.#content = content;
  }

  /** Puts a pipe into a private folder, without waiting for anything. Null where the system has no `mkfifo` program. */
  static start(folder: string, name: string, content: Uint8Array): FifoServer | null {
    const server = new FifoServer(folder, name, content);
    if (server.#makeSpares() && server.#publish()) return server;
    server.close();
    return null;
  }

  /** Gives another content to readers who come from now on. */
  update(content: Uint8Array): void {
    this.#content = content;
  }

  /** Lets go of readers that have not read everything, and ends all waiting. To be called before the folder is removed. */
  close(): void {
    this.#letAllGo();
    this.#release();
  }

  /** Also when the process ends otherwise: Node waits for threads that wait for readers. */
  #letAllGo(): void {
    this.#isClosed = true;
    for (const pipe of this.#waiting) {
      pipe.ownReader = openToRead(pipe.hold?.path ?? pipe.path);
      pipe.hold?.let();
    }
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Puts the next pipe at the path. False when that fails: the program has removed the folder, or the system has nothing left for a pipe. */
  #publish(): boolean {
    if (this.#spares.length === 0 && !this.#makeSpares()) return false;
    const pipe = this.#spares.shift();
    if (!pipe) return false;
    try {
      renameSync(pipe.path, this.#path);
    } catch {
      return false;
    }
    pipe.path = this.#path;
    if (!this.#waiting.has(pipe)) this.#await(pipe);
    const [next] = this.#spares;
    if (next) this.#await(next);
    if (this.#spares.length < FEW) this.#refill();
    return true;
  }

  #await(pipe: WaitingPipe, path = pipe.path): void {
    this.#waiting.add(pipe);
    pipe.hold ??= holdOf(path);
    openByCallback(path, constants.O_WRONLY, (error, descriptor) => {
      const other = error && !this.#isClosed ? otherPathOf(pipe, path, error) : undefined;
      if (other !== undefined) return this.#await(pipe, other);
      this.#waiting.delete(pipe);
      if (pipe.ownReader !== undefined) closeQuietly(pipe.ownReader);
      if (error) return this.#isClosed ? undefined : this.#fail(error, pipe);
      if (this.#isClosed) return closeQuietly(descriptor);
      pipe.hold?.let();
      // First of all, so that even a quick second reader gets a pipe of its own. Without one it is not to share this one.
      if (!this.#publish()) removeQuietly(this.#path);
      this.#serve(descriptor);
    });
  }

  #serve(descriptor: number): void {
    const socket = this.#socketOn(descriptor);
    if (!socket) return;
    this.#sockets.add(socket);
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#sockets.delete(socket));
    socket.end(this.#content);
  }

  /** Undefined where the system gives none: thrown on from here, that would end the run in the middle. */
  #socketOn(descriptor: number): Socket | undefined {
    try {
      return new Socket({ fd: descriptor, readable: false, writable: true });
    } catch (cause) {
      closeQuietly(descriptor);
      this.failure ??= cause;
      return undefined;
    }
  }

  /** A reader that gets no content, or not all of it, is not left waiting; but one may close before it has read everything, or remove the pipe. */
  #fail(error: Error, pipe?: WaitingPipe): void {
    const code = systemCode(error) ?? '';
    if (this.#isClosed || (pipe ? code === REMOVED : CLOSED.has(code))) return;
    this.failure ??= error;
    if (pipe) this.#withdraw(pipe);
  }

  /**
   * Removes a pipe that nobody will write to: a reader that waits at it reads end of file, and a later one finds no pipe, instead of
   * waiting for ever.
   */
  #withdraw(pipe: WaitingPipe): void {
    const { path, hold } = pipe;
    const at = this.#spares.indexOf(pipe);
    if (at >= 0) this.#spares.splice(at, 1);
    if (!hold) letGo(path);
    removeQuietly(path);
    if (hold) letGo(hold.path);
    hold?.let();
  }

  #makeSpares(): boolean {
    const paths = this.#nextPaths();
    const { file, args, env } = mkfifo(paths);
    const made = spawnSync(file, args, { stdio: 'ignore', env }).status === 0;
    if (made) for (const path of paths) this.#spares.push({ path });
    return made;
  }

  #refill(): void {
    if (this.#isRefilling) return;
    this.#isRefilling = true;
    const paths = this.#nextPaths();
    const { file, args, env } = mkfifo(paths);
    const done = (error: unknown): void => {
      this.#isRefilling = false;
      if (!error) for (const path of paths) this.#spares.push({ path });
    };
    try {
      execFile(file, args, { env }, done);
    } catch (error) {
      // The spares that are left are for the next readers, and they try again.
      done(error);
    }
  }

  #nextPaths(): string[] {
    return Array.from({ length: BATCH }, () => join(this.#folder, `.next-${this.#count++}`));
  }
}

/** Node has no call that makes pipes. */
function mkfifo(paths: readonly string[]): ProgramCall {
  const file = ['/usr/bin/mkfifo', '/bin/mkfifo'].find((path) => existsSync(path)) ?? 'mkfifo';
  return nativeCommand({ file, args: ['-m', '600', ...paths], env: {} });
}

/**
 * Where a pipe is that is not at a path: the thread may come there only after it was put at its place; and who has removed it may already
 * have a reader that waits at it.
 */
function otherPathOf({ path, hold }: WaitingPipe, tried: string, error: Error): string | undefined {
  if (tried === hold?.path) return undefined;
  if (tried !== path) return path;
  return systemCode(error) === 'ENOENT' ? hold?.path : undefined;
}

/** Holds on to a pipe: without that, the wait for a reader of a pipe that was removed could never be ended. */
function holdOf(path: string): Hold | undefined {
  try {
    if (existsSync('/proc/self/fd')) {
      const descriptor = openSync(path, O_PATH);
      return { path: `/proc/self/fd/${descriptor}`, let: () => closeQuietly(descriptor) };
    }
    const link = `${path}.hold`;
    linkSync(path, link);
    return { path: link, let: () => removeQuietly(link) };
  } catch {
    return undefined;
  }
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The folder is removed as a whole in the end, and whatever keeps it from that is told then.
  }
}

/** Ends a reader's wait for a writer: it reads an end. */
function letGo(path: string): void {
  try {
    closeQuietly(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
  } catch {
    // There is no reader.
  }
}

/**
 * Opens a pipe as a reader, without waiting. It must stay open until the writer's wait has ended, which in a busy
 * pool of threads may not even have begun. Undefined when the pipe is gone.
 */
function openToRead(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}
