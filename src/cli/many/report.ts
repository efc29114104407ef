/** What is told of many files: warnings and failures one by one, and at the end what failed. */
import { SopsError } from '../../errors.js';
import { compareTexts } from '../../repository/operands.js';
import { resolve } from '../../util/files/paths.js';
import type { Session } from '../../util/host/host.js';
import { wordedFailure } from '../../util/host/system-failure.js';
import { quantity } from '../output/quantity.js';
import { type HintFor, printable, reportOf } from '../output/report.js';
import { type Streams, say } from '../terminal/streams.js';
import { INTERRUPTED } from './interruption.js';

/** What became of a file. */
export interface Told {
  readonly path: string;
  readonly warnings: readonly string[];
  /** Where the result is, if that is not the file itself. */
  readonly output?: string;
  readonly error?: unknown;
}

export interface ReportSettings {
  readonly given: { readonly json: boolean; readonly dryRun: boolean; readonly verbose: boolean };
  readonly command: { readonly name: string; readonly done: string };
  readonly streams: Streams;
  readonly host: Session;
  readonly hintFor: HintFor;
  readonly destination: 'in-place' | 'folder' | 'stream' | 'nowhere';
}

/** One file of `--json`. */
interface FileSummary {
  readonly file: string;
  /** `failed`, or what the command makes of files: `encrypted`, `decrypted`, `rotated`. */
  readonly result: string;
  readonly output?: string;
  readonly error?: string;
  /** The exit status that the failure would have alone. */
  readonly status?: number;
  readonly warnings?: readonly string[];
}

interface Failure {
  readonly path: string;
  readonly status: number;
}

export class ManyReport {
  readonly #settings: ReportSettings;
  readonly #files: FileSummary[] = [];
  readonly #failures: Failure[] = [];
  #count = 0;
  #sealed: number | undefined;
  #isInterrupted = false;

  constructor(settings: ReportSettings) {
    this.#settings = settings;
  }

  /** Whether nothing has failed. */
  get isClean(): boolean {
    return this.#failures.length === 0;
  }

  /** Whether no file was worked on. */
  get isEmpty(): boolean {
    return this.isClean && this.#count === 0 && !this.#isInterrupted;
  }

  /** What became of the next file. */
  add({ path, warnings, output, error }: Told): void {
    const { host, given, command, destination, streams } = this.#settings;
    for (const warning of warnings) host.warn(warning);
    if (error !== undefined) {
      this.fail(path, error, warnings);
      return;
    }
    this.#count += 1;
    if (given.json) {
      const more = { ...(output && { output: resolve(host.cwd, output) }), ...(warnings.length > 0 && { warnings }) };
      this.#files.push({ file: resolve(host.cwd, path), result: command.done, ...more });
    } else if (destination === 'nowhere') {
      say(streams.stdout, `${printable(path)} would be ${command.done}\n`);
    }
  }

  fail(path: string, thrown: unknown, warnings: readonly string[] = []): void {
    const { given, hintFor, streams, host } = this.#settings;
    const error = wordedFailure(thrown);
    const named =
      error instanceof SopsError && error.file === undefined ? error.with(error.code, { file: path }) : error;
    const { text, status } = reportOf(named, given.verbose, hintFor);
    say(streams.stderr, text);
    this.#failures.push({ path, status });
    if (!given.json) return;
    const said = error instanceof SopsError ? (error.message.split('\n')[0] ?? '') : 'internal error';
    const more = warnings.length > 0 ? { warnings } : {};
    this.#files.push({ file: resolve(host.cwd, path), result: 'failed', error: said, status, ...more });
  }

  /** Files that were encrypted already, of those in folders. */
  passedOver(sealed: number): void {
    this.#sealed = sealed;
  }

  interrupted(): void {
    this.#isInterrupted = true;
  }

  /** For the line of progress. */
  progress(): string {
    return `file ${this.#count + this.#failures.length + 1}`;
  }

  summary(): object {
    const { command, given } = this.#settings;
    const files = this.#files.toSorted((one, other) => compareTexts(one.file, other.file));
    return {
      command: command.name,
      dryRun: given.dryRun,
      done: this.#count,
      failed: this.#failures.length,
      ...(this.#sealed === undefined ? {} : { alreadyEncrypted: this.#sealed }),
      ...(this.#isInterrupted ? { interrupted: true } : {}),
      files,
    };
  }

  /** Sums up, and returns the exit status. */
  end(): number {
    const { streams } = this.#settings;
    const lines = [...this.#failureLines(), ...this.#countLines()];
    if (this.#isInterrupted) lines.push('Interrupted: the files that were in work are whole, others were not begun.');
    say(streams.stderr, lines.map((line) => `${printable(line)}\n`).join(''));
    if (this.#isInterrupted) return INTERRUPTED;
    return this.#sorted()[0]?.status ?? 0;
  }

  #sorted(): Failure[] {
    return this.#failures.toSorted((one, other) => compareTexts(one.path, other.path));
  }

  #failureLines(): string[] {
    const all = this.#count + this.#failures.length;
    if (this.#failures.length === 0 || all === 1) return [];
    const failed = this.#sorted().map(({ path, status }) => `  ${path} (${status})`);
    return [`${this.#failures.length} of ${all} files failed, with the exit status of each:`, ...failed];
  }

  /** Of folders nobody knows beforehand what is in them. */
  #countLines(): string[] {
    const { command, given, destination } = this.#settings;
    if (this.#sealed === undefined || destination === 'stream' || given.json) return [];
    const would = given.dryRun ? ' would be' : '';
    return [
      `${quantity(this.#count, 'file')}${would} ${command.done}, ${quantity(this.#sealed, 'file')} encrypted already`,
    ];
  }
}
