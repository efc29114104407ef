/** What the real sops sent to key services and got from them (fixtures/keys/README.md), played back by a server. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fixturePath, fixtureText } from './entries.js';
import { HttpService, type Received } from './http-service.js';

export interface Exchange {
  readonly method: string;
  readonly path: string;
  /** Those that matter; names as sent. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly status: number;
  readonly response: string;
}

export interface Recording {
  /** The encrypted file, by its path under `fixtures/keys`. */
  readonly file: string;
  readonly plaintext: string;
  readonly on_encrypt: readonly Exchange[];
  readonly on_decrypt: readonly Exchange[];
}

/** The recording of one service, e.g. `aws-plain`. */
export function recordingOf(name: string): Recording {
  return JSON.parse(fixtureText('wire/wire.json'))[name];
}

/** A server that answers as recorded, in the order recorded, and a folder with the recording's file in the clear and encrypted. */
export class Playback {
  readonly folder = mkdtempSync(join(tmpdir(), 'wire-'));
  readonly plain = 'plain.yaml';
  readonly encrypted = 'encrypted.yaml';

  private constructor(
    recording: Recording,
    private readonly service: HttpService,
  ) {
    writeFileSync(join(this.folder, this.plain), recording.plaintext);
    copyFileSync(fixturePath(recording.file), join(this.folder, this.encrypted));
  }

  static async start(recording: Recording, exchanges: readonly Exchange[]): Promise<Playback> {
    let next = 0;
    const service = await HttpService.start(() => {
      const exchange = exchanges[next];
      next += 1;
      if (!exchange) return { status: 500, body: 'nothing was recorded for this request' };
      const type = exchange.response.startsWith('<') ? 'text/xml' : 'application/json';
      return { status: exchange.status, headers: { 'content-type': type }, body: inPresent(exchange.response) };
    });
    return new Playback(recording, service);
  }

  get url(): string {
    return this.service.url;
  }

  get received(): readonly Received[] {
    return this.service.received;
  }

  async close(): Promise<void> {
    await this.service.close();
    rmSync(this.folder, { recursive: true });
  }
}

/** An answer whose session has not ended yet; the place of a host's name is not markup. */
function inPresent(response: string): string {
  const soon = new Date(Date.now() + 3_600_000).toISOString();
  return response.replace(/(<Expiration>)[^<]*/, `$1${soon}`).replaceAll('<host name>', 'host');
}
