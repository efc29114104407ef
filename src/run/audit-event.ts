/** An event of the audit log, and the line that files and system logs get of it (docs/audit-log.md#the-line). */
import { hostname } from 'node:os';
import type { AuditAction } from '../util/host/host.js';

/** Who runs the program, as the system has it. */
export interface AuditUser {
  /** The login name, or the number of one without a name. */
  readonly name: string;
  /** Absent where the system has no such numbers. */
  readonly id?: number | undefined;
  /** Of the process. */
  readonly process: number;
}

export interface AuditEvent {
  readonly time: Date;
  readonly user: AuditUser;
  readonly action: AuditAction;
  /** A file, a reference, a lease or a key. */
  readonly subject: string;
}

/** One place that events go to. */
export interface AuditBackend {
  /** What it is called in the error when it cannot be reached. */
  readonly called: string;
  /** Asks for a sign of life. Throws SopsError. */
  check(): Promise<void>;
  /** Notes an event, and returns when it is safe there, or as safe as the place can tell. Throws SopsError. */
  record(event: AuditEvent): Promise<void>;
  /** Never rejects. */
  close(): Promise<void>;
}

/** What the subject of an action is. */
const SUBJECTS: Readonly<Record<AuditAction, 'file' | 'reference' | 'lease' | 'key'>> = {
  decrypt: 'file',
  encrypt: 'file',
  rotate: 'file',
  resolve: 'reference',
  lease: 'lease',
  'revoke-lease': 'lease',
  'agent-decrypt': 'key',
  'agent-encrypt': 'key',
  'agent-keep': 'key',
  'agent-lock': 'key',
};

/**
 * The event as one line of JSON without its end. Whatever is not printable ASCII is escaped: no name of a file makes lines of its own, works on a
 * terminal, or reads differently from what it is (bytes that are not UTF-8 are U+DC80 and up).
 */
export function auditLineOf({ time, user, action, subject }: AuditEvent): string {
  const line = JSON.stringify({
    time: time.toISOString(),
    host: hostname(),
    user: user.name,
    uid: user.id,
    pid: user.process,
    action,
    [SUBJECTS[action]]: subject,
  });
  return line.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
