/** The audit log in a system log, by RFC 5424 (docs/audit-log.md#a-system-log). */
import { hostname } from 'node:os';
import type { SyslogChoice, SyslogPlace } from '../config/audit-config.js';
import { SopsError } from '../errors.js';
import { startReason } from '../exec/run-program.js';
import { systemCode, systemReason } from '../util/files/files.js';
import type { Host } from '../util/host/host.js';
import { type AuditBackend, type AuditEvent, auditLineOf } from './audit-event.js';
import { logThroughLogger, systemLogger } from './system-logger.js';

/** Notice, of RFC 5424, section 6.2.1. */
const SEVERITY = 5;
/** A log that does not answer must not hold the program up for longer. */
const TIMEOUT_MS = 5000;

export class AuditSyslog implements AuditBackend {
  readonly called: string;
  readonly #choice: SyslogChoice;
  readonly #host: Host;
  /** Whether the socket takes datagrams, which Node cannot send to one. */
  #takesDatagrams = false;

  constructor(choice: SyslogChoice, called: string, host: Host) {
    this.#choice = choice;
    this.called = called;
    this.#host = host;
  }

  /** Of UDP the name of the host alone can be checked. */
  check(): Promise<void> {
    const { place } = this.#choice;
    return this.#told(async () => {
      if (place.kind === 'udp') await (await import('node:dns/promises')).lookup(place.host);
      else await this.#stream(place, '');
      if (this.#takesDatagrams) await systemLogger();
    });
  }

  record(event: AuditEvent): Promise<void> {
    const { place, facility } = this.#choice;
    const message = messageOf(event, facility.number);
    return this.#told(async () => {
      if (place.kind === 'udp') return sendDatagram(place.host, place.port, message);
      // RFC 6587, section 3.4.1; on a local socket lines are usual.
      const framed = place.kind === 'tcp' ? `${Buffer.byteLength(message)} ${message}` : `${message}\n`;
      if (!this.#takesDatagrams) await this.#stream(place, framed);
      if (this.#takesDatagrams && place.kind === 'socket') {
        const { user } = event;
        await logThroughLogger(
          { path: place.path, facility: facility.name, process: user.process, line: auditLineOf(event) },
          this.#host,
        );
      }
    });
  }

  async close(): Promise<void> {}

  /** Hands bytes to a stream, unless it turns out that the socket takes datagrams. */
  async #stream(place: SyslogPlace, bytes: string): Promise<void> {
    try {
      await writeStream(place, bytes);
    } catch (error) {
      if (systemCode(error) !== 'EPROTOTYPE') throw error;
      this.#takesDatagrams = true;
    }
  }

  async #told(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (cause) {
      const reason = cause instanceof SopsError ? cause.message : reasonOf(cause);
      throw new SopsError('failed', `the system log ${this.#choice.shown} cannot be reached: ${reason}`, {
        hint: 'Events must be noted where a log is configured; ask your administrator to mend it.',
        cause,
      });
    }
  }
}

/** `connect ECONNREFUSED …` is what Node calls it when nobody listens. */
function reasonOf(cause: unknown): string {
  const code = systemCode(cause);
  if (code === 'ECONNREFUSED') return 'connection refused';
  return code !== undefined && /^(?:spawn)/.test((cause as NodeJS.ErrnoException).syscall ?? '')
    ? startReason(cause)
    : systemReason(cause);
}

/** RFC 5424, section 6: no structured data, since the line has it all. */
function messageOf(event: AuditEvent, facility: number): string {
  const { time, user } = event;
  const name = hostname();
  const shown = /^[!-~]{1,255}$/.test(name) ? name : '-';
  return `<${facility * 8 + SEVERITY}>1 ${time.toISOString()} ${shown} sops-ts ${user.process} audit - ${auditLineOf(event)}`;
}

/** Settles when the system has taken all of it. */
async function writeStream(place: SyslogPlace, bytes: string): Promise<void> {
  const { connect } = await import('node:net');
  return new Promise((settle, reject) => {
    const socket = connect(place.kind === 'socket' ? { path: place.path } : { host: place.host, port: place.port });
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new SopsError('failed', 'no answer in time')));
    socket.on('error', reject);
    socket.on('close', () => settle());
    // Whatever it says is of no interest, but its end has to be seen.
    socket.resume();
    socket.on('connect', () => socket.end(bytes, () => socket.destroySoon()));
  });
}

/** The system tells only what it notices itself. */
async function sendDatagram(name: string, port: number, message: string): Promise<void> {
  const { lookup } = await import('node:dns/promises');
  const { createSocket } = await import('node:dgram');
  const { address, family } = await lookup(name);
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  try {
    await new Promise<void>((settle, reject) => {
      socket.on('error', reject);
      socket.send(message, port, address, (error) => (error ? reject(error) : settle()));
    });
  } finally {
    socket.close();
  }
}
