/** The encrypted files of a run, opened side by side within a bound, each once, with what keys opened shared. */

import { isAbsolute, relative, sep } from 'node:path';
import { SopsError } from '../../errors.js';
import { readAs, recognise } from '../../formats/recognise.js';
import type { FormatName } from '../../formats/registry.js';
import { formatMeantBy, formatNamed } from '../../formats/registry.js';
import { bytesOf } from '../../formats/store.js';
import { KEY_TYPES } from '../../keys/registry.js';
import type { KeyService } from '../../keyservice/keyservice.js';
import { keyServicesOf } from '../../keyservice/services.js';
import { type OpenedFile, openFile, plainText } from '../../operations/read/open-file.js';
import { trailOf } from '../../run/audit-trail.js';
import { openReadingRun } from '../../run/run.js';
import { nodes } from '../../tree/leaves.js';
import { isAbsent, systemCode, systemReason } from '../../util/files/files.js';
import { readFileSync, realpathSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import type { Host, Session } from '../../util/host/host.js';

/** An encrypted file, opened. */
export interface OpenedSource {
  readonly opened: OpenedFile;
  /** The plaintext as `decrypt` prints it, and its bytes. */
  readonly text: string;
  readonly bytes: Uint8Array;
}

export interface SourceRules {
  readonly ignoreMac: boolean;
  /** The format; undefined for what the file is. */
  readonly format?: FormatName | undefined;
  /** Prints the plaintext as SOPS does, whatever the author's text was: ksops hands on that. */
  readonly asSops?: boolean;
}

export class Sources {
  /** What opens the keys of this run. */
  readonly keyServices: readonly KeyService[];
  private readonly pending = new Map<string, Promise<OpenedSource>>();
  private readonly waiting: (() => void)[] = [];
  private trusted = false;

  /** `limit` files are read at a time. */
  constructor(
    private readonly host: Session,
    private free: number,
    keyServices?: readonly KeyService[],
  ) {
    this.keyServices = keyServices ?? keyServicesOf(undefined, host);
  }

  /**
   * Opens a file, with its MAC verified unless the rules say otherwise. Throws `input-unreadable` for one that cannot be
   * read or lies outside the working directory behind a symbolic link, and what opening throws, the file named.
   */
  open(path: string, rules: SourceRules): Promise<OpenedSource> {
    const id = `${rules.ignoreMac} ${rules.asSops} ${rules.format ?? ''} ${path}`;
    const known = this.pending.get(id);
    if (known) return known;
    const opening = this.inTurn(() => this.openNow(path, rules));
    this.pending.set(id, opening);
    return opening;
  }

  private async inTurn<T>(task: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((go) => this.waiting.push(go));
    try {
      return await task();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.free += 1;
    }
  }

  private async openNow(path: string, { ignoreMac, format, asSops }: SourceRules): Promise<OpenedSource> {
    const { host, keyServices } = this;
    const sealed = readSource(path, host);
    try {
      const read = await (format ? readAs(sealed, formatNamed(format)) : recognise(sealed, formatMeantBy(path)));
      await this.trustConfigFor(sealed, path);
      const trail = trailOf({ kind: 'file', path }, host);
      const opened = await openFile(read, { ignoreMac, rewrites: false, keyServices, trail });
      const text = asSops ? sopsText(opened) : plainText(opened);
      for (const warning of opened.warnings) host.warn(`${path}: ${warning}`);
      return { opened, text, bytes: bytesOf(opened.file, text) };
    } catch (error) {
      if (error instanceof SopsError) throw error.with(error.code, { file: path });
      throw error;
    }
  }

  /** The configuration says which addresses may get tokens: only remote keys need it, and reading it takes time. */
  private async trustConfigFor(sealed: Buffer, path: string): Promise<void> {
    if (this.trusted || !KEY_TYPES.some(({ type, remote }) => remote && sealed.includes(type))) return;
    this.trusted = true;
    await openReadingRun({ filePath: path }, this.host);
  }
}

/** The plaintext as SOPS prints it: laid out anew, and comments after a value above it. */
function sopsText({ store, file }: OpenedFile): string {
  for (const { node } of nodes(file.documents)) if (node.kind === 'comment') node.inline = false;
  return store.emit(file.documents, null);
}

/** Reads a file. Throws `input-unreadable`, worded as Go's programs word it. */
export function readSource(path: string, host: Host): Buffer {
  checkInside(path, host);
  try {
    return readFileSync(resolve(host.cwd, path));
  } catch (cause) {
    const reason =
      systemCode(cause) === 'EISDIR' ? `read ${path}: is a directory` : `open ${path}: ${systemReason(cause)}`;
    throw new SopsError('input-unreadable', reason, { file: path, cause });
  }
}

/** Whether an error says that a file is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof SopsError && isAbsent(error.cause);
}

/**
 * A path that leads out by its own words is the author's wish; one that leads out behind a symbolic link is not seen in
 * a review. kustomize refuses both for what it reads itself.
 */
function checkInside(path: string, host: Host): void {
  const absolute = resolve(host.cwd, path);
  if (!isBelow(absolute, host.cwd)) return;
  let real: string;
  try {
    real = realpathSync(absolute);
  } catch (cause) {
    // That it is not there is told by reading it.
    if (systemCode(cause) === 'ENOENT') return;
    throw new SopsError('input-unreadable', `open ${path}: ${systemReason(cause)}`, { file: path, cause });
  }
  if (isBelow(real, realpathSync(host.cwd))) return;
  const problem = `${path} is a symbolic link to a file outside the kustomization's folder`;
  throw new SopsError('input-unreadable', problem, { file: path, hint: 'Name the file by its own path.' });
}

export function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
