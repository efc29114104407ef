/** A gpg-agent for tests: a socket that records what it is sent and answers from a table. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class FakeAgent {
  readonly received: string[] = [];
  /** The path of its socket. */
  readonly socket: string;
  private constructor(
    private readonly server: Server,
    private readonly folder: string,
  ) {
    this.socket = join(folder, 'S.gpg-agent');
  }

  /** `answer` gives the line for a command other than `OPTION`, which is always fine. */
  static async start(answer: (command: string) => string, greeting = 'OK Pleased to meet you'): Promise<FakeAgent> {
    const server = createServer();
    const agent = new FakeAgent(server, mkdtempSync(join(tmpdir(), 'agent-')));
    server.on('connection', (connection) => {
      connection.on('error', () => {});
      connection.write(`${greeting}\n`);
      let held = '';
      connection.setEncoding('latin1').on('data', (part) => {
        const lines = (held + part).split('\n');
        held = lines.pop() ?? '';
        for (const line of lines) {
          agent.received.push(line);
          // In two parts, as a socket may deliver it.
          const text = `${line.startsWith('OPTION ') ? 'OK' : answer(line)}\n`;
          connection.write(text.slice(0, 1));
          setTimeout(() => connection.write(text.slice(1)), 1);
        }
      });
    });
    await new Promise<void>((settle) => server.listen(agent.socket, settle));
    return agent;
  }

  async stop(): Promise<void> {
    await new Promise((settle) => this.server.close(settle));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
