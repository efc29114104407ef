/** What a connection string means: where the database is, who asks, and how the connection is secured. */

import type { ConnectionOptions } from 'node:tls';
import { type ErrorCode, SopsError } from '../../errors.js';
import { systemReason } from '../../util/files/files.js';
import { readNamedFile } from '../../util/files/named-file.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { shownPath } from '../../util/text/content-as-path.js';
import { readTlsRoots } from '../http/tls-roots.js';
import { parseConnectionString } from './connection-string.js';

export interface DatabaseSettings {
  /** A name, an address, or the folder of a unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  readonly applicationName: string;
  /** `-c` options for the session; empty for none. */
  readonly options: string;
  /** Further settings of the session. */
  readonly session: ReadonlyMap<string, string>;
  readonly tls: ConnectionOptions | undefined;
  /** Whether to go on without TLS where the server has none. */
  readonly tlsIsOptional: boolean;
  /** In milliseconds. */
  readonly connectTimeout: number;
  /** How messages call the database; without the password. */
  readonly title: string;
}

const DEFAULT_TIMEOUT_SECONDS = 15;
/** Keywords with a meaning of their own; all others are settings of the session, as in SOPS's driver. */
const KNOWN = new Set([
  'host',
  'port',
  'user',
  'password',
  'dbname',
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'sslsni',
  'connect_timeout',
  'application_name',
  'fallback_application_name',
  'options',
  'client_encoding',
  'binary_parameters',
  'gssencmode',
]);
const MODES = new Set(['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']);

/**
 * Reads a connection string. What it leaves open is as in libpq: this machine, port 5432, a database called as the user. Of the
 * environment only `PGUSER` and `PGPASSWORD` count, since others (`PGHOST`, `PGOPTIONS`) would let whoever is audited send the events
 * elsewhere. `login` is the user's name on this machine. Throws an error of the given code, which quotes nothing secret.
 */
export async function databaseSettings(
  text: string,
  login: string,
  host: Host,
  code: ErrorCode,
): Promise<DatabaseSettings> {
  const given = parseConnectionString(text);
  if (!given) throw new SopsError(code, 'it is not a connection string of PostgreSQL');
  const server = given.get('host') || 'localhost';
  const port = Number(given.get('port') || '5432');
  const seconds = Number(given.get('connect_timeout') || '0') || DEFAULT_TIMEOUT_SECONDS;
  if (server.includes(',') || !Number.isInteger(port) || port < 1 || port > 65_535 || !(seconds > 0)) {
    throw new SopsError(code, 'its host, port or connect_timeout cannot be used; one host must be named');
  }
  const user = given.get('user') || host.env.PGUSER || login;
  const database = given.get('dbname') || user;
  const mode = given.get('sslmode') || 'require';
  if (!MODES.has(mode)) throw new SopsError(code, `its sslmode is none of ${[...MODES].join(', ')}`);
  const isLocal = server.startsWith('/');
  return {
    host: server,
    port,
    user,
    password: given.get('password') || host.env.PGPASSWORD || undefined,
    database,
    applicationName: given.get('application_name') || given.get('fallback_application_name') || 'sops-ts',
    options: given.get('options') ?? '',
    session: new Map([...given].filter(([name]) => !KNOWN.has(name))),
    tls: isLocal || mode === 'disable' ? undefined : await tlsFor(mode, given, host, code),
    tlsIsOptional: mode === 'allow' || mode === 'prefer',
    connectTimeout: seconds * 1000,
    title: `database ${database} on ${server}${isLocal ? '' : `:${port}`} as ${user}`,
  };
}

/** `require` alone encrypts without looking at the certificate, and with authorities named it does look, as in libpq. */
async function tlsFor(
  mode: string,
  given: ReadonlyMap<string, string>,
  host: Host,
  code: ErrorCode,
): Promise<ConnectionOptions> {
  const file = async (name: string): Promise<Buffer | undefined> => {
    const path = given.get(name);
    if (!path || (name === 'sslrootcert' && path === 'system')) return undefined;
    return readNamedFile(resolve(host.cwd, path), host).catch((cause: unknown) => {
      throw new SopsError(code, `its ${name} cannot be read: ${systemReason(cause)}: ${shownPath(path)}`, { cause });
    });
  };
  const [cert, key] = [await file('sslcert'), await file('sslkey')];
  const checksName = mode === 'verify-full';
  const checksChain = checksName || mode === 'verify-ca' || (mode === 'require' && given.has('sslrootcert'));
  const ca = checksChain ? ((await file('sslrootcert')) ?? (await readTlsRoots(host, code))) : undefined;
  return {
    rejectUnauthorized: checksChain,
    ...(ca ? { ca } : {}),
    ...(cert && key ? { cert, key } : {}),
    ...(checksName ? {} : { checkServerIdentity: () => undefined }),
  };
}
