/** A stand-in for Azure Key Vault, with TLS, its challenge, and RSA-OAEP-256; and one for the program `az`. */
import {
  constants,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
} from 'node:crypto';
import { fixtureText } from './entries.js';
import { HttpService, type Received, type Reply } from './http-service.js';
import type { ProgramFolder } from './programs.js';
import type { AnswerMode } from './provider-contract.js';

export const TOKEN = 'aztoken-of-the-user';
export const TENANT = '11111111-2222-3333-4444-555555555555';
/** For this one `az` has no token. */
export const FOREIGN_TENANT = '99999999-2222-3333-4444-555555555555';
export const VERSION = '78deebed173b48e48f55abf87ed4cf71';
/** A certificate for 127.0.0.1 that signs itself, and its key. */
export const CERTIFICATE = new URL('../../../fixtures/keys/tls/localhost.crt', import.meta.url).pathname;
export const TLS = { cert: fixtureText('tls/localhost.crt'), key: fixtureText('tls/localhost.key') };

const PADDING = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };

export class AzureService {
  mode: AnswerMode = 'properly';
  tenant = TENANT;
  /** What it answers to whoever has a token, instead of its work. */
  says: Reply | undefined;
  /** What the challenge says instead of the usual; undefined for no header at all. */
  challenge: ((url: URL) => string | undefined) | undefined;
  /** Given before anything else, in order; then the mode counts. */
  readonly replies: Reply[] = [];
  private readonly keys = new Map<string, KeyObject>();
  private constructor(readonly http: HttpService) {}

  static async start(): Promise<AzureService> {
    const service: AzureService = new AzureService(await HttpService.start((request) => service.answer(request), TLS));
    return service;
  }

  get url(): string {
    return this.http.url;
  }

  get paths(): string[] {
    return this.http.received.map(({ method, path }) => `${method} ${path}`);
  }

  private answer(request: Received): Reply {
    const reply = this.replies.shift();
    if (reply) return reply;
    const { path, headers, body } = request;
    if (headers.authorization !== `Bearer ${TOKEN}`) return this.unauthorized();
    if (this.says) return this.says;
    if (this.mode === 'refusing')
      return json(
        { error: { code: 'Forbidden', message: `Caller is not authorized.\r\nCaller: ${headers.authorization}` } },
        403,
      );
    if (this.mode === 'absent') {
      return json(
        { error: { code: 'KeyNotFound', message: 'A key with (name/id) k1 was not found in this key vault.' } },
        404,
      );
    }
    if (this.mode === 'without-field') return json({ kid: 'https://x/keys/k/v' });
    if (this.mode === 'nonsense') return { body: '<html>oauwo6SlpqeoqaqrrK2ur7CxsrO0tba3uLm6u7y9vr-A</html>' };
    const [, name = '', version = '', operation = ''] =
      /^\/keys\/([^/]+)\/([^/?]*)(?:\/(\w+))?\?api-version=2025-07-01$/.exec(path) ?? [];
    if (request.method === 'GET') return json({ key: { kid: `${this.url}/keys/${name}/${VERSION}`, kty: 'RSA' } });
    const { alg, value } = JSON.parse(body);
    if (alg !== 'RSA-OAEP-256' || version !== VERSION)
      return json({ error: { code: 'BadParameter', message: 'no such key' } }, 400);
    return this.crypt(name, operation, Buffer.from(value, 'base64url'));
  }

  /** The resource is what the host lies in, as `vault.azure.net` for a vault of the cloud. */
  private unauthorized(): Reply {
    const url = new URL(this.url);
    const usual = `Bearer authorization="https://login.microsoftonline.com/${this.tenant}", resource="https://${url.host.slice(4)}"`;
    const header = this.challenge ? this.challenge(url) : usual;
    return json({ error: { code: 'Unauthorized' } }, 401, header === undefined ? {} : { 'www-authenticate': header });
  }

  private crypt(name: string, operation: string, bytes: Buffer): Reply {
    const key =
      this.keys.get(name) ??
      (name === 'k1'
        ? createPrivateKey(fixtureText('wire/azure-rsa.pem'))
        : generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
    this.keys.set(name, key);
    try {
      const result =
        operation === 'encrypt'
          ? publicEncrypt({ key, ...PADDING }, bytes)
          : privateDecrypt({ key, ...PADDING }, bytes);
      return json({ kid: `${this.url}/keys/${name}/${VERSION}`, value: result.toString('base64url') });
    } catch {
      return json({ error: { code: 'BadParameter', message: 'Invalid parameter' } }, 400);
    }
  }
}

function json(body: unknown, status = 200, headers: Record<string, string> = {}): Reply {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

/** Makes a program `az` that gives the token, and writes what it is asked to `az.log`. */
export function addAz(folder: ProgramFolder, token = TOKEN): void {
  folder.addScript(
    'az',
    `const { appendFileSync } = require('node:fs');
    const args = process.argv.slice(2);
    appendFileSync(require('node:path').join(__dirname, 'az.log'), args.join(' ') + '\\n');
    if (args.includes('${FOREIGN_TENANT}')) {
      console.error("ERROR: Please run 'az login' to setup account.");
      process.exit(1);
    }
    const expires = Math.floor(Date.now() / 1000) + 3600;
    const answer = { accessToken: '${token}', expiresOn: new Date(expires * 1000).toISOString(), expires_on: expires, tokenType: 'Bearer' };
    console.log(JSON.stringify(answer));`,
  );
}
