/** A key service on another machine, or in another process: asked over gRPC, which is loaded with the first question. */
import { SopsError } from '../errors.js';
import type { MasterKey } from '../keys/provider.js';
import type { Host } from '../util/host/host.js';
import { decodeText, encodeText } from '../util/text/text.js';
import { eitherSignal } from '../util/waiting/deadline.js';
import { nextTurn, TaskQueue } from '../util/waiting/task-queue.js';
import { keyTimeout } from '../util/waiting/timeout.js';
import type { KeyClient, Method } from './client.js';
import type { KeyService } from './keyservice.js';

export class RemoteKeyService implements KeyService {
  readonly #uri: string;
  readonly #host: Host;
  readonly #timeout: number;
  readonly #questions = new TaskQueue();
  #client: Promise<KeyClient> | undefined;

  /** `uri` is parsed when it is used. Throws `usage` for an unreadable `SOPS_TS_KEY_TIMEOUT`. */
  constructor(uri: string, host: Host) {
    this.#uri = uri;
    this.#host = host;
    this.#timeout = keyTimeout(host);
  }

  async wrap(key: MasterKey, part: Uint8Array): Promise<string> {
    return decodeText(await this.#ask('encrypt', key, part, this.#host.signal));
  }

  async unwrap(key: MasterKey, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#ask('decrypt', key, encodeText(key.enc), eitherSignal(signal, this.#host.signal));
  }

  /** One question at a time: with `--prompt`, a person answers there, and need not be asked what another key made superfluous. */
  #ask(method: Method, key: MasterKey, payload: Uint8Array, signal?: AbortSignal): Promise<Buffer> {
    return this.#questions.run(async () => {
      // The answer before may have been enough, and its receiver may be about to call this question off.
      await nextTurn();
      if (signal?.aborted) throw new SopsError('key', 'another key was faster');
      const activity = this.#host.begin?.(
        `waiting for the key service ${this.#uri}; it may be asking somebody there`,
        'both',
      );
      try {
        this.#client ??= this.#connect();
        return await (await this.#client).ask(method, key, payload, signal);
      } finally {
        activity?.end();
      }
    });
  }

  async #connect(): Promise<KeyClient> {
    const { connectKeyService } = await import('./client.js');
    return connectKeyService(this.#uri, this.#timeout);
  }
}
