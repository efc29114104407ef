/** One command on many files: found, worked on side by side, told in the order of their paths, and summed up (docs/repository.md#many-files). */
import { dirname, join, relative } from 'node:path';
import { holdConfigs } from '../../config/config.js';
import { SopsError } from '../../errors.js';
import { type FormatName, formatMeantBy } from '../../formats/registry.js';
import { writeOutput } from '../../operations/output.js';
import type { Outcome, Output } from '../../operations/requests.js';
import { findFiles } from '../../repository/operands.js';
import { type PassedOver, type Target, type TargetChoice, targetsAmong } from '../../repository/targets.js';
import { isWithin, statOf } from '../../util/files.js';
import { mkdir } from '../../util/fs-promises.js';
import type { Session } from '../../util/host.js';
import { paceOf, patiently } from '../../util/pace.js';
import { resolve } from '../../util/paths.js';
import { MOST_AT_A_TIME, sideBySide } from '../../util/side-by-side.js';
import type { Context } from '../commands/command.js';
import { jsonText } from '../json-text.js';
import { print } from '../streams.js';
import { DocumentStream } from './document-stream.js';
import { withInterruption } from './interruption.js';
import { ManyReport, type Told } from './report.js';

/** What the command line says, of those flags that all such commands have. */
export interface ManyFlags {
  readonly inPlace: boolean;
  readonly output: string | undefined;
  readonly outputDir: string | undefined;
  readonly filenameOverride: string | undefined;
  readonly outputType: FormatName | undefined;
  readonly config: string | undefined;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
}

/** A command that works on one file at a time, as it works on many. */
export interface ManyCommand {
  readonly name: string;
  /** What a file is afterwards, e.g. `encrypted`. */
  readonly done: string;
  readonly kind: TargetChoice['kind'];
  readonly makes: 'plaintext' | 'ciphertext';
  /** Whether what it makes of several files may be printed as one stream. */
  readonly streams?: true;
  /** Works on the one operand of a context. */
  run(context: Context, output: Output): Promise<Outcome & { readonly format?: string }>;
}

interface Job {
  readonly given: ManyFlags;
  readonly context: Context;
  readonly command: ManyCommand;
}

/** Where results go. */
type Destination = 'in-place' | 'folder' | 'stream' | 'nowhere';

/**
 * Works on all files that the operands stand for. One that fails does not keep the others from their turn; the status is that of the first
 * failure in the order of paths. Throws `conflict` for flags that are for one file.
 */
export async function workOnMany(given: ManyFlags, context: Context, command: ManyCommand): Promise<number> {
  const { operands, host, streams } = context;
  const job = { given, context, command };
  const destination = destinationOf(job);
  const found = await findFiles(operands, host);
  const report = new ManyReport({ given, command, streams, host, destination });
  for (const problem of found.problems) report.fail(problem.file ?? '', problem);
  for (const path of found.passedOver) host.warn(`${path} is a repository of its own, and was not looked into`);
  const choice: TargetChoice = {
    kind: command.kind,
    configPath: given.config,
    top: host.cwd,
    except: given.outputDir === undefined ? undefined : resolve(host.cwd, given.outputDir),
  };
  const passedOver: PassedOver = { sealed: 0 };
  const targets = targetsAmong(found.files, choice, host, passedOver);
  await withInterruption(
    streams,
    async (stop) => {
      if (destination === 'stream') await streamAll(await collected(targets), { job, report, stop });
      else for await (const [, told] of worked(targets, { job, report, stop, destination })) report.add(told);
      return undefined;
    },
    () => report.interrupted(),
  );
  if (command.kind === 'wanted' && found.files.some(({ isNamed }) => !isNamed)) report.passedOver(passedOver.sealed);
  if (command.kind === 'wanted' && report.isEmpty && passedOver.sealed === 0) throw nothingNamed(operands);
  if (given.json) await print(streams, jsonText(report.summary()));
  return report.end();
}

/** Whoever encrypts a folder means that there is something to encrypt in it. */
function nothingNamed(operands: readonly string[]): SopsError {
  return new SopsError('config', `no rule of .sops.yaml names a file in ${operands.join(' ')}`, {
    file: '',
    hint: 'A rule names files by its path_regex; for one without, name the files themselves.',
  });
}

async function collected(targets: AsyncIterable<Target>): Promise<Target[]> {
  const all: Target[] = [];
  for await (const target of targets) all.push(target);
  return all;
}

interface Working {
  readonly job: Job;
  readonly report: ManyReport;
  readonly stop: AbortSignal;
}

/** What was made of a file, kept until its turn to be printed. */
interface Kept extends Told {
  readonly printed?: { readonly bytes: Uint8Array; readonly format: string | undefined };
}

/** Prints what is made of the files, as one stream. Throws before anything is printed where their formats do not allow that. */
async function streamAll(targets: readonly Target[], { job, report, stop }: Working): Promise<void> {
  const { context, given, command } = job;
  if (targets.length === 0 && report.isClean) {
    throw new SopsError('no-file', `there is no file to ${command.name} in ${context.operands.join(' ')}`, {
      hint: 'Encrypted files are found by their metadata, in folders among those that git does not ignore.',
    });
  }
  const paths = targets.map(({ file }) => file.path);
  const stream = new DocumentStream(paths, given.outputType);
  for await (const [{ file }, told] of worked(targets, { job, report, stop, destination: 'stream' })) {
    const { printed, ...outcome } = told;
    if (!printed) {
      report.add(outcome);
      continue;
    }
    try {
      const format = printed.format ?? formatMeantBy(file.path).name;
      await print(context.streams, stream.next(file.path, printed.bytes, format, targets.length === 1));
      report.add(outcome);
    } catch (error) {
      if (!(error instanceof SopsError) || error.code !== 'output-format') throw error;
      report.add({ ...outcome, error });
    }
  }
}

/** The files with what became of them, in order. */
async function* worked(
  targets: Iterable<Target> | AsyncIterable<Target>,
  { job, report, stop, destination }: Working & { readonly destination: Destination },
): AsyncGenerator<readonly [Target, Kept]> {
  const { host } = job.context;
  const pace = paceOf(host);
  const activity = host.begin?.('file 1');
  const letGo = holdConfigs(host);
  try {
    yield* sideBySide(targets, {
      // A log of what is done for many files at a time would tell nobody anything.
      most: host.log ? 1 : MOST_AT_A_TIME,
      pace,
      stop,
      weigh: ({ bytes, file }) => MEMORY_FOR_A_BYTE * (bytes || (statOf(file.absolute)?.size ?? 0)),
      work: async (target) => {
        activity?.now(report.progress());
        return workOn(target, job, destination);
      },
    });
  } finally {
    letGo();
    activity?.end();
  }
}

/** The text, the tree, the ciphertext, and each of them again to compare. */
const MEMORY_FOR_A_BYTE = 10;

async function workOn(target: Target, job: Job, destination: Destination): Promise<Kept> {
  const { context, command } = job;
  const { path } = target.file;
  const warnings: string[] = [];
  const host = context.host.warningTo((message) => warnings.push(message));
  const known = { path, warnings };
  if (target.problem) return { ...known, error: target.problem };
  try {
    let printed: Uint8Array | undefined;
    const keep = async (bytes: Uint8Array): Promise<void> => {
      printed = bytes;
    };
    const place = destination === 'folder' ? placeOf(target, job) : undefined;
    const one = { ...context, operands: [path], host };
    const output = outputTo(destination, { place, keep, write: (bytes) => writeTo(place ?? '', bytes, one, command) });
    const { warnings: more, format } = await patiently(paceOf(host), () => command.run(one, output));
    warnings.push(...more.map((message) => naming(path, message)));
    return { ...known, ...(place && { output: place }), ...(printed && { printed: { bytes: printed, format } }) };
  } catch (error) {
    return { ...known, error };
  }
}

/** Warnings of an operation are about its file, and mostly do not name it. */
function naming(path: string, message: string): string {
  return message.includes(path) ? message : `${path}: ${message}`;
}

interface OutputParts {
  readonly place: string | undefined;
  keep(bytes: Uint8Array): Promise<void>;
  write(bytes: Uint8Array): Promise<void>;
}

function outputTo(destination: Destination, { keep, write }: OutputParts): Output {
  switch (destination) {
    case 'in-place':
      return { kind: 'in-place' };
    case 'folder':
      return { kind: 'stdout', write };
    case 'stream':
      return { kind: 'stdout', write: keep };
    case 'nowhere':
      return { kind: 'stdout', write: async () => undefined };
  }
}

/** Where the result of a file belongs. Throws `conflict` for a file outside of the working directory. */
function placeOf({ file }: Target, { given, context }: Job): string {
  const { cwd } = context.host;
  if (!isWithin(file.absolute, cwd)) {
    throw new SopsError(
      'conflict',
      `${file.path} is not below the working directory, so it has no place in --output-dir`,
      {
        file: file.path,
        hint: 'Run the command in a folder above all of the files.',
      },
    );
  }
  return join(given.outputDir ?? '', relative(cwd, file.absolute));
}

async function writeTo(place: string, bytes: Uint8Array, one: Context, command: ManyCommand): Promise<void> {
  const { host, operands } = one;
  const absolute = resolve(host.cwd, place);
  await makeFolder(dirname(absolute), command, host);
  const input = { kind: 'file', path: operands[0] ?? '' } as const;
  await writeOutput(bytes, command.makes, { output: { kind: 'file', path: place }, input, read: null }, host);
}

async function makeFolder(folder: string, { makes }: ManyCommand, { cwd }: Session): Promise<void> {
  const options = { recursive: true, ...(makes === 'plaintext' ? { mode: 0o700 } : {}) };
  await mkdir(folder, options).catch((cause: unknown) => {
    throw new SopsError('output-unwritable', `cannot make the folder ${relative(cwd, folder)}`, { cause });
  });
}

/** Flags that are about one file do not go with several. Throws `conflict`. */
function destinationOf({ given, context, command }: Job): Destination {
  const { inPlace, output, outputDir, filenameOverride, dryRun } = given;
  const refuse = (why: string, hint: string): never => {
    // About the words, and no file of them.
    throw new SopsError('conflict', `Error: ${why}`, { hint, file: '' });
  };
  if (context.operands.length === 0) refuse('--output-dir, --dry-run and --json need files', 'Name files or folders.');
  if (inPlace && outputDir !== undefined) refuse('cannot use both --in-place and --output-dir', 'Choose one.');
  if (output !== undefined) refuse('--output is for one file', 'For several: --output-dir FOLDER, or --in-place.');
  if (filenameOverride !== undefined) refuse('--filename-override is for one file', 'Name each file by itself.');
  if (dryRun) return 'nowhere';
  if (inPlace) return 'in-place';
  if (outputDir !== undefined) return 'folder';
  if (command.streams && !given.json) return 'stream';
  const need = command.streams ? '--json, or' : 'several files, or';
  return refuse(
    `${need} a folder, need --in-place or --output-dir`,
    `Write: sops-ts ${command.name} -i ${context.operands.join(' ')}`,
  );
}
