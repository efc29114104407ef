/** The agent's side of a connection of sops-ts: questions answered one after another, and the turn that ends with it. */
import type { Socket } from 'node:net';
import { SopsError } from '../../errors.js';
import type { Turn } from '../part-memory.js';
import type { PartKeeping } from './keeping-service.js';
import {
  type AgentAnswer,
  type AgentRequest,
  type AgentStatus,
  decodeAgentRequest,
  encodeAgentAnswer,
  messagesIn,
} from './messages.js';

export interface AgentControls extends PartKeeping {
  status(): AgentStatus;
  /** Forgets all; how many parts there were. */
  lock(): number;
  /** Ends the agent. */
  stop(): void;
}

type Request = Required<AgentRequest>;

/** Answers until the other side has gone. Never rejects. */
export async function converse(socket: Socket, controls: AgentControls): Promise<void> {
  await new Conversation(socket, controls).hold().catch(() => undefined);
  socket.destroy();
}

class Conversation {
  readonly #gone = new AbortController();
  #turn: Turn | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly controls: AgentControls,
  ) {
    socket.once('close', () => {
      this.#gone.abort();
      this.#turn?.end();
    });
  }

  async hold(): Promise<void> {
    for await (const message of messagesIn(this.socket)) {
      const request = decodeAgentRequest(message);
      try {
        this.#say(await this.#answer(request));
      } catch (error) {
        this.#say({ kind: 'failed', text: error instanceof SopsError ? error.message : 'internal error' });
      }
      if (request.kind === 'stop') return this.controls.stop();
    }
  }

  async #answer(request: Request): Promise<AgentAnswer> {
    switch (request.kind) {
      case 'recall':
        return this.#recall(request.questions);
      case 'claim':
        return this.#claim(request.questions[0] ?? '');
      case 'keep':
        return this.#keep(request);
      case 'status':
        return { kind: 'done', text: JSON.stringify(this.controls.status()) };
      case 'lock':
        await this.controls.note('agent-lock', 'all');
        return { kind: 'done', text: String(this.controls.lock()) };
      case 'stop':
        this.controls.lock();
        return { kind: 'done' };
      default:
        return { kind: 'failed', text: 'this agent is of another version: stop it, and start it again' };
    }
  }

  async #recall(questions: readonly string[]): Promise<AgentAnswer> {
    const found = questions.flatMap((question) => {
      const known = this.controls.memory.known(question);
      return known ? [{ question, ...known }] : [];
    });
    for (const { label } of found) await this.controls.note('agent-decrypt', label);
    return { kind: 'known', found };
  }

  async #claim(question: string): Promise<AgentAnswer> {
    const { memory } = this.controls;
    const claimed = await memory.claim(question, this.#gone.signal, () => this.#say({ kind: 'wait' }));
    if (!('part' in claimed)) {
      this.#turn?.end();
      this.#turn = claimed;
      if (this.#gone.signal.aborted) claimed.end();
      return { kind: 'turn' };
    }
    await this.controls.note('agent-decrypt', claimed.label);
    return { kind: 'known', found: [{ question, part: claimed.part }] };
  }

  async #keep({ part, label }: Request): Promise<AgentAnswer> {
    if (!this.#turn) return { kind: 'failed', text: 'nothing was to be opened' };
    const turn = this.#turn;
    try {
      await this.controls.note('agent-keep', label);
      turn.keep(part, label);
    } finally {
      turn.end();
      this.#turn = undefined;
    }
    return { kind: 'done' };
  }

  #say(answer: AgentAnswer): void {
    const frame = encodeAgentAnswer(answer);
    this.socket.write(frame, () => frame.fill(0));
    for (const { part } of answer.found ?? []) part.fill(0);
  }
}
