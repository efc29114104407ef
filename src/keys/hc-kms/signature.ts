/** Signatures of requests to Huawei Cloud: SDK-HMAC-SHA256 (docs/keys/hc-kms.md#calls). */
import { createHash, createHmac } from 'node:crypto';

const ALGORITHM = 'SDK-HMAC-SHA256';

export interface SignedRequest {
  readonly method: string;
  readonly url: URL;
  /** Those that are signed; the date is added. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface SigningKey {
  readonly accessKey: string;
  readonly secretKey: string;
}

/** The headers given, with `X-Sdk-Date` and `Authorization`. `now` is in milliseconds since 1970. */
export function signRequest(request: SignedRequest, key: SigningKey, now: number): Record<string, string> {
  const date = `${new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  const headers = { ...request.headers, 'X-Sdk-Date': date };
  const lines = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value.trim()] as const);
  lines.sort(byName);
  const names = lines.map(([name]) => name).join(';');
  const canonical = [
    request.method,
    canonicalPath(request.url),
    canonicalQuery(request.url),
    lines.map(([name, value]) => `${name}:${value}\n`).join(''),
    names,
    hashOf(request.body),
  ].join('\n');
  const text = [ALGORITHM, date, hashOf(canonical)].join('\n');
  const signature = createHmac('sha256', key.secretKey).update(text).digest('hex');
  const authorization = `${ALGORITHM} Access=${key.accessKey}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...headers, Authorization: authorization };
}

/** Each segment percent-encoded (RFC 3986 unreserved characters stay), with a slash at the end. */
function canonicalPath({ pathname }: URL): string {
  const path = pathname
    .split('/')
    .map((segment) => encode(decodeURIComponent(segment)))
    .join('/');
  return path.endsWith('/') ? path : `${path}/`;
}

function canonicalQuery({ searchParams }: URL): string {
  const pairs = [...searchParams].map(([name, value]) => [encode(name), encode(value)] as const);
  return pairs
    .sort(byName)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function byName([one]: readonly [string, string], [other]: readonly [string, string]): number {
  return one < other ? -1 : Number(one > other);
}
