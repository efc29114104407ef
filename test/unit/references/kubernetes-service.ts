/** A stand-in for the API server of Kubernetes, with TLS: objects by their paths, tokens and what they may read, and its own refusals. */

import { fixtureText } from '../keys/entries.js';
import { HttpService, type Received, type Reply } from '../keys/http-service.js';

export const CERTIFICATE = new URL('../../../fixtures/keys/tls/localhost.crt', import.meta.url).pathname;
export const KEY = new URL('../../../fixtures/keys/tls/localhost.key', import.meta.url).pathname;
const TLS = { cert: fixtureText('tls/localhost.crt'), key: fixtureText('tls/localhost.key') };

export const TOKEN = 'token-of-the-user';
export const POD_TOKEN = 'token-of-the-pod';

const base64 = (value: string | Uint8Array): string => Buffer.from(value).toString('base64');

const OBJECTS: Readonly<Record<string, object>> = {
  '/api/v1/namespaces/prod/secrets/db': {
    kind: 'Secret',
    data: { password: base64('pässwörd <&>'), user: base64('app'), port: base64('5432') },
  },
  '/api/v1/namespaces/prod/secrets/empty': { kind: 'Secret' },
  '/api/v1/namespaces/prod/secrets/large': { kind: 'Secret', data: { blob: base64('x'.repeat(1_000_000)) } },
  '/api/v1/namespaces/prod/configmaps/settings': { kind: 'ConfigMap', data: { mode: 'fast', 'a.json': '{"b": 1}' } },
  // What another kind of server may say.
  '/api/v1/namespaces/prod/secrets/strange': { hello: 'world' },
};

export class KubernetesService {
  /** Answers that come first, in order. */
  readonly replies: Reply[] = [];

  private constructor(private readonly service: HttpService) {}

  /** @param asksForCertificate lets only those connect who show the certificate of the tests. */
  static async start(asksForCertificate = false): Promise<KubernetesService> {
    const mutual = asksForCertificate ? { requestCert: true, rejectUnauthorized: true, ca: TLS.cert } : {};
    const started: KubernetesService = new KubernetesService(
      await HttpService.start((request) => started.answer(request, asksForCertificate), { ...TLS, ...mutual }),
    );
    return started;
  }

  get url(): string {
    return this.service.url;
  }

  get received(): Received[] {
    return this.service.received;
  }

  close(): Promise<void> {
    return this.service.close();
  }

  private answer({ path, headers }: Received, byCertificate: boolean): Reply {
    const reply = this.replies.shift();
    if (reply) return reply;
    const isKnown = [`Bearer ${TOKEN}`, `Bearer ${POD_TOKEN}`, `Basic ${base64('joe:hush')}`].includes(
      headers.authorization ?? '',
    );
    if (!isKnown && !byCertificate) return status(401, 'Unauthorized');
    if (path.includes('/namespaces/other/')) return status(403, 'secrets "db" is forbidden: User "joe" cannot get');
    const found = OBJECTS[path];
    return found ? { body: JSON.stringify({ apiVersion: 'v1', ...found }) } : status(404, `secrets "x" not found`);
  }
}

export function status(code: number, message: string, headers: Record<string, string> = {}): Reply {
  return { status: code, headers, body: JSON.stringify({ kind: 'Status', status: 'Failure', message, code }) };
}
