/** A folder with encrypted files and destination rules, and a server that stands for every place files are published to. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { HttpService, type Received, type Reply } from '../unit/keys/http-service.js';
import { type Ran, run } from './run.js';

const FIXTURES = new URL('../../fixtures/publish', import.meta.url).pathname;
const keyText = (name: string): string => readFileSync(join(FIXTURES, name), 'utf8');
const recipientOf = (name: string): string => /public key: (\S+)/.exec(keyText(name))?.[1] ?? '';
/** Who may read the files, and somebody else. */
export const RECIPIENT = recipientOf('age.txt');
export const OTHER = recipientOf('age-other.txt');
export const TOKEN = 'tok';

export interface PublishCase {
  readonly id: string;
  readonly about: string;
  readonly rule: string;
  readonly file: string;
  readonly plain: string;
  readonly args: readonly string[];
  readonly exit: number;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly requests: readonly {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  }[];
}

export const CASES = JSON.parse(readFileSync(join(FIXTURES, 'publish.json'), 'utf8')) as readonly PublishCase[];

export class Publishing {
  readonly folder = mkdtempSync(join(tmpdir(), 'sops-ts-p-'));
  /** What the places answer; by default nothing is there, and everything is taken. */
  answer: (request: Received) => Reply = defaultAnswer;

  private constructor(readonly http: HttpService) {}

  static async start(): Promise<Publishing> {
    const publishing: Publishing = new Publishing(await HttpService.start((request) => publishing.answer(request)));
    return publishing;
  }

  /** What was sent, of which SDKs add to headers. */
  get requests(): string[] {
    return this.http.received.map(({ method, path }) => `${method} ${path}`);
  }

  /** The keys of somebody else. */
  get otherIdentity(): string {
    return keyText('age-other.txt');
  }

  get env(): Record<string, string> {
    return {
      HOME: join(this.folder, '.home'),
      SOPS_AGE_KEY: keyText('age.txt'),
      AWS_ENDPOINT_URL: this.http.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'aws-secret',
      STORAGE_EMULATOR_HOST: this.http.url,
      VAULT_ADDR: this.http.url,
      VAULT_TOKEN: TOKEN,
      VAULT_MAX_RETRIES: '0',
    };
  }

  /** Writes `.sops.yaml` with these destination rules, the text below the key. */
  rules(text: string): void {
    this.write('.sops.yaml', `destination_rules:\n${text}`);
  }

  write(name: string, content: Uint8Array | string): string {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  read(name: string): Buffer {
    return readFileSync(join(this.folder, name));
  }

  /** Writes a file, encrypted for the first recipient. */
  async seal(name: string, plain: Uint8Array | string, ...flags: string[]): Promise<void> {
    const words = ['encrypt', '--config', '/dev/null', '--age', RECIPIENT, '--filename-override', name, ...flags];
    const ran = await run(words, { cwd: tmpdir(), env: { HOME: '/nonexistent' }, stdin: plain });
    if (ran.status !== 0) throw new Error(ran.stderr);
    this.write(name, ran.stdout);
  }

  publish(
    words: readonly string[],
    {
      env = {},
      stdin = '',
      ...more
    }: { env?: Record<string, string>; stdin?: string; platform?: NodeJS.Platform } = {},
  ): Promise<Ran> {
    return run(['publish', ...words], { cwd: this.folder, env: { ...this.env, ...env }, stdin, ...more });
  }

  /** Decrypts what was sent. `key` names the key file. */
  async decrypt(sent: string, name: string, key = 'age.txt'): Promise<string> {
    const words = ['decrypt', '--config', '/dev/null', '--filename-override', name];
    const ran = await run(words, {
      cwd: tmpdir(),
      env: { HOME: '/nonexistent', SOPS_AGE_KEY: keyText(key) },
      stdin: sent,
    });
    if (ran.status !== 0) throw new Error(ran.stderr);
    return ran.stdout.toString();
  }

  async close(): Promise<void> {
    await this.http.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function defaultAnswer({ method }: Received): Reply {
  return method === 'GET' ? { status: 404, body: '{"errors":[]}' } : { body: '{}' };
}

/** The file within a multipart upload. */
export function uploadedFile(body: string): string {
  const boundary = body.slice(0, body.indexOf('\r\n'));
  const [, , part = ''] = body.split(`${boundary}`);
  return part.slice(part.indexOf('\r\n\r\n') + 4, -2);
}
