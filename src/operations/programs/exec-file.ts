/** `exec-file`: a program with a file's plaintext in a pipe, or in a private file, for as long as it runs. */
import { join, posix, win32 } from 'node:path';
import { SopsError } from '../../errors.js';
import type { ChildRun } from '../../exec/child.js';
import { FifoServer } from '../../exec/fifo.js';
import { type FolderOwner, makePrivateFolder, type PrivateFolder, removeLeftovers } from '../../exec/private-folder.js';
import type { OwnProcess } from '../../exec/process-access.js';
import type { FormatName } from '../../formats/registry.js';
import { bytesOf, type FormatStore } from '../../formats/store.js';
import { cleanUpAfter } from '../../util/cleanup.js';
import { systemReason } from '../../util/files/files.js';
import { renameSync, writeFileSync } from '../../util/files/fs.js';
import { whyNoName } from '../../util/files/paths.js';
import type { Host, Session } from '../../util/host/host.js';
import { sessionOf } from '../../util/host/session.js';
import { masksFor, type OpenedSecrets, openSecrets, type SecretsRequest } from '../read/open-secrets.js';
import { printedText } from '../read/printed-text.js';
import {
  ALWAYS_GOOD,
  type KeptProgram,
  type KeptRunRequest,
  type KeptValues,
  leaseVariables,
  orGivenBack,
  runKept,
} from './kept-run.js';
import {
  accountVariables,
  becomeUser,
  environmentRecord,
  type FoundProgram,
  inheritedVariables,
  locateProgram,
  notFound,
  type ProgramRequest,
  runInBackground,
  runToEnd,
} from './program.js';
import { statusOfSignal, untilSignalled } from './until-signalled.js';

export interface ExecFileRequest extends SecretsRequest, ProgramRequest {
  readonly file: string;
  /** A regular file instead of a pipe. */
  readonly noFifo: boolean;
  /** The name of the pipe or file. */
  readonly filename?: string | undefined;
  /** Puts values in the place of references. Given, with `keeping`, when the user asks for that. */
  readonly resolve?: ResolvePlaintext | undefined;
  /** What becomes of the program when values end that a store lent. */
  readonly keeping?: Pick<KeptRunRequest, 'onChange' | 'grace'> | undefined;
}

/** A plaintext with values in the place of its references. */
export interface ResolvedPlaintext {
  readonly bytes: Uint8Array;
  /** The texts in it, for what masks them. */
  readonly texts: readonly string[];
  readonly kept: KeptValues;
}

export type ResolvePlaintext = (
  bytes: Uint8Array,
  store: FormatStore,
  host: Session,
  signal: AbortSignal | undefined,
) => Promise<ResolvedPlaintext>;

const DEFAULT_NAME = 'tmp-file';
const PLACEHOLDER = '{}';

/**
 * Opens the file, runs the program with the path of its plaintext in place of every `{}`, and returns its exit status.
 * The plaintext is gone when the program has ended. Throws SopsError in the order of
 * docs/command-line.md#exec-file; nothing is started then.
 */
export async function runWithFile(request: ExecFileRequest, own: OwnProcess, given: Host): Promise<number> {
  const host = sessionOf(given);
  const name = localName(request.filename ?? DEFAULT_NAME, given);
  const program = await locateProgram(request.program, host);
  if (!program) return notFound(request.program, request);
  refuseUselessBackground(request, program);
  const { keeping } = request;
  if (keeping && request.background) {
    throw new SopsError('conflict', 'Error: --resolve-refs cannot be used with --background', {
      hint: 'sops-ts has to stay, to renew what stores lend and to give it back.',
    });
  }
  if (keeping) return runWhileGood(program, { ...request, keeping }, name, own, host);
  const { run, content } = await prepared(program, request, own, host);
  if (request.background) return runInBackground(run, request);
  const place = new Place(name, content, { ...request, owner: own, host });
  return cleanUpAfter(
    async () => {
      const status = await runToEnd(() => withPath(run, place.make()), request, own);
      place.checkServed();
      return status;
    },
    () => place.remove(),
  );
}

/** The program, and the content of its file. */
interface Prepared {
  readonly run: ChildRun;
  readonly content: Uint8Array;
  readonly values: KeptValues;
}

const ACCOUNT = Symbol('whom the program runs as');

async function prepared(
  program: FoundProgram,
  request: ExecFileRequest,
  own: OwnProcess,
  host: Session,
  signal?: AbortSignal,
): Promise<Prepared> {
  const opened = await openSecrets(request.file, request, host);
  const plain = await contentOf(opened, request.outputType);
  for (const warning of opened.warnings) host.warn(warning);
  const resolved = await request.resolve?.(plain, opened.printer, host, signal);
  const { kept = ALWAYS_GOOD, texts = [], bytes = plain } = resolved ?? {};
  const run = await orGivenBack(kept, async () => {
    // Once: whoever has become another user cannot do so again when the program is started anew.
    const account = await host.once(ACCOUNT, () => becomeUser(request.user, own, host));
    const told = [...accountVariables(account), ...leaseVariables(kept, request)];
    const env = environmentRecord([...inheritedVariables(request, host), ...told]);
    const streams = request.streamsFor(request.redact ? await masksFor([opened], texts) : undefined);
    return { ...program, env, cwd: host.cwd, streams };
  });
  return { run, content: bytes, values: kept };
}

/** Each start has a place of its own; a program that is signalled finds new values in the one that it has. */
async function runWhileGood(
  program: FoundProgram,
  request: ExecFileRequest & { readonly keeping: Pick<KeptRunRequest, 'onChange' | 'grace'> },
  name: string,
  own: OwnProcess,
  host: Session,
): Promise<number> {
  const places: Place[] = [];
  const contents = new Map<KeptProgram, Uint8Array>();
  const obtain = async (signal: AbortSignal): Promise<KeptProgram> => {
    const { run, content, values } = await prepared(program, request, own, host, signal);
    const prepare = (): ChildRun => {
      const place = new Place(name, content, { ...request, owner: own, host });
      places.push(place);
      return withPath(run, place.make());
    };
    const made: KeptProgram = { run, prepare, values };
    contents.set(made, content);
    return made;
  };
  const kept: KeptRunRequest = {
    ...request.keeping,
    tellEnd: request.tellEnd,
    obtain: () => untilSignalled(own, obtain),
    refresh: async (next) => places.at(-1)?.update(contents.get(next) ?? new Uint8Array()),
  };
  return cleanUpAfter(
    async () => {
      const status = await runKept(kept, own, host).catch(statusOfSignal);
      for (const place of places) place.checkServed();
      return status;
    },
    () => {
      for (const place of places) place.remove();
    },
  );
}

/** The plaintext in a folder of its own. */
class Place {
  #folder: PrivateFolder | undefined;
  #server: FifoServer | null = null;

  constructor(
    readonly name: string,
    readonly content: Uint8Array,
    readonly how: { readonly noFifo: boolean; readonly owner: FolderOwner; readonly host: Host },
  ) {}

  /** Makes the folder and the pipe or file, without waiting. Returns its path. Throws `output-unwritable`. */
  make(): string {
    const { noFifo, owner, host } = this.how;
    removeLeftovers(owner, host);
    try {
      const folder = makePrivateFolder(owner, host);
      this.#folder = folder;
      const path = join(folder.path, this.name);
      if (noFifo || !this.#startFifo(folder.path)) writeFileSync(path, this.content, { mode: 0o600, flag: 'wx' });
      return path;
    } catch (cause) {
      if (cause instanceof SopsError) throw cause;
      const message = `cannot make a private file for the program: ${systemReason(cause)}`;
      throw new SopsError('output-unwritable', message, { cause });
    }
  }

  /** Puts another content there: for readers who come from now on. A file is replaced whole. Throws `write-failed`. */
  update(content: Uint8Array): void {
    if (this.#server) {
      this.#server.update(content);
      return;
    }
    const path = join(this.#folder?.path ?? '', this.name);
    try {
      writeFileSync(`${path}~`, content, { mode: 0o600, flag: 'wx' });
      renameSync(`${path}~`, path);
    } catch (cause) {
      throw new SopsError('write-failed', `the program's file cannot be written anew: ${systemReason(cause)}`, {
        cause,
      });
    }
  }

  /** Throws `write-failed` when the program did not get everything: it may have ended well without noticing. */
  checkServed(): void {
    const cause = this.#server?.failure;
    if (cause === undefined) return;
    throw new SopsError('write-failed', `the program did not get the whole plaintext: ${systemReason(cause)}`, {
      hint: 'Run it again; --no-fifo gives it a file instead of a pipe.',
      cause,
    });
  }

  /** Throws `write-failed` when plaintext may be left. */
  remove(): void {
    this.#server?.close();
    this.#folder?.remove();
  }

  #startFifo(folder: string): boolean {
    const { host } = this.how;
    if (host.platform === 'win32') {
      if (host.calledAsSops) host.warn('no fifos on windows, use --no-fifo next time');
      else throw noFifos();
      return false;
    }
    this.#server = FifoServer.start(folder, this.name, this.content);
    if (!this.#server) host.warn('the program mkfifo is missing, so a regular file of mode 0600 is used (--no-fifo)');
    return this.#server !== null;
  }
}

/** SOPS says so when the file is there. */
function noFifos(): SopsError {
  return new SopsError(
    'failed',
    'Windows has no FIFOs, so that the plaintext would be in a file on disk while the program runs',
    {
      hint: 'Add --no-fifo to have it so, or use exec-env.',
    },
  );
}

/** A name within the private folder. Throws `failed`. */
function localName(filename: string, { platform }: Host): string {
  const system = platform === 'win32' ? win32 : posix;
  const name = system.normalize(filename);
  const reason = platform === 'win32' ? whyNoName(name) : undefined;
  const isElsewhere = system.parse(filename).root !== '' || name === '..' || name.startsWith(`..${system.sep}`);
  if (isElsewhere || name === '.' || name.includes('\0') || reason !== undefined) {
    const more = reason === undefined || isElsewhere ? {} : { hint: `Choose another: ${reason}.` };
    throw new SopsError('failed', 'The provided filename is not a local path.', more);
  }
  if (system.dirname(name) !== '.') {
    throw new SopsError('failed', 'The provided filename is in a folder, which the private folder does not have.');
  }
  return name;
}

/** SOPS removes the file at once, and the program finds nothing. */
function refuseUselessBackground({ background }: ExecFileRequest, { args }: FoundProgram): void {
  if (!background || !args.some((word) => word.includes(PLACEHOLDER))) return;
  throw new SopsError('conflict', 'Error: --background cannot be used with a command that reads the file', {
    hint: 'The file is there only while sops-ts waits for the command. Run sops-ts itself in the background, with &.',
  });
}

async function contentOf(opened: OpenedSecrets, outputType: FormatName | undefined): Promise<Uint8Array> {
  const { printer, printsAnew } = opened;
  const text = await printedText(opened, { printer, outputType }, { reprints: printsAnew, width: undefined });
  return bytesOf(opened.file, text);
}

function withPath(run: ChildRun, path: string): ChildRun {
  const [name = '', ...args] = run.args;
  return { ...run, args: [name, ...args.map((word) => word.replaceAll(PLACEHOLDER, () => path))] };
}
