/** The keys of this machine with the user's agent before them: what the agent keeps is not opened again, what is opened it gets to keep. */
import type { MasterKey } from '../../keys/provider.js';
import type { AgentSocket, Session } from '../../util/host/host.js';
import { isError } from '../../util/realms.js';
import { withDeadline } from '../../util/waiting/deadline.js';
import { keyTimeout, TIMES_FOR_PEOPLE } from '../../util/waiting/timeout.js';
import type { KeyService } from '../keyservice.js';
import { AgentClient } from './client.js';
import { agentQuestion, keyLabelOf } from './question.js';

/** Whether the agent has failed in this run: then it is not asked again. */
interface Standing {
  hasFailed: boolean;
}

const STANDING = Symbol('the key agent');

/** An agent that does not answer, or fails, is told of once, and then done without. */
export class AgentAsker {
  readonly #agent: AgentSocket;
  readonly #host: Session;
  readonly #standing: Standing;

  constructor(agent: AgentSocket, host: Session) {
    this.#agent = agent;
    this.#host = host;
    this.#standing = host.once(STANDING, () => ({ hasFailed: false }));
  }

  /** The parts that the agent has of some keys. Never rejects. */
  async recall(keys: readonly MasterKey[]): Promise<ReadonlyMap<MasterKey, Uint8Array>> {
    const questions = new Map(keys.map((key) => [agentQuestion(key), key]));
    const found = await this.#within((client) => client.recall([...questions.keys()]));
    const parts = new Map<MasterKey, Uint8Array>();
    for (const { question, part } of found ?? []) {
      const key = questions.get(question);
      if (key) parts.set(key, part);
    }
    if (parts.size > 0) this.#tell('The key agent has the data key');
    return parts;
  }

  /** The part of a key: from the agent, else opened by the service, and then the agent's to keep. */
  async unwrap(service: KeyService, key: MasterKey, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const client = await this.#connect();
    if (!client) return service.unwrap(key, signal);
    try {
      const question = agentQuestion(key);
      const known = await this.#claim(client, question, signal);
      if (known) return known;
      const part = await service.unwrap(key, signal);
      // A provider that mended the entry does so for every file's own.
      if (agentQuestion(key) === question) await this.#keep(client, part, key);
      return part;
    } finally {
      client.close();
    }
  }

  /** Null when it is to be opened here. */
  async #claim(client: AgentClient, question: string, signal: AbortSignal | undefined): Promise<Uint8Array | null> {
    let activity: ReturnType<NonNullable<Session['begin']>> | undefined;
    const waits = (): void => {
      activity = this.#host.begin?.('waiting for another program that opens the same data key', 'both');
    };
    const limit = keyTimeout(this.#host) * TIMES_FOR_PEOPLE;
    try {
      const part = await withDeadline(limit, signal, () => client.claim(question, waits, signal));
      if (part) this.#tell('The key agent has the data key');
      return part;
    } catch (error) {
      if (!signal?.aborted) this.#fail(error);
      return null;
    } finally {
      activity?.end();
    }
  }

  async #keep(client: AgentClient, part: Uint8Array, key: MasterKey): Promise<void> {
    await client.keep(part, await keyLabelOf(key)).then(
      () => this.#tell('The key agent keeps the data key'),
      (error: unknown) => this.#fail(error),
    );
  }

  async #within<T>(action: (client: AgentClient) => Promise<T>): Promise<T | undefined> {
    const client = await this.#connect();
    try {
      return client && (await action(client));
    } catch (error) {
      this.#fail(error);
      return undefined;
    } finally {
      client?.close();
    }
  }

  async #connect(): Promise<AgentClient | undefined> {
    if (this.#standing.hasFailed) return undefined;
    try {
      const client = await AgentClient.connect(this.#agent);
      // What nobody listens at was left by one that was killed.
      this.#standing.hasFailed = client === null;
      return client ?? undefined;
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  #fail(error: unknown): void {
    if (this.#standing.hasFailed) return;
    this.#standing.hasFailed = true;
    const reason = isError(error) ? error.message : String(error);
    this.#host.warn(`${reason}; keys are used without it (SOPS_TS_AGENT=0 leaves it out)`);
  }

  #tell(message: string): void {
    this.#host.log?.({ component: 'AGENT', level: 'info', message });
  }
}
