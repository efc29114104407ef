/** The gRPC side of a remote key service: plain HTTP/2 without authentication, as SOPS speaks it. */
import type * as Grpc from '@grpc/grpc-js';
import type { SopsError } from '../errors.js';
import type { MasterKey } from '../keys/provider.js';
import { jitteredPause } from '../util/waiting/backoff.js';
import { TIMES_FOR_PEOPLE } from '../util/waiting/timeout.js';
import { DECRYPT_PATH, decodeResponse, ENCRYPT_PATH, encodeRequest, MOST_MESSAGE_BYTES } from './messages.js';
import { callError, dialError, isBusy, rpcError } from './rpc-error.js';

export type Method = 'encrypt' | 'decrypt';

/** Go's gRPC dials this port when none is given. */
const DEFAULT_PORT = '443';

/** Where a service is: for the gRPC package, and for messages. */
interface Target {
  readonly target: string;
  /** Network and address, e.g. `tcp 127.0.0.1:5000`. */
  readonly shown: string;
}

export interface KeyClient {
  /**
   * The answer to a request; a service that has too much to do is asked again a few times. Throws `key`, worded as the gRPC status; at once
   * for a service that has not answered before.
   */
  ask(method: Method, key: MasterKey, payload: Uint8Array, signal?: AbortSignal): Promise<Buffer>;
}

/**
 * A client for a URI; it connects with the first request, for which it takes `timeout` milliseconds at most. Throws `key` for a URI that
 * names no service.
 */
export async function connectKeyService(uri: string, timeout: number): Promise<KeyClient> {
  const target = targetOf(uri);
  const { grpc } = await import('../packages/grpc.js');
  const client = new grpc.Client(target.target, grpc.credentials.createInsecure(), {
    // A key service is where the user says, not behind the proxy for web pages.
    'grpc.enable_http_proxy': 0,
    // Connections that other clients share would tell this one that they failed, but not why.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_receive_message_length': MOST_MESSAGE_BYTES,
  });
  const waiting = new Waiting(client, grpc, { timeout, target });
  return {
    async ask(method, key, payload, signal) {
      const request = encodeRequest(key, payload);
      const path = method === 'encrypt' ? ENCRYPT_PATH : DECRYPT_PATH;
      return decodeResponse(await whileBusy(signal, () => waiting.call(path, request, signal)));
    },
  };
}

/** Waits before a service that has too much to do is asked again, in milliseconds. */
const WAITS_MS = [100, 200, 400, 800];

async function whileBusy(signal: AbortSignal | undefined, call: () => Promise<Buffer>): Promise<Buffer> {
  for (const wait of WAITS_MS) {
    try {
      return await call();
    } catch (error) {
      if (signal?.aborted || !isBusy(error)) throw error;
      await jitteredPause(wait);
    }
  }
  return call();
}

interface Limits {
  readonly timeout: number;
  readonly target: Target;
}

const UNANSWERED = 'It may be asking somebody there: see that they answer.';

/** Calls that are not waited for without end. */
class Waiting {
  #gaveUp: SopsError | undefined;

  constructor(
    private readonly client: Grpc.Client,
    private readonly grpc: typeof Grpc,
    private readonly limits: Limits,
  ) {}

  async call(path: string, request: Buffer, signal: AbortSignal | undefined): Promise<Buffer> {
    if (this.#gaveUp) throw this.#gaveUp;
    const { promise, settle, reject } = promiseOfAnswer();
    const call = this.start(path, request, (error, answer) => (error ? reject(error) : settle(answer)));
    const stop = (error: SopsError): void => {
      reject(error);
      call.cancel();
    };
    const cancel = (): void => stop(rpcError('Canceled', 'context canceled'));
    signal?.addEventListener('abort', cancel);
    const timers = this.limit((error) => {
      this.#gaveUp = error;
      stop(error);
    });
    try {
      return await promise;
    } finally {
      signal?.removeEventListener('abort', cancel);
      for (const timer of timers) clearTimeout(timer);
    }
  }

  private start(
    path: string,
    request: Buffer,
    done: (error: SopsError | null, answer: Buffer) => void,
  ): Grpc.ClientUnaryCall {
    const asIs = (message: Buffer): Buffer => message;
    return this.client.makeUnaryRequest(path, asIs, asIs, request, (error, answer) => {
      done(error && callError(this.limits.target.shown, error), answer ?? Buffer.alloc(0));
    });
  }

  /** After the time for a connection: without one, gives up; with one, much later. */
  private limit(giveUp: (error: SopsError) => void): NodeJS.Timeout[] {
    const { timeout, target } = this.limits;
    if (!Number.isFinite(timeout)) return [];
    const connecting = setTimeout(() => {
      const isConnected = this.client.getChannel().getConnectivityState(false) === this.grpc.connectivityState.READY;
      if (!isConnected) giveUp(dialError(target.shown, 'i/o timeout'));
    }, timeout);
    const noAnswer = rpcError('DeadlineExceeded', 'no answer').with('key', { hint: UNANSWERED });
    const answering = setTimeout(() => giveUp(noAnswer), timeout * TIMES_FOR_PEOPLE);
    return [connecting, answering];
  }
}

interface Answering {
  readonly promise: Promise<Buffer>;
  settle(answer: Buffer): void;
  reject(error: SopsError): void;
}

/** `Promise.withResolvers`, which Node has from version 22 on. */
function promiseOfAnswer(): Answering {
  let resolvers: Omit<Answering, 'promise'> | undefined;
  const promise = new Promise<Buffer>((settle, reject) => {
    resolvers = { settle, reject };
  });
  return { promise, ...(resolvers as Omit<Answering, 'promise'>) };
}

/** Reads a URI, which has been seen to be one. Throws `key`. */
function targetOf(uri: string): Target {
  const url = new URL(uri);
  const network = url.protocol.slice(0, -1);
  if (network === 'unix') {
    if (url.host !== '') throw rpcError('Unavailable', `invalid (non-empty) authority: ${url.host}`);
    const path = pathOf(url);
    return { target: `unix:${path}`, shown: `unix ${path}` };
  }
  if (network !== 'tcp') throw dialError(network, `unknown network ${network}`);
  if (url.hostname === '') throw dialError('tcp', 'missing address');
  const address = `${url.hostname}:${url.port || DEFAULT_PORT}`;
  return { target: `dns:${address}`, shown: `tcp ${address}` };
}

function pathOf(url: URL): string {
  try {
    return decodeURIComponent(url.pathname);
  } catch {
    throw rpcError('Unavailable', `invalid escapes in the path: ${url.pathname}`);
  }
}
