/** The server of the key service: wraps and opens parts for others with the keys of this machine, over gRPC. */
import type { Socket } from 'node:net';
import { dirname } from 'node:path';
import type * as Grpc from '@grpc/grpc-js';
import { SopsError } from '../errors.js';
import { systemReason } from '../util/files/files.js';
import { chmodSync, statSync } from '../util/files/fs.js';
import { resolve } from '../util/files/paths.js';
import { isError } from '../util/realms.js';
import { DECRYPT_PATH, ENCRYPT_PATH, encodeResponse, MOST_MESSAGE_BYTES } from './messages.js';
import { Refusal, RequestHandler, type RequestHandlerOptions, type Use, unwrap, wrap } from './request-handler.js';

export interface ServeOptions extends RequestHandlerOptions {
  readonly network: string;
  /** `host:port`, or the path of a socket. */
  readonly address: string;
}

export interface KeyServer {
  /** Where clients find it, e.g. `tcp://127.0.0.1:5000`. */
  readonly uri: string;
  /** The path of its socket; absent for one on the network. */
  readonly socket?: string | undefined;
  /** Stops listening, drops what is under way, and removes the socket's file. */
  close(): Promise<void>;
}

/** Answers connections that somebody else has accepted. */
export interface KeyConnections {
  take(socket: Socket): void;
  /** Drops what is under way. */
  close(): Promise<void>;
}

const LARGEST_PORT = 65535;

/** Answers on connections that are handed in. */
export async function answerKeys(options: RequestHandlerOptions): Promise<KeyConnections> {
  const { grpc } = await import('../packages/grpc.js');
  grpc.setLogVerbosity(grpc.logVerbosity.NONE);
  const server = new grpc.Server({ 'grpc.max_receive_message_length': MOST_MESSAGE_BYTES });
  addMethods(server, grpc, options);
  const injector = server.createConnectionInjector(grpc.ServerCredentials.createInsecure());
  return {
    take: (socket) => injector.injectConnection(socket),
    async close() {
      injector.destroy();
      await new Promise<void>((settle) => closeNow(server, settle));
    },
  };
}

/** Starts to serve. Throws `failed` when it cannot listen there. */
export async function serveKeys(options: ServeOptions): Promise<KeyServer> {
  const { network } = options;
  if (network !== 'tcp' && network !== 'unix') throw cannotListen(options, `unknown network ${network}`);
  const { grpc } = await import('../packages/grpc.js');
  // What it would log on standard error, the errors here say.
  grpc.setLogVerbosity(grpc.logVerbosity.NONE);
  const server = new grpc.Server({ 'grpc.max_receive_message_length': MOST_MESSAGE_BYTES });
  addMethods(server, grpc, options);
  const where = network === 'unix' ? socketOf(options) : hostAndPortOf(options);
  const port = await bind(server, grpc, where, options);
  // Whoever may write to it can use the keys.
  if (where.path !== undefined) closeToOthers(where.path, server, options);
  return {
    uri: where.uri(port),
    socket: where.path,
    // Ends every connection; the socket's file goes with it.
    close: () => new Promise((settle) => closeNow(server, settle)),
  };
}

/** Where to listen: for the gRPC package, and for clients once the port is known. */
interface Place {
  readonly target: string;
  /** Of a socket. */
  readonly path?: string;
  uri(port: number): string;
}

function socketOf(options: ServeOptions): Place {
  const path = resolve(options.host().cwd, options.address);
  // Node calls this a lack of permission.
  try {
    statSync(dirname(path));
  } catch (cause) {
    throw cannotListen(options, `bind: ${systemReason(cause)}`, cause);
  }
  return { target: `unix:${path}`, path, uri: () => `unix://${path}` };
}

/** As Go's `net.Listen` reads an address: no host means every one. */
function hostAndPortOf(options: ServeOptions): Place {
  const { host, port } = /^(?<host>\[[^\]]*\]|[^:]*):(?<port>\d{1,5})$/.exec(options.address)?.groups ?? {};
  if (port === undefined || Number(port) > LARGEST_PORT) throw cannotListen(options, 'not like host:port');
  const known = host || '[::]';
  return { target: `${known}:${port}`, uri: (bound) => `tcp://${known}:${bound}` };
}

async function bind(server: Grpc.Server, grpc: typeof Grpc, { target }: Place, options: ServeOptions): Promise<number> {
  try {
    return await new Promise<number>((settle, reject) => {
      server.bindAsync(target, grpc.ServerCredentials.createInsecure(), (error, port) => {
        if (error) reject(error);
        else settle(port);
      });
    });
  } catch (cause) {
    throw cannotListen(options, bindReason(cause), cause);
  }
}

/** The system's reason, which the gRPC package wraps: `… errors: [listen EADDRINUSE: address already in use PLACE]`. */
function bindReason(error: unknown): string {
  const message = isError(error) ? error.message : '';
  const reason = /listen [A-Z]+: ([a-z ]+[a-z])/.exec(message)?.[1];
  return reason === undefined ? message : `bind: ${reason}`;
}

function closeToOthers(path: string, server: Grpc.Server, options: ServeOptions): void {
  try {
    chmodSync(path, 0o600);
  } catch (cause) {
    server.forceShutdown();
    throw cannotListen(options, `chmod: ${systemReason(cause)}`, cause);
  }
}

function closeNow(server: Grpc.Server, done: () => void): void {
  server.tryShutdown(done);
  server.forceShutdown();
}

function cannotListen({ network, address }: ServeOptions, reason: string, cause?: unknown): SopsError {
  return new SopsError('failed', `listen ${network} ${address}: ${reason}`, { cause });
}

function addMethods(server: Grpc.Server, grpc: typeof Grpc, options: RequestHandlerOptions): void {
  const answering = new RequestHandler(options);
  const asIs = (message: Buffer): Buffer => message;
  const definition = (path: string): Grpc.MethodDefinition<Buffer, Buffer> => ({
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  });
  const handler =
    (name: string, use: Use): Grpc.handleUnaryCall<Buffer, Buffer> =>
    (call, done) => {
      answering.answer(call, name, use).then(
        (result) => {
          const answer = encodeResponse(result);
          // What stands before the keys, and keeps what they open, has copies of its own.
          if (options.through) result.fill(0);
          done(null, answer);
        },
        (error: unknown) => done(statusOf(error, grpc)),
      );
    };
  server.addService(
    { Encrypt: definition(ENCRYPT_PATH), Decrypt: definition(DECRYPT_PATH) },
    { Encrypt: handler('encrypt', wrap), Decrypt: handler('decrypt', unwrap) },
  );
}

/** The gRPC status of a failure; a provider's is `UNKNOWN` with its text, as in SOPS. */
function statusOf(error: unknown, { status }: typeof Grpc): Partial<Grpc.StatusObject> {
  if (error instanceof Refusal) return { code: status[error.code], details: error.message };
  if (error instanceof SopsError) return { code: status.UNKNOWN, details: error.message.toWellFormed() };
  return { code: status.INTERNAL, details: 'internal error' };
}
