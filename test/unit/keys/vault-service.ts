/** A stand-in for Vault's transit engine: AES-GCM under a key of its own for each engine and name. */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { HttpService, type Received, type Reply } from './http-service.js';
import type { AnswerMode } from './provider-contract.js';

export const TOKEN = 's.the-token-of-the-user';

export class VaultService {
  mode: AnswerMode = 'properly';
  /** Given before anything else, in order; then the mode counts. */
  readonly replies: Reply[] = [];
  private constructor(readonly http: HttpService) {}

  static async start(): Promise<VaultService> {
    const service: VaultService = new VaultService(await HttpService.start((request) => service.answer(request)));
    return service;
  }

  get url(): string {
    return this.http.url;
  }

  get paths(): string[] {
    return this.http.received.map(({ method, path }) => `${method} ${path}`);
  }

  /** The URI of a key here. */
  key(name: string, engine = 'transit'): string {
    return `${this.url}/v1/${engine}/keys/${name}`;
  }

  private answer({ method, path, headers, body }: Received): Reply {
    const reply = this.replies.shift();
    if (reply) return reply;
    if (method !== 'PUT' || headers['x-vault-request'] !== 'true') return errors(400, 'bad request');
    if (headers['x-vault-token'] !== TOKEN || this.mode === 'refusing')
      return errors(403, '1 error occurred:\n\t* permission denied\n\n');
    if (this.mode === 'without-field') return json({ data: { key_version: 1 } });
    if (this.mode === 'nonsense') return { body: '<html>oauwo6SlpqeoqaqrrK2ur7CxsrO0tba3uLm6u7y9vr/A</html>' };
    const [, engine = '', operation = '', name = ''] = /^\/v1\/(.+)\/(encrypt|decrypt)\/([^/]+)$/.exec(path) ?? [];
    const { plaintext, ciphertext } = JSON.parse(body);
    try {
      return json({
        data:
          operation === 'encrypt'
            ? { ciphertext: encrypt(engine, name, plaintext), key_version: 1 }
            : { plaintext: decrypt(engine, name, ciphertext) },
      });
    } catch {
      return errors(400, 'cipher: message authentication failed');
    }
  }
}

function json(body: unknown, status = 200): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

export function errors(status: number, ...messages: string[]): Reply {
  return json({ errors: messages }, status);
}

const keyOf = (engine: string, name: string) => createHash('sha256').update(`${engine} ${name}`).digest();

function encrypt(engine: string, name: string, plaintext: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', keyOf(engine, name), iv);
  const sealed = Buffer.concat([cipher.update(plaintext, 'base64'), cipher.final()]);
  return `vault:v1:${Buffer.concat([iv, sealed, cipher.getAuthTag()]).toString('base64')}`;
}

function decrypt(engine: string, name: string, text: string): string {
  const [, encoded = ''] = /^vault:v1:([A-Za-z0-9+/]+=*)$/.exec(text) ?? [];
  const bytes = Buffer.from(encoded, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', keyOf(engine, name), bytes.subarray(0, 12), { authTagLength: 16 });
  decipher.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('base64');
}
