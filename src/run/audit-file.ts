/** The audit log in a file: a line of JSON for each event (docs/audit-log.md#a-file). */
import { SopsError } from '../errors.js';
import { systemCode, systemReason } from '../util/files/files.js';
import { constants } from '../util/files/fs.js';
import { type FileHandle, open } from '../util/files/fs-promises.js';
import { type AuditBackend, type AuditEvent, auditLineOf } from './audit-event.js';

/** Of the file, when it is made. */
const MODE = 0o600;
/** No link leads the lines of a privileged user elsewhere, and a pipe that nobody reads is an error instead of a wait. */
const CAREFUL = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const FLAGS = constants.O_APPEND | constants.O_CREAT | CAREFUL;
const LINE_END = 0x0a;
/** How long the writing of a line takes at most, as others see it. */
const MOMENT_MS = 20;

/** Opened for each event, so that a file that was put aside meanwhile (logrotate) gets nothing any more. */
export class AuditFile implements AuditBackend {
  readonly called: string;
  readonly #path: string;

  constructor(path: string, called: string) {
    this.#path = path;
    this.called = called;
  }

  check(): Promise<void> {
    return this.#within(async () => undefined);
  }

  /** In one write to the end of the file, which the system does as a whole before that of another process; then to the disk. */
  record(event: AuditEvent): Promise<void> {
    return this.#within(async (file) => {
      const start = (await endsWithin(file)) ? '\n' : '';
      const bytes = Buffer.from(`${start}${auditLineOf(event)}\n`, 'ascii');
      const { bytesWritten } = await file.write(bytes);
      if (bytesWritten < bytes.length) throw this.#unwritable('the disk is full, or the file as long as it may be');
      await file.sync();
    });
  }

  async close(): Promise<void> {}

  async #within(action: (file: FileHandle) => Promise<void>): Promise<void> {
    let file: FileHandle | undefined;
    try {
      file = await openLog(this.#path);
      if (!(await file.stat()).isFile()) throw this.#unwritable('it is not a regular file');
      await action(file);
      await file.close();
    } catch (cause) {
      await file?.close().catch(() => undefined);
      if (cause instanceof SopsError) throw cause;
      const reason = systemCode(cause) === 'ELOOP' ? 'it is a symbolic link' : systemReason(cause);
      throw this.#unwritable(reason, cause);
    }
  }

  #unwritable(reason: string, cause?: unknown): SopsError {
    return new SopsError('failed', `the audit log ${this.#path} cannot be written: ${reason}`, {
      hint: 'Events must be noted where a log is configured; ask your administrator to mend it.',
      cause,
    });
  }
}

/** For reading as well where that is allowed: who may only add lines cannot look at how the last one ends. */
async function openLog(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDWR | FLAGS, MODE);
  } catch (error) {
    if (systemCode(error) !== 'EACCES' && systemCode(error) !== 'EPERM') throw error;
    return open(path, constants.O_WRONLY | FLAGS, MODE);
  }
}

/** Whether the file ends within a line, which somebody could write in part only, and who is not just at it. */
async function endsWithin(file: FileHandle): Promise<boolean> {
  const before = await endOf(file);
  if (before === undefined || before.byte === LINE_END) return false;
  await new Promise((go) => setTimeout(go, MOMENT_MS));
  const after = await endOf(file);
  return after?.size === before.size && after.byte === before.byte;
}

/** The last byte; undefined when there is none, or it must not be read. */
async function endOf(file: FileHandle): Promise<{ size: number; byte: number | undefined } | undefined> {
  const { size } = await file.stat();
  if (size === 0) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
    return bytesRead === 0 ? undefined : { size, byte: buffer[0] };
  } catch (error) {
    if (systemCode(error) === 'EBADF') return undefined;
    throw error;
  }
}
