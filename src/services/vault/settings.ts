/** What the environment says about Vault: the variables of its own client (docs/keys/hc-vault.md#environment). */

import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { SopsError } from '../../errors.js';
import { isAbsent, systemReason } from '../../util/files/files.js';
import { readdir } from '../../util/files/fs-promises.js';
import { readNamedFile } from '../../util/files/named-file.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { shownPath } from '../../util/text/content-as-path.js';
import { parseDuration } from '../../util/text/duration.js';

export interface VaultSettings {
  /** Empty for none. */
  readonly token: string;
  /** Empty for none, and in `headers`, too. */
  readonly namespace: string;
  /** Sent with every request, the namespace included. */
  readonly headers: Readonly<Record<string, string>>;
  /** Where a Vault agent listens that is asked instead of the server: a URL, `unix://` included; empty for none. */
  readonly agent: string;
  /** In milliseconds. */
  readonly timeout: number;
  readonly retries: number;
  /** Requests a second, and how many may come at once; undefined for no limit. */
  readonly rate: { readonly perSecond: number; readonly burst: number } | undefined;
  readonly tls: ConnectionOptions;
  readonly proxy: URL | undefined;
  readonly looksUpServices: boolean;
  readonly followsRedirects: boolean;
}

const DEFAULT_TIMEOUT = 60_000;
const DEFAULT_RETRIES = 2;

/** Reads all of them. Throws `key` for one that is malformed or names a file that cannot be read. */
export async function readSettings(host: Host): Promise<VaultSettings> {
  const { env } = host;
  return {
    token: await readToken(host),
    namespace: env.VAULT_NAMESPACE ?? '',
    headers: readHeaders(env.VAULT_HEADERS, env.VAULT_NAMESPACE),
    agent: env.VAULT_AGENT_ADDR ?? '',
    timeout: readDuration('VAULT_CLIENT_TIMEOUT', env.VAULT_CLIENT_TIMEOUT) || DEFAULT_TIMEOUT,
    retries: env.VAULT_MAX_RETRIES ? readCount(env.VAULT_MAX_RETRIES) : DEFAULT_RETRIES,
    rate: env.VAULT_RATE_LIMIT ? readRate(env.VAULT_RATE_LIMIT) : undefined,
    tls: await readTls(host),
    proxy: readProxy(env.VAULT_PROXY_ADDR || env.VAULT_HTTP_PROXY),
    looksUpServices: isOn('VAULT_SRV_LOOKUP', env.VAULT_SRV_LOOKUP),
    followsRedirects: !isOn('VAULT_DISABLE_REDIRECTS', env.VAULT_DISABLE_REDIRECTS),
  };
}

/** `VAULT_TOKEN`, else what `vault login` left in the home folder. */
async function readToken(host: Host): Promise<string> {
  const token = host.env.VAULT_TOKEN || (await readTokenFile(host));
  // Node would refuse the header, with an error that quotes nothing; Vault's client says it so.
  if (/[^\x20-\x7e]/.test(token)) {
    throw new SopsError('key', 'configured Vault token contains non-printable characters and cannot be used', {
      hint: 'Set VAULT_TOKEN anew, or log in with vault login: line breaks and invisible characters may have come in by copying.',
    });
  }
  return token;
}

async function readTokenFile(host: Host): Promise<string> {
  const { env, platform } = host;
  const home = platform === 'win32' ? env.USERPROFILE : env.HOME;
  if (!home) return '';
  try {
    return (await readNamedFile(join(home, '.vault-token'), host)).toString('utf8').trim();
  } catch (cause) {
    if (isAbsent(cause)) return '';
    throw new SopsError('key', `cannot get Vault token: ${systemReason(cause)}: ~/.vault-token`, { cause });
  }
}

function readHeaders(text: string | undefined, namespace: string | undefined): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  for (const [name, value] of text ? entriesOf(text) : []) {
    if (/^x-vault-/i.test(name)) {
      throw new SopsError('key', `VAULT_HEADERS holds ${name}: headers that begin with X-Vault- are for internal use`);
    }
    if (typeof value !== 'string' || !/^[\w!#$%&'*+.^`|~-]+$/.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value)) {
      throw new SopsError('key', `the header ${JSON.stringify(name)} of VAULT_HEADERS cannot be sent`);
    }
    headers[name] = value;
  }
  if (namespace) headers['X-Vault-Namespace'] = namespace;
  return headers;
}

function entriesOf(text: string): [string, unknown][] {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.entries(value);
  } catch {
    // Told below; the parser's message would quote the text.
  }
  throw new SopsError('key', 'VAULT_HEADERS is not a JSON object');
}

/** Seconds, or a duration as Go writes it (`1m30s`), in milliseconds. */
function readDuration(name: string, text: string | undefined): number {
  if (!text) return 0;
  const duration = parseDuration(text);
  if (duration === undefined) throw malformed(name);
  return duration;
}

function readCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw malformed('VAULT_MAX_RETRIES');
  return Number(text);
}

/** `rate` or `rate:burst`. */
function readRate(text: string): { perSecond: number; burst: number } {
  const [, rate = '', burst] = /^(\d+(?:\.\d+)?)(?::(\d+))?$/.exec(text) ?? [];
  const perSecond = Number(rate);
  if (rate === '' || perSecond === 0) throw malformed('VAULT_RATE_LIMIT');
  return { perSecond, burst: Math.max(1, Math.floor(Number(burst ?? perSecond))) };
}

function readProxy(text: string | undefined): URL | undefined {
  if (!text) return undefined;
  if (!URL.canParse(text)) throw malformed('VAULT_PROXY_ADDR');
  return new URL(text);
}

/** A truth value as Go reads one. */
function isOn(name: string, text: string | undefined): boolean {
  if (!text) return false;
  if (/^(?:1|t|true)$/i.test(text)) return true;
  if (/^(?:0|f|false)$/i.test(text)) return false;
  throw malformed(name);
}

function malformed(name: string): SopsError {
  return new SopsError('key', `could not parse ${name}`);
}

async function readTls(host: Host): Promise<ConnectionOptions> {
  const { env } = host;
  const authorities = await readAuthorities(host);
  const { VAULT_CLIENT_CERT: cert, VAULT_CLIENT_KEY: key } = env;
  if (!cert !== !key) throw new SopsError('key', 'both VAULT_CLIENT_CERT and VAULT_CLIENT_KEY must be given');
  return {
    ...(authorities === undefined ? {} : { ca: authorities }),
    ...(cert && key
      ? { cert: await readNamed('VAULT_CLIENT_CERT', cert, host), key: await readNamed('VAULT_CLIENT_KEY', key, host) }
      : {}),
    ...(env.VAULT_TLS_SERVER_NAME ? { servername: env.VAULT_TLS_SERVER_NAME } : {}),
    ...(isOn('VAULT_SKIP_VERIFY', env.VAULT_SKIP_VERIFY) ? { rejectUnauthorized: false } : {}),
  };
}

/** The certificates to check the server against, instead of the usual ones; the first variable that is set counts. */
async function readAuthorities(host: Host): Promise<(Buffer | string)[] | undefined> {
  const { VAULT_CACERT: file, VAULT_CACERT_BYTES: text, VAULT_CAPATH: folder } = host.env;
  if (file) return [await readNamed('VAULT_CACERT', file, host)];
  if (text) return [text];
  if (!folder) return undefined;
  const names = await readdir(resolve(host.cwd, folder)).catch((cause: unknown) => {
    throw unreadable('VAULT_CAPATH', folder, cause);
  });
  return Promise.all(names.map((name) => readNamed('VAULT_CAPATH', join(folder, name), host)));
}

async function readNamed(variable: string, path: string, host: Host): Promise<Buffer> {
  return readNamedFile(resolve(host.cwd, path), host).catch((cause: unknown) => {
    throw unreadable(variable, path, cause);
  });
}

function unreadable(variable: string, path: string, cause: unknown): SopsError {
  return new SopsError('key', `cannot read ${shownPath(path)}, named by ${variable}: ${systemReason(cause)}`, {
    cause,
  });
}
