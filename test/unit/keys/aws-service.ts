/** A stand-in for AWS KMS and STS: AES-GCM under a key of its own for each ARN, the context authenticated. */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { HttpService, type Received, type Reply } from './http-service.js';
import type { AnswerMode } from './provider-contract.js';

export const ROLE_TOKEN = 'token-of-the-assumed-role';

export class AwsService {
  mode: AnswerMode = 'properly';
  private constructor(readonly http: HttpService) {}

  static async start(): Promise<AwsService> {
    const service: AwsService = new AwsService(await HttpService.start((request) => service.answer(request)));
    return service;
  }

  /** The bodies of the calls to KMS, parsed. */
  get calls(): Record<string, unknown>[] {
    return this.http.received.filter(isKmsCall).map(({ body }) => JSON.parse(body));
  }

  /** The forms of the calls to STS. */
  get sessions(): Record<string, string>[] {
    return this.http.received
      .filter((request) => !isKmsCall(request))
      .map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
  }

  /** The answer to a request that came another way. */
  respond(request: Received): Reply {
    return this.answer(request);
  }

  private answer(request: Received): Reply {
    if (!isKmsCall(request)) return assumeRole(request);
    const refusal = this.refusal(request);
    if (refusal) return refusal;
    const { KeyId, EncryptionContext, Plaintext, CiphertextBlob } = JSON.parse(request.body);
    const context = JSON.stringify(Object.entries(EncryptionContext).sort());
    if (request.headers['x-amz-target'] === 'TrentService.Encrypt') {
      return json({ CiphertextBlob: encrypt(KeyId, context, Plaintext), KeyId });
    }
    try {
      return json({ Plaintext: decrypt(KeyId, context, CiphertextBlob), KeyId });
    } catch {
      return json({ __type: 'InvalidCiphertextException' }, 400);
    }
  }

  private refusal({ headers }: Received): Reply | undefined {
    if (this.mode === 'without-field') return json({ KeyId: 'arn:aws:kms:eu-central-1:123456789012:key/k1' });
    if (this.mode === 'nonsense') return { body: '<html>oauwo6SlpqeoqaqrrK2ur7CxsrO0tba3uLm6u7y9vr/A</html>' };
    if (this.mode !== 'refusing') return undefined;
    // The service's own words for a wrong signature: they quote what should have been signed.
    const signed = `POST\n/\n\nx-amz-security-token:${headers['x-amz-security-token']}\n`;
    const message = `The request signature we calculated does not match.\n\nThe Canonical String was\n'${signed}'`;
    return json({ __type: 'SignatureDoesNotMatch', message }, 403);
  }
}

function isKmsCall({ headers }: Received): boolean {
  return headers['x-amz-target'] !== undefined;
}

function json(body: unknown, status = 200): Reply {
  return { status, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify(body) };
}

/** Roles named `refused` may not be assumed. */
function assumeRole({ body }: Received): Reply {
  const headers = { 'content-type': 'text/xml' };
  const form = new URLSearchParams(body);
  const [action, role] = [form.get('Action'), form.get('RoleArn') ?? ''];
  if (role.endsWith('/refused')) {
    const error = '<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not you</Message></Error>';
    return { status: 403, headers, body: `<ErrorResponse>${error}<RequestId>r</RequestId></ErrorResponse>` };
  }
  const expiration = new Date(Date.now() + 3_600_000).toISOString();
  const credentials = `<AccessKeyId>ROLEID</AccessKeyId><SecretAccessKey>rolesecret</SecretAccessKey><SessionToken>${ROLE_TOKEN}</SessionToken><Expiration>${expiration}</Expiration>`;
  const result = role.endsWith('/empty') ? '' : `<Credentials>${credentials}</Credentials>`;
  return {
    headers,
    body: `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`,
  };
}

const keyOf = (id: string) => createHash('sha256').update(id).digest();

function encrypt(id: string, context: string, plaintext: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', keyOf(id), iv).setAAD(Buffer.from(context));
  const sealed = Buffer.concat([cipher.update(plaintext, 'base64'), cipher.final()]);
  return Buffer.concat([iv, sealed, cipher.getAuthTag()]).toString('base64');
}

function decrypt(id: string, context: string, blob: string): string {
  const bytes = Buffer.from(blob, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', keyOf(id), bytes.subarray(0, 12), { authTagLength: 16 });
  decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('base64');
}
