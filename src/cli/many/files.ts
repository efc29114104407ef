/** One command on many files: found, worked on side by side, told in the order of their paths, and summed up (docs/repository.md#many-files). */
import { holdConfigs } from '../../config/config.js';
import { givenOnce, isUntold } from '../../config/warnings.js';
import { SopsError } from '../../errors.js';
import { formatMeantBy } from '../../formats/registry.js';
import { type FoundFile, findFiles } from '../../repository/operands.js';
import { type PassedOver, type Target, type TargetChoice, targetsAmong } from '../../repository/targets.js';
import { isWithin, statOf } from '../../util/files/files.js';
import { resolve } from '../../util/files/paths.js';
import { concurrencyLimitOf } from '../../util/waiting/concurrency-limit.js';
import { sideBySide } from '../../util/waiting/side-by-side.js';
import type { Context } from '../commands/command.js';
import { typesOf } from '../commands/document-flags.js';
import { jsonText } from '../output/json-text.js';
import { print } from '../terminal/streams.js';
import { DocumentStream } from './document-stream.js';
import { withInterruption } from './interruption.js';
import {
  type Destination,
  destinationOf,
  type Job,
  type Kept,
  type ManyCommand,
  type ManyFlags,
  workOn,
} from './one-file.js';
import { nothingFound } from './operands.js';
import { ManyReport } from './report.js';
import { startSharing } from './start-sharing.js';
import { serveErrands } from './worker.js';
import type { Answer } from './worker-process.js';

/** The flags as the command line has them, with the words for formats. */
export interface GivenFlags extends Omit<ManyFlags, 'outputType'> {
  readonly inputType?: string | undefined;
  readonly outputType: string | undefined;
}

/**
 * Works on all files that the operands stand for. One that fails does not keep the others from their turn; the status is that of the first
 * failure in the order of paths. Throws `conflict` for flags that are for one file.
 */
export async function workOnMany(words: GivenFlags, context: Context, command: ManyCommand): Promise<number> {
  const { operands, host, streams, hintFor } = context;
  const given: ManyFlags = { ...words, ...typesOf(words, host) };
  const job = { given, context, command };
  const destination = destinationOf(job);
  if (streams.errands) {
    return serveErrands(context, async (alone, file) =>
      workAside({ file, bytes: 0 }, { ...job, context: alone }, destination),
    );
  }
  const found = await findFiles(operands, host);
  const except = given.outputDir === undefined ? undefined : resolve(host.cwd, given.outputDir);
  if (except !== undefined) checkApart(operands, found.files, { except, cwd: host.cwd });
  const report = new ManyReport({ given, command, streams, host, hintFor, destination });
  for (const problem of found.problems) report.fail(problem.file ?? '', problem);
  for (const path of found.passedOver) host.warn(`${path} is a repository of its own, and was not looked into`);
  const choice: TargetChoice = {
    kind: command.kind,
    configPath: given.config,
    top: host.cwd,
    except,
  };
  const passedOver: PassedOver = { sealed: 0 };
  const count = found.files.length;
  const targets = targetsAmong(found.files, choice, host, passedOver);
  await withInterruption(
    streams,
    async (stop) => {
      if (destination === 'stream') await streamAll(await collected(targets), { job, report, stop, count });
      else for await (const [, told] of worked(targets, { job, report, stop, count, destination })) report.add(told);
      return undefined;
    },
    () => report.interrupted(),
  );
  if (command.kind === 'wanted' && found.files.some(({ isNamed }) => !isNamed)) report.passedOver(passedOver.sealed);
  if (report.isEmpty) tellOfNone(job, destination, passedOver);
  if (given.json) await print(streams, jsonText(report.summary()));
  return report.end();
}

/** The folder for results is not searched. Throws `conflict` for operands that stand for something in it. */
function checkApart(
  operands: readonly string[],
  files: readonly FoundFile[],
  { except, cwd }: { readonly except: string; readonly cwd: string },
): void {
  const named = new Set(files.filter(({ isNamed }) => isNamed).map(({ absolute }) => absolute));
  const inside = operands
    .map((word) => [word, resolve(cwd, word)] as const)
    .find(([, absolute]) => isWithin(absolute, except) && !named.has(absolute));
  if (!inside) return;
  throw new SopsError(
    'conflict',
    `Error: ${inside[0]} is in the folder that --output-dir names, where nothing is looked for`,
    {
      file: '',
      hint: 'Give another folder, or --in-place if that is meant.',
    },
  );
}

/** What a second process tells the first one of a file. */
interface WorkedAside {
  readonly warnings: readonly string[];
  /** Those among them that a run gives once. */
  readonly once: readonly string[];
  readonly output?: string;
}

async function workAside(target: Target, job: Job, destination: Destination): Promise<WorkedAside | undefined> {
  const { warnings, output, error } = await workOn(target, job, destination);
  if (error !== undefined) return undefined;
  const once = givenOnce(job.context.host, warnings);
  return { warnings, once, ...(output !== undefined && { output }) };
}

/** Throws or warns where no file was worked on. */
function tellOfNone({ command, context }: Job, destination: Destination, passedOver: PassedOver): void {
  const { operands, host } = context;
  if (command.kind === 'wanted' && passedOver.sealed === 0) throw nothingNamed(operands);
  if (command.kind === 'sealed' && destination !== 'stream') host.warn(nothingFound(operands, command.kind));
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
  /** How many files there may be. */
  readonly count: number;
}

/** Prints what is made of the files, as one stream. Throws before anything is printed where their formats do not allow that. */
async function streamAll(targets: readonly Target[], working: Working): Promise<void> {
  const { job, report } = working;
  const { context, given, command } = job;
  if (targets.length === 0 && report.isClean) {
    throw new SopsError('no-file', `there is no file to ${command.name} in ${context.operands.join(' ')}`, {
      hint: 'Encrypted files are found by their metadata, in folders among those that git does not ignore.',
    });
  }
  const paths = targets.map(({ file }) => file.path);
  const stream = new DocumentStream(paths, given.outputType);
  for await (const [{ file }, told] of worked(targets, { ...working, destination: 'stream' })) {
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
  { job, report, stop, count, destination }: Working & { readonly destination: Destination },
): AsyncGenerator<readonly [Target, Kept]> {
  const { host } = job.context;
  // Plaintext that is to be printed never goes through a second process.
  const sharing = startSharing(job.context, count, destination !== 'stream');
  const activity = host.begin?.('file 1');
  const letGo = holdConfigs(host);
  try {
    yield* sideBySide(targets, {
      // With several files at a time, the lines of the log would be mixed up beyond use.
      get most() {
        return host.log ? 1 : sharing.most;
      },
      limit: concurrencyLimitOf(host),
      stop,
      weigh: ({ bytes, file }) => MEMORY_FOR_A_BYTE * (bytes || (statOf(file.absolute)?.size ?? 0)),
      work: async (target) => {
        activity?.now(report.progress());
        const here = (): Promise<Kept> => workOn(target, job, destination);
        return target.problem ? here() : sharing.work(target.file, here, (answer) => keptAside(target, answer, job));
      },
    });
  } finally {
    await sharing.end();
    letGo();
    activity?.end();
  }
}

/** What a second process made of a file; what is said once in a run is not to be said by both. */
function keptAside({ file }: Target, answer: NonNullable<Answer>, { context }: Job): Kept {
  if ('error' in answer) return { path: file.path, warnings: [], error: answer.error };
  const { warnings, once, output } = answer.done as WorkedAside;
  return {
    path: file.path,
    warnings: warnings.filter(isUntold(context.host, once)),
    ...(output !== undefined && { output }),
  };
}

/** A file in memory is its text, its tree, its ciphertext, and each of these again for comparing. */
const MEMORY_FOR_A_BYTE = 10;
