/** `import KIND`: the sources that words stand for, imported one after another, and told (docs/import.md). */
import { relative } from 'node:path';
import { SopsError } from '../errors.js';
import { type Imported, importFile } from '../repository/import/import-file.js';
import { importKindNamed } from '../repository/import/registry.js';
import type { ImportKind, ImportSettings, ImportSource } from '../repository/import/source.js';
import { targetBeside } from '../repository/import/target.js';
import { findFiles } from '../repository/operands.js';
import { resolve } from '../util/files/paths.js';
import type { Context } from './commands/command.js';
import { keyServiceChoice } from './commands/document-flags.js';
import { encryptionOf } from './commands/encryption-flags.js';
import type { importFlags } from './commands/import-flags.js';
import { withInterruption } from './many/interruption.js';
import { ManyReport } from './many/report.js';
import { jsonText } from './output/json-text.js';
import { quantity } from './output/quantity.js';
import { printable } from './output/report.js';
import { placeBelow } from './output-dir.js';
import { SteadyPrint } from './terminal/steady-print.js';
import { print, say } from './terminal/streams.js';
import type { Values } from './words/flag.js';
import { UsageError } from './words/usage-error.js';

type Given = Values<typeof importFlags>;
/** What a kind's own flags say. */
type Own = Pick<ImportSettings, 'keys' | 'namespace'>;

interface Job {
  readonly kind: ImportKind;
  readonly given: Given;
  readonly context: Context;
  readonly printed: SteadyPrint;
}

/** Imports all sources; one that fails does not keep the others from their turn. Returns the exit status. */
export async function importSources(name: string, own: Own, given: Given, context: Context): Promise<number> {
  const { operands, host, streams, hintFor } = context;
  if (operands.length === 0) throw new UsageError(`import ${name} takes files or folders`, `import ${name}`);
  if (given.output !== undefined && given.outputDir !== undefined) {
    throw new SopsError('conflict', 'Error: cannot use both --output and --output-dir', { file: '' });
  }
  const make = await importKindNamed(name).load();
  const opening = { configPath: given.config, keyServices: keyServiceChoice(given), decryptionOrder: undefined };
  const printed = new SteadyPrint(streams);
  const job = { kind: make({ ...own, ...opening }), given, context, printed };
  const found = await findFiles(operands, host);
  const settings = { given, command: { name: `import ${name}`, done: 'imported' }, streams, host, hintFor };
  const report = new ManyReport({ ...settings, destination: 'folder' });
  for (const problem of found.problems) report.fail(problem.file ?? '', problem);
  for (const path of found.passedOver) host.warn(`${path} is a repository of its own, and was not looked into`);
  const sources: ImportSource[] = [];
  for await (const source of job.kind.find(found.files, host)) sources.push(source);
  if (sources.length === 0 && report.isClean) throw nothingFound(job);
  if (sources.length > 1 && given.output !== undefined) {
    throw new SopsError('conflict', `Error: --output is for one file, and there are ${sources.length}`, {
      file: '',
      hint: 'For several: --output-dir FOLDER, or neither for targets beside the sources.',
    });
  }
  const imported = await importAll(sources, job, report);
  const findings = await tellAll(imported, job);
  const next = await nextSteps(imported, job);
  if (given.json) await print(streams, jsonText({ ...report.summary(), findings, next }));
  const status = report.end();
  await printed.end();
  return status;
}

/** One after another; Ctrl+C lets the one in work end and begins no other. */
async function importAll(sources: readonly ImportSource[], job: Job, report: ManyReport): Promise<Imported[]> {
  const imported: Imported[] = [];
  const work = async (stop: AbortSignal): Promise<void> => {
    for (const source of sources) {
      if (stop.aborted) return;
      const one = await importOne(source, job, report);
      if (one) imported.push(one);
    }
  };
  await withInterruption(job.context.streams, work, () => report.interrupted());
  return imported;
}

async function importOne(source: ImportSource, job: Job, report: ManyReport): Promise<Imported | undefined> {
  const { given, context, kind } = job;
  const { path } = source.file;
  const warnings: string[] = [];
  const host = context.host.warningTo((message) => warnings.push(message));
  try {
    const target = targetOf(source, job);
    const encrypt = encryptionOf(given, context);
    const imported = await importFile({ kind, source, target, encrypt, dryRun: given.dryRun }, host);
    const all = [...imported.warnings.map((message) => `${path}: ${message}`), ...warnings];
    report.add({ path, warnings: all, output: target });
    if (!given.json) await job.printed.add(`${printable(lineOf(path, imported, given.dryRun))}\n`);
    return imported;
  } catch (error) {
    report.add({ path, warnings, error });
    return undefined;
  }
}

function targetOf({ file }: ImportSource, { given, context, kind }: Job): string {
  if (given.output !== undefined) return given.output;
  const beside = targetBeside(file.path, (name) => kind.targetName(name));
  if (given.outputDir === undefined) return beside;
  const { cwd } = context.host;
  return placeBelow(given.outputDir, file, resolve(cwd, beside), cwd);
}

function lineOf(path: string, { target, count }: Imported, dryRun: boolean): string {
  const values = quantity(count, 'value');
  return `${path} ${dryRun ? 'would be' : 'was'} imported into ${target} (${values}); ${path} itself is left as it is`;
}

/** What is about all of the sources: history, and keys that git tracks. Returns the findings. */
async function tellAll(imported: readonly Imported[], { kind, given, context }: Job): Promise<string[]> {
  const { host, streams } = context;
  const tracked = imported.filter(({ isTracked }) => isTracked).length;
  if (tracked > 0) {
    const them = tracked === 1 ? 'the source' : `${tracked} sources`;
    host.warn(
      `git's history still holds ${them} with ${kind.leftInHistory}, whatever becomes of the files: change the values that matter`,
    );
  }
  const keys = [...new Set(imported.flatMap(({ trackedKeys }) => trackedKeys))];
  const findings = keys.map(
    (path) => `${relative(host.cwd, path)}: the old key is tracked by git, for everybody who has the repository`,
  );
  if (!given.json) for (const finding of findings) say(streams.stdout, `finding: ${printable(finding)}\n`);
  return findings;
}

/** What is to be done about the other tool, told once for all. */
async function nextSteps(imported: readonly Imported[], { kind, given, context }: Job): Promise<string[]> {
  const { host, streams } = context;
  if (imported.length === 0 || !kind.next) return [];
  const files = imported.map(({ source, target }) => ({ source, target: resolve(host.cwd, target) }));
  const steps = await kind.next(files, host);
  if (!given.json) for (const step of steps) say(streams.stdout, `next: ${printable(step)}\n`);
  return steps;
}

function nothingFound({ kind, context }: Job): SopsError {
  return new SopsError(
    'no-file',
    `there is nothing to import in ${context.operands.join(' ')}: no file is ${kind.described}`,
    {
      file: '',
      hint: 'In folders files are found by their content, among those that git does not ignore: name others themselves.',
    },
  );
}
