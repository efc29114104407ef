/** The agent: one socket, at which sops-ts and SOPS are answered, each in its own way. */
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { SopsError } from '../../errors.js';
import { systemReason } from '../../util/files/files.js';
import { chmodSync, mkdirSync, unlinkSync } from '../../util/files/fs.js';
import type { AgentSocket } from '../../util/host/host.js';
import { lockFile } from '../../util/locks/file-lock.js';
import { isError } from '../../util/realms.js';
import type { KeyConnections } from '../server.js';
import { AgentClient } from './client.js';
import { type AgentControls, converse } from './conversation.js';
import { placeState } from './place-state.js';

export interface AgentServerOptions {
  readonly place: AgentSocket;
  /** A socket that the system listens on already, by its descriptor (socket activation); absent: this one makes its own. */
  readonly descriptor?: number | undefined;
  readonly controls: Omit<AgentControls, 'stop'>;
  /** Answers those who speak SOPS's protocol. Called when the first of them comes. */
  connections(): Promise<KeyConnections>;
  warn(message: string): void;
}

export interface AgentServer {
  /** Resolves when somebody has it stop. */
  readonly stopped: Promise<void>;
  /** Stops listening and answering, and removes the socket's file unless it is the system's. */
  close(): Promise<void>;
}

/** The first byte of every HTTP/2 connection: `PRI * HTTP/2.0`. */
const HTTP2_BYTE = 'P'.charCodeAt(0);
/** How many connections may wait for somebody to open something. */
const MOST_CONNECTIONS = 1024;

/**
 * Starts an agent, or gives null when one answers at the place already: of several that are started at a time one comes to be. Throws
 * `failed` for a place that is not the user's alone or cannot be listened at.
 */
export async function serveAgent(options: AgentServerOptions): Promise<AgentServer | null> {
  const { place, descriptor } = options;
  const agent = new Agent(options);
  if (descriptor !== undefined) {
    await agent.listen({ fd: descriptor });
    return agent;
  }
  makeFolder(place);
  const lock = await lockFile(place.socket, options.warn);
  try {
    if (await isAnswering(place)) return null;
    removeStale(place);
    await agent.listen({ path: place.socket });
    // The folder is closed to others; some systems heed a socket's own mode, too.
    chmodSync(place.socket, 0o600);
    return agent;
  } finally {
    lock.release();
  }
}

class Agent implements AgentServer {
  readonly stopped: Promise<void>;
  readonly #options: AgentServerOptions;
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  #connections: Promise<KeyConnections> | undefined;
  #stop = (): void => undefined;

  constructor(options: AgentServerOptions) {
    this.#options = options;
    this.stopped = new Promise((settle) => {
      this.#stop = settle;
    });
    this.#server = createServer((socket) => this.#welcome(socket));
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  listen(where: { readonly path: string } | { readonly fd: number }): Promise<void> {
    return new Promise((settle, reject) => {
      this.#server.once('error', (cause) => reject(cannotListen(this.#options.place, cause)));
      this.#server.listen(where, settle);
    });
  }

  async close(): Promise<void> {
    const closed = new Promise((settle) => this.#server.close(settle));
    for (const socket of this.#open) socket.destroy();
    const connections = await this.#connections?.catch(() => undefined);
    await connections?.close();
    await closed;
  }

  #welcome(socket: Socket): void {
    this.#open.add(socket);
    socket.on('close', () => this.#open.delete(socket)).on('error', () => undefined);
    socket.once('readable', () => {
      const first: Buffer | null = socket.read();
      if (first === null) return;
      socket.unshift(first);
      if (first[0] === HTTP2_BYTE) this.#answerSops(socket);
      else void converse(socket, { ...this.#options.controls, stop: () => this.#stop() });
    });
  }

  #answerSops(socket: Socket): void {
    this.#connections ??= this.#options.connections();
    this.#connections.then(
      (connections) => connections.take(socket),
      (error: unknown) => {
        socket.destroy();
        this.#connections = undefined;
        this.#options.warn(isError(error) ? error.message : String(error));
      },
    );
  }
}

/** Makes the folder for this user alone. Throws `failed`. */
function makeFolder(place: AgentSocket): void {
  try {
    mkdirSync(dirname(place.socket), { mode: 0o700 });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cannotListen(place, cause);
  }
  const state = placeState(place);
  if (typeof state === 'object') {
    throw new SopsError('failed', `the agent cannot listen at ${place.socket}: ${state.problem}`, {
      hint: 'Its folder must be yours, with mode 0700; SOPS_TS_AGENT=/PATH/agent.sock names another one.',
    });
  }
}

async function isAnswering(place: AgentSocket): Promise<boolean> {
  const client = await AgentClient.connect(place);
  client?.close();
  return client !== null;
}

/** What an agent left that was killed. Throws `failed`. */
function removeStale(place: AgentSocket): void {
  try {
    unlinkSync(place.socket);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cannotListen(place, cause);
  }
}

function cannotListen({ socket }: AgentSocket, cause: unknown): SopsError {
  return new SopsError('failed', `the agent cannot listen at ${socket}: ${systemReason(cause)}`, {
    hint: 'A path may have about 100 bytes; SOPS_TS_AGENT=/PATH/agent.sock names another one.',
    cause,
  });
}
