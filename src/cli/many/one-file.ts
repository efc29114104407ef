/** What a command does with each of many files, and where the results go. */

import { dirname } from 'node:path';
import { SopsError } from '../../errors.js';
import type { FormatName } from '../../formats/registry.js';
import { writeOutput } from '../../operations/output.js';
import type { Outcome, Output } from '../../operations/requests.js';
import type { Target, TargetChoice } from '../../repository/targets.js';
import { tellSwept } from '../../util/files/leftovers.js';
import { makeFolder } from '../../util/files/new-folder.js';
import { resolve } from '../../util/files/paths.js';
import type { Session } from '../../util/host/host.js';
import { retryWhenThrottled } from '../../util/waiting/backoff.js';
import { concurrencyLimitOf } from '../../util/waiting/concurrency-limit.js';
import type { Context } from '../commands/command.js';
import { placeBelow } from '../output-dir.js';
import type { Told } from './report.js';

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

/** What is to be done. */
export interface Job {
  readonly given: ManyFlags;
  readonly context: Context;
  readonly command: ManyCommand;
}

/** Where results go. */
export type Destination = 'in-place' | 'folder' | 'stream' | 'nowhere';

/** Flags that are about one file do not go with several. Throws `conflict`. */
export function destinationOf({ given, context, command }: Job): Destination {
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

/** What was made of a file, kept until its turn to be printed. */
export interface Kept extends Told {
  readonly printed?: { readonly bytes: Uint8Array; readonly format: string | undefined };
}

/** What became of a file; what went wrong with it is a part of that. */
export async function workOn(target: Target, job: Job, destination: Destination): Promise<Kept> {
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
    const { warnings: more, format } = await retryWhenThrottled(concurrencyLimitOf(host), () =>
      command.run(one, output),
    );
    for (const message of more) warnings.push(naming(path, message));
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

/** Where the result of a file belongs. Throws `conflict` for a file outside of the working directory, and where that is the file itself. */
function placeOf({ file }: Target, { given, context }: Job): string {
  const { cwd } = context.host;
  const place = placeBelow(given.outputDir ?? '', file, file.absolute, cwd);
  if (resolve(cwd, place) !== file.absolute) return place;
  throw new SopsError('conflict', `--output-dir ${given.outputDir} would write over ${file.path} itself`, {
    file: file.path,
    hint: 'Give another folder, or --in-place if that is meant.',
  });
}

async function writeTo(place: string, bytes: Uint8Array, one: Context, command: ManyCommand): Promise<void> {
  const { host, operands } = one;
  const absolute = resolve(host.cwd, place);
  await makeFolder(dirname(absolute), dirname(place), command.makes === 'plaintext' ? 0o700 : undefined);
  sweepOnce(dirname(absolute), host);
  const input = { kind: 'file', path: operands[0] ?? '' } as const;
  await writeOutput(bytes, command.makes, { output: { kind: 'file', path: place }, input, read: null }, host);
}

const SWEPT = Symbol('folders for results that were swept');

/** What a killed run left in a folder for results would be looked for nowhere else. */
function sweepOnce(folder: string, host: Session): void {
  const swept = host.once(SWEPT, () => new Set<string>());
  if (swept.has(folder)) return;
  swept.add(folder);
  tellSwept(folder, host);
}
