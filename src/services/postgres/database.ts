/** A connection to a PostgreSQL database, made anew when it was lost. */
import { type ErrorCode, SopsError } from '../../errors.js';
import { isSystemError } from '../../util/files/files.js';
import { isError } from '../../util/realms.js';
import { serviceWords } from '../http/answer.js';
import type { DatabaseSettings } from './settings.js';

type Client = InstanceType<typeof import('../../packages/pg.js').Client>;

/** A statement that waits longer is waiting for a lock that nobody lets go of. */
const QUERY_TIMEOUT_MS = 60_000;
/** What the package says when a server has no TLS. */
const NO_TLS = 'The server does not support SSL connections';

/** A program that runs for months (exec-env) should not hold a connection that noted one event. */
const IDLE_MS = 5000;

export class Database {
  #client: Client | undefined;
  #idle: NodeJS.Timeout | undefined;

  /** `code` is that of the errors thrown. */
  constructor(
    private readonly settings: DatabaseSettings,
    private readonly code: ErrorCode,
  ) {}

  /** Runs one statement and returns the first value of the first row, if there is one. Throws with the server's reason. */
  async run(statement: string, values: readonly string[] = []): Promise<unknown> {
    clearTimeout(this.#idle);
    try {
      this.#client ??= await this.#connect();
      const { rows } = await this.#client.query({ text: statement, values: [...values], rowMode: 'array' });
      return (rows as unknown[][])[0]?.[0];
    } catch (error) {
      throw this.#failure(error);
    } finally {
      this.#idle = setTimeout(() => void this.close(), IDLE_MS).unref();
    }
  }

  /** Says goodbye. Never rejects, and does not wait for a server that is gone. */
  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const client = this.#client;
    this.#client = undefined;
    if (!client) return;
    const enough = new Promise((settle) => setTimeout(settle, 1000).unref());
    await Promise.race([client.end().catch(() => undefined), enough]);
  }

  async #connect(): Promise<Client> {
    const { tls, tlsIsOptional } = this.settings;
    try {
      return await this.#connectWith(tls);
    } catch (error) {
      if (!tls || !tlsIsOptional || !isError(error) || error.message !== NO_TLS) throw error;
      return this.#connectWith(undefined);
    }
  }

  async #connectWith(tls: DatabaseSettings['tls']): Promise<Client> {
    const { Client } = await import('../../packages/pg.js');
    const { host, port, user, password, database, options, session, applicationName, connectTimeout } = this.settings;
    const client = new Client({
      host,
      port,
      user,
      database,
      // What is empty the package takes from the environment and from files of the user's.
      password: async () => password ?? (undefined as unknown as string),
      ssl: tls ?? false,
      client_encoding: 'utf8',
      application_name: applicationName,
      connectionTimeoutMillis: connectTimeout,
      query_timeout: QUERY_TIMEOUT_MS,
      keepAlive: true,
    });
    const { connectionParameters } = client as unknown as { connectionParameters: { options?: string } };
    connectionParameters.options = options;
    // A connection that is lost while nobody uses it.
    client.on('error', () => this.#lose(client));
    client.on('end', () => this.#lose(client));
    await client.connect();
    for (const [name, value] of session) await client.query('SELECT set_config($1, $2, false)', [name, value]);
    return client;
  }

  #lose(client: Client): void {
    if (this.#client === client) this.#client = undefined;
  }

  #failure(error: unknown): SopsError {
    if (error instanceof SopsError) return error;
    return new SopsError(this.code, `${this.settings.title}: ${this.#reasonOf(error)}`, { cause: error });
  }

  /** The server's words, and the package's own, of which none quotes what was sent; the password is taken out all the same. */
  #reasonOf(error: unknown): string {
    if (!isError(error)) return 'unknown error';
    const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
    if (isSystemError(error)) return `${error.syscall} ${code}`;
    const [line = ''] = error.message.split('\n', 1);
    return serviceWords(line || code || error.name, [this.settings.password ?? '']);
  }
}
