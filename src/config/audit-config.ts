/** The configuration of the audit log (docs/audit-log.md): YAML with the databases, files and system logs that get the events. */
import { isAbsolute } from 'node:path';
import { SopsError } from '../errors.js';
import { Decoder, type Fields } from './decode.js';
import { readConfigDocument } from './document.js';

export interface AuditConfig {
  /** The connection strings of `backends.postgres`. */
  readonly postgres: readonly string[];
  /** The absolute paths of `backends.jsonl`. */
  readonly files: readonly string[];
  readonly syslog: readonly SyslogChoice[];
}

/** A system log, and under which of its facilities the events are filed. */
export interface SyslogChoice {
  /** As it stands in the configuration. */
  readonly shown: string;
  readonly place: SyslogPlace;
  readonly facility: Facility;
}

export type SyslogPlace =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'udp' | 'tcp'; readonly host: string; readonly port: number };

/** The numbers of RFC 5424, section 6.2.1. Those of the kernel are not for programs. */
const FACILITIES = {
  ...{ user: 1, mail: 2, daemon: 3, auth: 4, syslog: 5, lpr: 6, news: 7, uucp: 8, cron: 9, authpriv: 10, ftp: 11 },
  ...{ local0: 16, local1: 17, local2: 18, local3: 19, local4: 20, local5: 21, local6: 22, local7: 23 },
} as const;

export interface Facility {
  readonly name: string;
  readonly number: number;
}

const DEFAULT_FACILITY = 'authpriv';
/** RFC 5426, section 3.3, and RFC 6587, which has none of its own: what rsyslog and syslog-ng listen on. */
const DEFAULT_PORTS = { udp: 514, tcp: 601 } as const;

/**
 * Reads it; unknown fields are ignored, as in SOPS, which knows `postgres` alone. Throws `config`; without a word of a text that cannot be read,
 * since it may hold passwords.
 */
export async function parseAuditConfig(text: string, path: string): Promise<AuditConfig> {
  const { postgres, files, syslog } = fieldsOf(text, path);
  return {
    postgres,
    files: files.map((file, at) => checkedPath(file, `jsonl ${at + 1}`, path)),
    syslog: syslog.map((one, at) => syslogChoice(one, `syslog ${at + 1}`, path)),
  };
}

interface WrittenSyslog {
  readonly socket: string;
  readonly facility: string;
}

interface WrittenConfig {
  readonly postgres: readonly string[];
  readonly files: readonly string[];
  readonly syslog: readonly WrittenSyslog[];
}

function fieldsOf(text: string, path: string): WrittenConfig {
  try {
    const document = readConfigDocument(text);
    const decoder = new Decoder(document);
    const backends = decoder.fields(decoder.fields(document.root, 'audit.config').get('backends'), 'audit.backends');
    const entries = (kind: string): Fields[] =>
      (decoder.list(backends.get(kind), `audit.${kind}`) ?? []).map((entry) => decoder.fields(entry, `audit.${kind}`));
    const written = {
      postgres: entries('postgres').map((entry) => decoder.string(entry.get('connection_string'))),
      files: entries('jsonl').map((entry) => decoder.string(entry.get('path'))),
      syslog: entries('syslog').map((entry) => ({
        socket: decoder.string(entry.get('socket')),
        facility: decoder.string(entry.get('facility')),
      })),
    };
    decoder.finish();
    return written;
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    throw new SopsError('config', `error unmarshalling the audit configuration ${path}`, {
      hint: 'It should be YAML: backends: {postgres: [{connection_string: "postgres://…"}], jsonl: [{path: /…}], syslog: [{socket: /dev/log}]}',
    });
  }
}

function checkedPath(file: string, entry: string, path: string): string {
  if (isAbsolute(file)) return file;
  throw wrong(path, `${entry} has no absolute path`, 'Write path: /var/log/sops/audit.jsonl');
}

function syslogChoice({ socket, facility }: WrittenSyslog, entry: string, path: string): SyslogChoice {
  const name = facility || DEFAULT_FACILITY;
  const number = Object.entries(FACILITIES).find(([known]) => known === name)?.[1];
  if (number === undefined) {
    throw wrong(path, `${entry} names no facility of syslog`, `Known are: ${Object.keys(FACILITIES).join(', ')}`);
  }
  const place = placeOf(socket);
  if (place) return { shown: socket, place, facility: { name, number } };
  throw wrong(
    path,
    `${entry} has no socket (a path, udp://HOST or tcp://HOST)`,
    'Write socket: /dev/log, or socket: udp://log.internal:514',
  );
}

/** Undefined for what is not one. */
function placeOf(socket: string): SyslogPlace | undefined {
  if (isAbsolute(socket)) return { kind: 'socket', path: socket };
  const found = /^(udp|tcp):\/\/(?:\[([0-9a-fA-F:.]+)\]|([^\s/:@?#[\]]+))(?::(\d{1,5}))?\/?$/.exec(socket);
  if (!found) return undefined;
  const kind = found[1] === 'tcp' ? 'tcp' : 'udp';
  const port = found[4] === undefined ? DEFAULT_PORTS[kind] : Number(found[4]);
  return port > 0 && port < 2 ** 16 ? { kind, host: found[2] ?? found[3] ?? '', port } : undefined;
}

function wrong(path: string, reason: string, hint: string): SopsError {
  return new SopsError('config', `the audit configuration ${path}: ${reason}`, { hint });
}
