/** A stand-in for Huawei Cloud's KMS, identity and metadata services, which checks every signature. */
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { HttpService, type Received, type Reply } from './http-service.js';
import type { AnswerMode } from './provider-contract.js';

export const ACCESS_KEY = 'AKEXAMPLE';
export const SECRET_KEY = 'the-secret-key-of-the-user';
export const SESSION_TOKEN = 'the-session-token-of-the-user';
export const ID_TOKEN = 'the-id-token-of-the-user';
/** Temporary keys that the identity service gives. */
const TEMPORARY = { access: 'AKTEMP', secret: 'the-temporary-secret', securitytoken: SESSION_TOKEN };

export class HuaweiService {
  mode: AnswerMode = 'properly';
  /** What it answers to a signed call, instead of its work. */
  says: Reply | undefined;
  /** What the account has. */
  projects: readonly string[] = ['p1'];
  private constructor(readonly http: HttpService) {}

  static async start(): Promise<HuaweiService> {
    const service: HuaweiService = new HuaweiService(await HttpService.start((request) => service.answer(request)));
    return service;
  }

  get paths(): string[] {
    return this.http.received.map(({ method, path }) => `${method} ${path}`);
  }

  /** Whether the metadata service hands out tokens and wants them, as newer ones do. */
  wantsTokens = true;

  private instance({ method, path, headers }: Received): Reply | undefined {
    if (path === '/meta-data/latest/api/token') {
      const asked = method === 'PUT' && headers['x-metadata-token-ttl-seconds'] === '21600';
      return this.wantsTokens && asked ? { body: 'metadata-token' } : { status: 404, body: '' };
    }
    if (path !== '/openstack/latest/securitykey') return undefined;
    const allowed = !this.wantsTokens || headers['x-metadata-token'] === 'metadata-token';
    return allowed ? json({ credential: { ...TEMPORARY, expires_at: soon() } }) : json({}, 401);
  }

  private answer(request: Received): Reply {
    const { path } = request;
    if (path === '/v3.0/OS-AUTH/id-token/tokens') return signIn(request);
    if (path === '/v3.0/OS-CREDENTIAL/securitytokens')
      return json({ credential: { ...TEMPORARY, expires_at: soon() } });
    if (path === '/pod') return podKeys(request);
    const instance = this.instance(request);
    if (instance) return instance;
    if (!isSigned(request))
      return refused('APIGW.0301', `verify aksk signature fail, token ${request.headers['x-security-token']}`);
    if (path.startsWith('/v3/projects?name='))
      return json({ projects: this.projects.map((id) => ({ id, name: 'r' })) });
    if (this.says) return this.says;
    if (this.mode === 'refusing') return refused('KMS.0303', `no permission:\n${request.headers['x-security-token']}`);
    if (this.mode === 'absent')
      return json({ error: { error_code: 'KMS.0207', error_msg: 'The key does not exist.' } }, 404);
    if (this.mode === 'without-field') return json({ key_id: 'k' });
    if (this.mode === 'nonsense') return { body: '<html>oauwo6SlpqeoqaqrrK2ur7CxsrO0tba3uLm6u7y9vr/A</html>' };
    return crypt(request);
  }
}

function crypt({ path, body }: Received): Reply {
  const { key_id, plain_text, cipher_text } = JSON.parse(body);
  const key = createHash('sha256').update(key_id).digest();
  try {
    return json(
      path.endsWith('/encrypt-data')
        ? { key_id, cipher_text: seal(key, plain_text) }
        : { key_id, plain_text: open(key, cipher_text) },
    );
  } catch {
    return json({ error: { error_code: 'KMS.0205', error_msg: 'invalid ciphertext' } }, 400);
  }
}

function json(body: unknown, status = 200, headers: Record<string, string> = {}): Reply {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

const refused = (code: string, message: string): Reply => json({ error_code: code, error_msg: message }, 403);
const soon = (): string => new Date(Date.now() + 3_600_000).toISOString();

function signIn({ headers, body }: Received): Reply {
  const known = headers['x-idp-id'] === 'idp' && JSON.parse(body).auth.id_token.id === ID_TOKEN;
  return known
    ? json({ token: {} }, 201, { 'x-subject-token': 'subject' })
    : json({ error: { code: 401, message: 'no' } }, 401);
}

function podKeys({ headers }: Received): Reply {
  if (headers.authorization !== ID_TOKEN) return json({}, 401);
  const { access, secret, securitytoken } = TEMPORARY;
  return json({
    credentials: { accessKeyId: access, secretAccessKey: secret, securityToken: securitytoken, expiration: soon() },
  });
}

/** Verifies a signature from the vendor's description of it, written apart from what is tested. */
export function isSigned({ method, path, headers, body }: Received): boolean {
  const [, access = '', signedNames = '', signature = ''] =
    /^SDK-HMAC-SHA256 Access=(\w+), SignedHeaders=([\w;-]+), Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    ) ?? [];
  const secret = access === ACCESS_KEY ? SECRET_KEY : access === TEMPORARY.access ? TEMPORARY.secret : undefined;
  const date = String(headers['x-sdk-date']);
  const names = signedNames.split(';');
  if (secret === undefined || !/^\d{8}T\d{6}Z$/.test(date) || !names.includes('x-sdk-date')) return false;
  if (access === TEMPORARY.access && headers['x-security-token'] !== SESSION_TOKEN) return false;
  const [route = '', query = ''] = path.split('?');
  const signed = names.map((name) => `${name}:${String(headers[name]).trim()}\n`).join('');
  const digest = (text: string) => createHash('sha256').update(text).digest('hex');
  const canonical = `${method}\n${route}/\n${query}\n${signed}\n${signedNames}\n${digest(body)}`;
  const wanted = createHmac('sha256', secret)
    .update(`SDK-HMAC-SHA256\n${date}\n${digest(canonical)}`)
    .digest('hex');
  return signature === wanted;
}

function seal(key: Buffer, plaintext: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const sealed = Buffer.concat([cipher.update(plaintext, 'base64'), cipher.final()]);
  return Buffer.concat([iv, sealed, cipher.getAuthTag()]).toString('base64');
}

function open(key: Buffer, text: string): string {
  if (!/^[A-Za-z0-9+/]+=*$/.test(text)) throw new Error('not base64');
  const bytes = Buffer.from(text, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 });
  decipher.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('base64');
}
