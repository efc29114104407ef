/** The audit log in PostgreSQL, as SOPS has it: a row for each event (docs/audit-log.md#postgresql). */
import { SopsError } from '../errors.js';
import { Database } from '../services/postgres/database.js';
import { databaseSettings } from '../services/postgres/settings.js';
import type { Host } from '../util/host/host.js';
import type { AuditBackend, AuditEvent, AuditUser } from './audit-event.js';

const INSERT = 'INSERT INTO audit_event (action, username, file) VALUES ($1, $2, $3)';

export class AuditDatabase implements AuditBackend {
  readonly called: string;
  readonly #text: string;
  readonly #user: AuditUser;
  readonly #host: Host;
  #database: Promise<Database> | undefined;

  /** `text`: the connection string. */
  constructor(text: string, called: string, user: AuditUser, host: Host) {
    this.#text = text;
    this.called = called;
    this.#user = user;
    this.#host = host;
  }

  async check(): Promise<void> {
    const answer = await (await this.#open()).run('SELECT 1');
    if (answer !== 1) throw new SopsError('failed', 'database malfunction: SELECT 1 should return 1');
  }

  async record({ action, user, subject }: AuditEvent): Promise<void> {
    const database = await this.#open();
    await database.run(INSERT, [action, user.name, subject]).catch((error: unknown) => {
      if (!(error instanceof SopsError)) throw error;
      throw new SopsError('failed', `Failed to insert audit record: ${error.message}`, { cause: error.cause });
    });
  }

  async close(): Promise<void> {
    await this.#database?.then(
      (database) => database.close(),
      () => undefined,
    );
  }

  #open(): Promise<Database> {
    this.#database ??= databaseSettings(this.#text, this.#user.name, this.#host, 'failed').then(
      (settings) => new Database(settings, 'failed'),
    );
    return this.#database;
  }
}
