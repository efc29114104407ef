/** A key agent in the process of a test, with a clock that the test sets and an audit log that it reads. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OwnProcess } from '../../src/exec/process-access.js';
import { AgentClient } from '../../src/keyservice/agent/client.js';
import { type AgentEnd, type ServeAgentRequest, serveUntilTold } from '../../src/operations/agent/serve.js';
import type { AgentSocket, AuditLog, Host } from '../../src/util/host/host.js';
import { hostOf } from '../unit/keys/host.js';

export const MINUTE = 60_000;

/** A process that no signal reaches, and whose limits nobody changes. */
const NOBODY: OwnProcess = {
  pid: 0,
  userId: process.geteuid?.(),
  onSignals: () => () => undefined,
  kill: () => false,
  becomeUser: () => undefined,
};

export class TestAgent {
  /** Minutes since the agent was started, by its own clock. */
  minutes = 0;
  /** `action key` for each event. */
  readonly events: string[] = [];
  readonly folder = mkdtempSync(join(tmpdir(), 'agent-'));
  readonly place: AgentSocket = { socket: join(this.folder, 'own', 'agent.sock'), userId: process.geteuid?.() ?? 0 };
  /** Why nothing can be noted. */
  refusal: Error | undefined;
  ended: Promise<AgentEnd> | undefined;

  /** Starts one and waits until it answers, or has ended. */
  async start(parts: Partial<ServeAgentRequest> = {}, host: Partial<Host> = {}): Promise<this> {
    const clock = { wall: () => this.minutes * MINUTE, steady: () => this.minutes * MINUTE };
    const request = { place: this.place, idle: 10 * MINUTE, lifetime: 60 * MINUTE, clock, ...parts };
    const audit: AuditLog = {
      record: async (action, subject) => {
        if (this.refusal) throw this.refusal;
        this.events.push(`${action} ${subject}`);
      },
    };
    await new Promise<void>((ready, fail) => {
      // The machine's own prlimit is not for the process of the tests.
      const surroundings = hostOf().fork({ audit, platform: 'darwin', ...host });
      this.ended = serveUntilTold(request, NOBODY, surroundings, () => ready());
      this.ended.then(() => ready(), fail);
    });
    return this;
  }

  async client(): Promise<AgentClient> {
    const client = await AgentClient.connect(this.place);
    if (!client) throw new Error('no agent answers');
    return client;
  }

  /** Asks for one thing, with a connection of its own. */
  async ask<T>(action: (client: AgentClient) => Promise<T>): Promise<T> {
    const client = await this.client();
    return action(client).finally(() => client.close());
  }

  async stop(): Promise<void> {
    const client = await AgentClient.connect(this.place).catch(() => null);
    await client?.stop();
    client?.close();
    await this.ended?.catch(() => undefined);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
