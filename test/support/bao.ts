/** A real OpenBao for integration tests, as a development server in memory (BAO_BIN or `bao` on PATH). */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findTool } from './programs.js';

export const BAO = findTool('bao', 'BAO_BIN', ['version']);
export const ROOT_TOKEN = 'root';

export class Bao {
  private constructor(
    readonly url: string,
    /** The file with the certificate of the authority that the server's is from. */
    readonly authority: string,
    private readonly server: ChildProcess,
  ) {}

  /** Starts a server with TLS and waits until it answers; its files are put into the folder. */
  static async start(folder: string): Promise<Bao> {
    const port = await freePort();
    const args = ['server', '-dev', '-dev-no-store-token', `-dev-root-token-id=${ROOT_TOKEN}`];
    const listening = [`-dev-listen-address=127.0.0.1:${port}`, '-dev-tls', `-dev-tls-cert-dir=${folder}`];
    const server = spawn(BAO ?? '', [...args, ...listening], {
      env: { ...process.env, HOME: folder },
      stdio: 'ignore',
      detached: true,
    });
    const bao = new Bao(`https://127.0.0.1:${port}`, join(folder, 'vault-ca.pem'), server);
    for (let tries = 0; bao.ask('status').status !== 0; tries++) {
      if (tries === 60) throw new Error('OpenBao does not start');
      await sleep(250);
    }
    return bao;
  }

  /** Runs the client as root and returns what it prints. */
  run(...args: string[]): string {
    const ran = this.ask(...args);
    if (ran.status !== 0) throw new Error(`bao ${args.join(' ')}: ${ran.stderr}`);
    return ran.stdout.trim();
  }

  /** The same while this process goes on, for what the server asks it. */
  async runAside(...args: string[]): Promise<void> {
    await promisify(execFile)(BAO ?? '', args, { env: this.env });
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.server.once('exit', resolve));
    process.kill(-(this.server.pid ?? 0));
    await ended;
  }

  private ask(...args: string[]) {
    return spawnSync(BAO ?? '', args, { env: this.env, encoding: 'utf8' });
  }

  private get env() {
    return { ...process.env, BAO_ADDR: this.url, BAO_TOKEN: ROOT_TOKEN, BAO_CACERT: this.authority };
  }
}

/** A port that is free, and the next one too: the development server takes both. */
async function freePort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as { port: number };
  await new Promise((resolve) => listener.close(resolve));
  return port;
}
