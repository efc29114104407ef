/** moto, which stands in for AWS in integration tests (MOTO_SERVER_BIN or `moto_server` on PATH). */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateAliasCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { unusedPort } from '../unit/keys/http-service.js';
import { findTool } from './programs.js';

export const MOTO = findTool('moto_server', 'MOTO_SERVER_BIN', ['--help']);
const REGION = 'eu-central-1';

export class Moto {
  private constructor(
    readonly url: string,
    private readonly server: ChildProcess,
  ) {}

  /** Starts a server of its own and waits until it answers. */
  static async start(): Promise<Moto> {
    const port = await unusedPort();
    const url = `http://127.0.0.1:${port}`;
    const server = spawn(MOTO ?? '', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore', detached: true });
    for (let tries = 0; tries < 240; tries++) {
      if (await isAnswering(url)) return new Moto(url, server);
      await sleep(250);
    }
    throw new Error('moto_server does not start');
  }

  /** The ARN of a new key of the account. */
  async makeKey(): Promise<string> {
    return this.using(async (client) => (await client.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? '');
  }

  /** The ARN of an alias, given without `alias/`, of a key. */
  async makeAlias(name: string, arn: string): Promise<string> {
    await this.using((client) => client.send(new CreateAliasCommand({ AliasName: `alias/${name}`, TargetKeyId: arn })));
    return arn.replace(/:key\/.*/, `:alias/${name}`);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.server.once('exit', resolve));
    process.kill(-(this.server.pid ?? 0));
    await ended;
  }

  private async using<T>(action: (client: KMSClient) => Promise<T>): Promise<T> {
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    const client = new KMSClient({ region: REGION, endpoint: this.url, credentials });
    try {
      return await action(client);
    } finally {
      client.destroy();
    }
  }
}

function isAnswering(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}
