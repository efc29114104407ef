/** A connection of sops-ts to the agent of its user. */
import type { Socket } from 'node:net';
import { SopsError } from '../../errors.js';
import type { AgentSocket } from '../../util/host/host.js';
import { dial } from '../../util/host/local-socket.js';
import { withDeadline } from '../../util/waiting/deadline.js';
import {
  type AgentAnswer,
  type AgentRequest,
  type AgentStatus,
  decodeAgentAnswer,
  encodeAgentRequest,
  type FoundPart,
  messagesIn,
} from './messages.js';
import { placeState } from './place-state.js';

/** How long an agent may take for an answer that waits for nobody, in milliseconds. */
const SILENCE = 2000;

/** One connection: the turn that it may have ends with it. */
export class AgentClient {
  readonly #socket: Socket;
  readonly #messages: AsyncGenerator<Buffer>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#messages = messagesIn(socket);
  }

  /** Null when nobody answers there. Throws `failed` for a place that is not the user's alone. */
  static async connect(place: AgentSocket): Promise<AgentClient | null> {
    const state = placeState(place);
    if (state === 'absent') return null;
    if (state !== 'own') {
      throw new SopsError('failed', `the key agent is not asked: ${state.problem}`, {
        hint: 'Only a folder of mode 0700 of your own is safe for its socket.',
      });
    }
    const socket = await dial(place.socket);
    return socket && new AgentClient(socket);
  }

  /** Those of the questions that are known, without anything being opened. */
  async recall(questions: readonly string[]): Promise<readonly FoundPart[]> {
    return (await this.#ask({ kind: 'recall', questions })).found;
  }

  /** The part, perhaps once others have opened it; null when it is this one's turn. `waits` is called if others have it. */
  async claim(question: string, waits: () => void, signal?: AbortSignal): Promise<Uint8Array | null> {
    let answer = await this.#ask({ kind: 'claim', questions: [question] });
    if (answer.kind === 'wait') {
      waits();
      const leave = (): void => this.close();
      signal?.addEventListener('abort', leave, { once: true });
      answer = await this.#read().finally(() => signal?.removeEventListener('abort', leave));
    }
    return answer.kind === 'turn' ? null : (answer.found[0]?.part ?? null);
  }

  /** Hands over what was opened in this one's turn. */
  async keep(part: Uint8Array, label: string): Promise<void> {
    await this.#ask({ kind: 'keep', part, label });
  }

  async status(): Promise<AgentStatus> {
    return JSON.parse((await this.#ask({ kind: 'status' })).text) as AgentStatus;
  }

  /** Has it forget everything; how many parts there were. */
  async lock(): Promise<number> {
    return Number((await this.#ask({ kind: 'lock' })).text);
  }

  /** Has it end, and waits until it has. */
  async stop(): Promise<void> {
    await this.#ask({ kind: 'stop' });
    await withDeadline(SILENCE, undefined, () => this.#messages.next()).catch(() => undefined);
  }

  close(): void {
    this.#socket.destroy();
  }

  async #ask(request: AgentRequest): Promise<Required<AgentAnswer>> {
    const frame = encodeAgentRequest(request);
    this.#socket.write(frame, () => frame.fill(0));
    try {
      return await withDeadline(SILENCE, undefined, () => this.#read());
    } catch (cause) {
      this.close();
      if (cause instanceof SopsError) throw cause;
      throw new SopsError('key', 'the key agent does not answer', { cause });
    }
  }

  async #read(): Promise<Required<AgentAnswer>> {
    const { value, done } = await this.#messages.next();
    if (done) throw new SopsError('key', 'the key agent closed the connection');
    const answer = decodeAgentAnswer(value);
    if (answer.kind === 'failed') throw new SopsError('key', `the key agent: ${answer.text}`);
    return answer;
  }
}
