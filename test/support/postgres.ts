/**
 * A real PostgreSQL for integration tests: `initdb` and `postgres` in POSTGRES_BIN (a folder), on PATH, or where Debian puts them.
 * It refuses to run as root, so for root it runs as nobody.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { unusedPort } from '../unit/keys/http-service.js';

const DEBIAN = '/usr/lib/postgresql';
const NOBODY = 65_534;
export const PASSWORD = 'audit-secret-pw';

/** The folder with the programs; undefined when there are none. */
export const POSTGRES = [
  process.env.POSTGRES_BIN ?? '',
  ...(process.env.PATH ?? '').split(':'),
  ...(existsSync(DEBIAN) ? readdirSync(DEBIAN).map((version) => join(DEBIAN, version, 'bin')) : []),
].find((folder) => folder !== '' && existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));

/** Whether it was built with TLS; the one from PyPI (pgserver) is not. */
export const HAS_TLS = POSTGRES !== undefined && readFileSync(join(POSTGRES, 'postgres')).includes('libssl');

export class Postgres {
  private constructor(
    readonly port: number,
    /** Holds the data, and the unix socket. */
    readonly folder: string,
    private readonly server: ChildProcess,
  ) {}

  /** Starts a server with the table of events, and a role `auditor` that may only insert. */
  static async start(certificate: { readonly cert: string; readonly key: string }): Promise<Postgres> {
    const tls = HAS_TLS ? certificate : undefined;
    const folder = mkdtempSync(join(tmpdir(), 'pg-'));
    const data = join(folder, 'data');
    mkdirSync(data, { mode: 0o700 });
    const account = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    for (const path of account.uid === undefined ? [] : [folder, data]) chownSync(path, NOBODY, NOBODY);
    chmodSync(folder, 0o755);
    const env = { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC' };
    const programs = POSTGRES ?? '';
    const init = ['-D', data, '-U', 'admin', '--auth=scram-sha-256', '--auth-local=trust', '--no-sync'];
    writeFileSync(join(folder, 'pw'), 'admin', { mode: 0o644 });
    execFileSync(join(programs, 'initdb'), [...init, `--pwfile=${join(folder, 'pw')}`], {
      env,
      ...account,
      cwd: folder,
    });
    if (tls) {
      writeFileSync(join(data, 'server.crt'), tls.cert);
      writeFileSync(join(data, 'server.key'), tls.key, { mode: 0o600 });
      if (account.uid !== undefined) chownSync(join(data, 'server.key'), NOBODY, NOBODY);
    }
    const port = await unusedPort();
    const listening = [
      '-p',
      String(port),
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      `unix_socket_directories=${folder}`,
    ];
    const args = ['-D', data, ...listening, '-F', '-c', `ssl=${tls ? 'on' : 'off'}`];
    const server = spawn(join(programs, 'postgres'), args, { env, ...account, cwd: folder, stdio: 'ignore' });
    const postgres = new Postgres(port, folder, server);
    await postgres.prepare();
    return postgres;
  }

  /** The rows of the table, oldest first, as `action username file`. */
  async events(): Promise<string[]> {
    const rows = await this.asAdmin((client) =>
      client.query('SELECT action, username, file FROM audit_event ORDER BY id'),
    );
    return rows.rows.map(({ action, username, file }) => `${action} ${username} ${file}`);
  }

  async clear(): Promise<void> {
    await this.asAdmin((client) => client.query('TRUNCATE audit_event'));
  }

  /** Runs statements with all rights. */
  async asAdmin<T>(action: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ host: this.folder, port: this.port, user: 'admin', database: 'postgres' });
    await client.connect();
    try {
      return await action(client);
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.server.once('exit', resolve));
    this.server.kill('SIGQUIT');
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async prepare(): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        await this.asAdmin((client) => client.query(SCHEMA));
        return;
      } catch (error) {
        if (tries === 60) throw error;
        await sleep(250);
      }
    }
  }
}

/** The table as SOPS's documentation has it. */
const SCHEMA = `
  CREATE TABLE audit_event (id SERIAL PRIMARY KEY, timestamp TIMESTAMP DEFAULT NOW(), action TEXT, username TEXT, file TEXT);
  CREATE ROLE auditor LOGIN PASSWORD '${PASSWORD}';
  GRANT INSERT ON audit_event TO auditor;
  GRANT USAGE ON audit_event_id_seq TO auditor;`;
