/** Answers the requests of the key service: reads them, has them approved, and uses the key. */
import type * as Grpc from '@grpc/grpc-js';
import { SopsError } from '../errors.js';
import type { MasterKey } from '../keys/provider.js';
import { keyTypeRow } from '../keys/registry.js';
import type { Session } from '../util/host/host.js';
import { decodeText, encodeText } from '../util/text/text.js';
import { TaskQueue } from '../util/waiting/task-queue.js';
import { type KeyService, keyStringOf } from './keyservice.js';
import { LocalKeyService } from './local.js';
import { logged } from './logged-service.js';
import { decodeRequest, type KeyRequest } from './messages.js';

export interface RequestHandlerOptions {
  /**
   * The surroundings of one request. Called for each, so that identities are read anew and one wrong passphrase does
   * not stay.
   */
  host(): Session;
  /** Asked before a key is used, one request at a time; absent: every request is answered. `false` refuses. */
  approve?(question: string): Promise<boolean>;
  /** What is asked in the place of the keys of this machine, which it may ask; absent: those themselves. */
  through?(service: KeyService): KeyService;
  /** Told what became of each request, in a line. */
  log?(line: string): void;
}

/** A refusal with its gRPC status. */
export class Refusal extends Error {
  constructor(
    readonly code: 'INVALID_ARGUMENT' | 'NOT_FOUND' | 'PERMISSION_DENIED' | 'CANCELLED',
    message: string,
  ) {
    super(message);
  }
}

/** What a method does with a key and what came with it. */
export type Use = (service: KeyService, key: MasterKey, payload: Buffer, signal: AbortSignal) => Promise<Uint8Array>;

export const wrap: Use = async (service, key, part) => encodeText(await service.wrap(key, part));
export const unwrap: Use = (service, key, enc, signal) => service.unwrap({ ...key, enc: decodeText(enc) }, signal);

type Call = Grpc.ServerUnaryCall<Buffer, Buffer>;

/** Where requests are answered. */
export class RequestHandler {
  /** What may use the terminal: questions to the user, and keys that ask for passphrases or start programs. */
  readonly #queue = new TaskQueue();

  constructor(private readonly options: RequestHandlerOptions) {}

  /** The bytes to answer with. Throws {@link Refusal}, and what the provider throws. */
  async answer(call: Call, name: string, use: Use): Promise<Uint8Array> {
    let subject = 'an unknown key';
    try {
      const { key, payload } = readRequest(call.request);
      subject = `${keyTypeRow(key.type)?.title} key with ${keyTypeRow(key.type)?.named} ${await keyStringOf(key)}`;
      await this.approve(call, `Received ${name} request using ${subject}. Respond to request?`);
      const result = await this.use(call, key, payload, use);
      this.options.log?.(`${name} request using ${subject}: answered`);
      return result;
    } catch (error) {
      const reason = error instanceof SopsError || error instanceof Refusal ? error.message : 'internal error';
      this.options.log?.(`${name} request using ${subject}: ${reason}`);
      throw error;
    }
  }

  private async approve(call: Call, question: string): Promise<void> {
    const { approve } = this.options;
    if (!approve) return;
    const isApproved = await this.#queue.run(async () => {
      if (call.cancelled) throw new Refusal('CANCELLED', 'the request was taken back');
      return approve(question);
    });
    if (!isApproved) throw new Refusal('PERMISSION_DENIED', 'Request rejected by user');
  }

  private use(call: Call, key: MasterKey, payload: Buffer, use: Use): Promise<Uint8Array> {
    const stop = new AbortController();
    call.on('cancelled', () => stop.abort());
    const host = this.options.host();
    const service = this.oneByOne(logged(new LocalKeyService(host), host.log));
    return use(this.options.through?.(service) ?? service, key, payload, stop.signal);
  }

  private oneByOne(service: KeyService): KeyService {
    const inTurn = <T>({ type }: MasterKey, task: () => Promise<T>): Promise<T> =>
      keyTypeRow(type)?.remote ? task() : this.#queue.run(task);
    return {
      log: service.log,
      wrap: (key, part) => inTurn(key, () => service.wrap(key, part)),
      unwrap: (key, signal) => inTurn(key, () => service.unwrap(key, signal)),
    };
  }
}

/** A request with its key. Throws {@link Refusal}. */
function readRequest(message: Buffer): KeyRequest & { key: MasterKey } {
  let request: KeyRequest;
  try {
    request = decodeRequest(message);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    throw new Refusal('INVALID_ARGUMENT', error.message);
  }
  const { key, payload } = request;
  // SOPS's server dies of such a request.
  if (key === undefined) throw new Refusal('INVALID_ARGUMENT', 'the request names no key');
  if (key === null) throw new Refusal('NOT_FOUND', 'Must provide a key');
  return { key, payload };
}
