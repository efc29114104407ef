/** The audit log: one row for each event in every database that the administrator names (docs/audit-log.md). */

import { parseAuditConfig } from '../config/audit-config.js';
import { SopsError } from '../errors.js';
import { Database } from '../services/postgres/database.js';
import { databaseSettings } from '../services/postgres/settings.js';
import { systemReason } from '../util/files.js';
import { readFile } from '../util/fs-promises.js';
import type { AuditLog, Host } from '../util/host.js';

export interface OpenAuditLog extends AuditLog {
  /** Lets go of the databases. Never rejects. */
  close(): Promise<void>;
}

const INSERT = 'INSERT INTO audit_event (action, username, file) VALUES ($1, $2, $3)';

/**
 * Reads the configuration and asks every database for a sign of life. `user` is the login name of whoever runs the program. Throws
 * `failed` and `config`: when events cannot be noted, nothing must be done that needs one.
 */
export async function openAuditLog(path: string, user: string, host: Host): Promise<OpenAuditLog> {
  const strings = await parseAuditConfig(await readConfig(path), path);
  const databases: Database[] = [];
  const close = async (): Promise<void> => void (await Promise.all(databases.map((database) => database.close())));
  const failures: string[] = [];
  for (const [at, text] of strings.entries()) {
    try {
      const database = new Database(await databaseSettings(text, user, host, 'failed'), 'failed');
      databases.push(database);
      const answer = await database.run('SELECT 1');
      if (answer !== 1) failures.push(`backend ${at + 1}: database malfunction: SELECT 1 should return 1`);
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      failures.push(`backend ${at + 1}: ${error.message}`);
    }
  }
  if (failures.length > 0) {
    await close();
    throw unreachable(path, failures);
  }
  return {
    close,
    async record(action, file) {
      for (const database of databases) {
        await database.run(INSERT, [action, user, file]).catch((error: unknown) => {
          if (!(error instanceof SopsError)) throw error;
          throw new SopsError('failed', `Failed to insert audit record: ${error.message}`, { cause: error.cause });
        });
      }
    },
  };
}

async function readConfig(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SopsError('failed', `the audit configuration cannot be read: ${systemReason(cause)}: ${path}`, {
      hint: 'Events must be noted where it exists; ask your administrator for the right to read it.',
      cause,
    });
  });
}

function unreachable(path: string, failures: readonly string[]): SopsError {
  const lines = [`connecting to audit database, defined in ${path}`, ...failures];
  return new SopsError('failed', lines.join('\n'), { hint: 'one or more audit backends reported errors, exiting' });
}
