/** `publish`: sends files to where the destination rules of `.sops.yaml` say (docs/command-line.md#publish). */

import { basename, extname, isAbsolute, join, relative } from 'node:path';
import { destinationFor, type MatchedDestination } from '../../config/destination-rule.js';
import type { Config } from '../../config/model.js';
import { type NameOf, namesOf } from '../../config/recipient-names.js';
import { SopsError } from '../../errors.js';
import type { KeyServiceChoice } from '../../keyservice/services.js';
import type { PlaceWishes, PutResult, Remnant } from '../../remotes/remote.js';
import { openRun } from '../../run/run.js';
import { checkPlace } from '../../run/trust.js';
import { systemReason } from '../../util/files/files.js';
import { stat } from '../../util/files/fs-promises.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { hasInvalidBytes } from '../../util/text/text.js';
import type { KeyChange } from '../key-changes.js';
import { filesBelow } from '../read/encrypted-files.js';
import { readAsChosen, readInput } from '../read/input.js';
import { type PublishedFile, plainContent, type Surroundings, sealedContent } from './publish-content.js';

export interface PublishRequest {
  /** A file, or with `recursive` a folder; undefined when none was named, which is reported once the configuration is found. */
  readonly path: string | undefined;
  readonly recursive: boolean;
  readonly omitExtensions: boolean;
  readonly configPath?: string | undefined;
  /** Type identifiers separated by commas. */
  readonly decryptionOrder?: string | undefined;
  readonly keyServices?: KeyServiceChoice | undefined;
  /** Opens and checks everything, shows what would be sent, and sends nothing. */
  readonly dryRun: boolean;
  /** Takes away what earlier publications of a file left, and that it holds no more. */
  readonly prune: boolean;
  readonly wishes: PlaceWishes;
  readonly talk: PublishTalk;
  /** When it is aborted, what is being sent is finished, and nothing more is begun. */
  readonly stop?: AbortSignal | undefined;
}

/** What happens, told as it happens, and the question that may stop it. `file` is an absolute path. */
export interface PublishTalk {
  /** The recipients of what is sent are others than those of the file. */
  showChange(change: KeyChange, nameOf: NameOf): Promise<void>;
  /** With `dryRun`: what would be sent where. */
  preview(file: string, url: string, shown: PublishPreview): Promise<void>;
  /** Whether to send, and to take away what is left over. Rejects when nobody answers, and that is the end of the run. */
  confirm(file: string, url: string, leftovers: readonly string[]): Promise<boolean>;
  /** One of several files is not sent. */
  canceled(file: string): Promise<void>;
  finished(file: string, url: string, result: PutResult): void;
  /** One of several files failed. */
  failed(error: SopsError): void;
  /** Called once at the end, also of a run that ends early but has done something by then. */
  ended(outcome: PublishOutcome): void;
}

export interface PublishPreview {
  /** The keys of values; null for an encrypted file. */
  readonly masked: string | null;
  /** What would be taken away there. */
  readonly leftovers: readonly string[];
}

/** How many files came to what. */
export type PublishOutcome = Record<PutResult | 'canceled' | 'failed' | 'previewed', number>;

/**
 * Sends a file, or every file below a folder but hidden ones, one after the other. A lone file that fails or is not to be sent is an
 * error; of several the others are still sent. Whoever stops it sees that by the signal. Throws SopsError, in the order of docs/command-line.md#publish.
 */
export async function publishFiles(request: PublishRequest, host: Host): Promise<PublishOutcome> {
  const { path, talk, dryRun } = request;
  const run = await openRun({ ...request, filePath: path }, host);
  const { config } = run;
  if (!config)
    throw new SopsError('config', 'config file not found', {
      hint: 'publish needs a .sops.yaml: sops-ts init makes one.',
    });
  if (path === undefined) throw new SopsError('no-file', 'Error: no file specified');
  const isFolder = await isFolderAt(path, request, host);
  const nameOf = await namesOf(config, host);
  const showChange = (change: KeyChange) => talk.showChange(change, nameOf);
  const surroundings = { config, showChange, run, dryRun };
  const publication: Publication = { request, surroundings, outcome: newOutcome(), taken: new Map() };
  try {
    if (!isFolder) await publishLone(path, publication);
    else
      for await (const found of filesIn(path, config, host))
        await publishOne(found, relative(path, found), publication);
  } catch (error) {
    const hasDone = Object.values(publication.outcome).some((count) => count > 0);
    if (hasDone) talk.ended(publication.outcome);
    if (error instanceof Stopped) return publication.outcome;
    throw error;
  }
  talk.ended(publication.outcome);
  return publication.outcome;
}

interface Publication {
  readonly request: PublishRequest;
  readonly surroundings: Surroundings;
  readonly outcome: PublishOutcome;
  /** By URL: the file that was sent there. */
  readonly taken: Map<string, string>;
}

function newOutcome(): PublishOutcome {
  return { written: 0, unchanged: 0, canceled: 0, failed: 0, previewed: 0 };
}

async function isFolderAt(path: string, { recursive }: PublishRequest, host: Host): Promise<boolean> {
  const found = await stat(resolve(host.cwd, path)).catch((cause: unknown) => {
    throw new SopsError('failed', `stat ${path}: ${systemReason(cause)}`, { file: path, cause });
  });
  if (found.isDirectory() && !recursive) {
    throw new SopsError('failed', "can't operate on a directory without --recursive flag.", { file: path });
  }
  return found.isDirectory();
}

/** The files below a folder as seen from where it was named, without the configuration. */
async function* filesIn(folder: string, config: Config, host: Host): AsyncGenerator<string> {
  const start = resolve(host.cwd, folder);
  const own = resolve(host.cwd, config.path);
  for await (const found of filesBelow(start, { skipsHidden: true, takesLinks: true, sweepsFor: host })) {
    if (found !== own) yield isAbsolute(folder) ? found : join(folder, relative(start, found));
  }
}

/** One of several. */
async function publishOne(path: string, name: string, run: Publication): Promise<void> {
  try {
    await publishFile(path, name, { ...run, isLone: false });
  } catch (error) {
    if (error instanceof Unanswered || !(error instanceof SopsError)) throw error;
    run.request.talk.failed(error.file === undefined ? error.with(error.code, { file: path }) : error);
    run.outcome.failed += 1;
  }
}

interface FileRun extends Publication {
  /** Whether it is the only file that was asked for, so that there is nothing to go on with. */
  readonly isLone: boolean;
}

async function publishFile(path: string, name: string, run: FileRun): Promise<void> {
  const { run: host, config } = run.surroundings;
  goOn(run);
  if (hasInvalidBytes(name)) {
    throw new SopsError('failed', `the name of ${path} is not UTF-8, as names at remote places are`, {
      file: path,
      hint: 'Rename the file.',
    });
  }
  const input = { kind: 'file', path } as const;
  const destination = await destinationFor(config, path, host);
  const bytes = await readInput(input, host).catch((error: unknown) => {
    // Here, as in updatekeys, that has no number of its own.
    throw error instanceof SopsError ? error.with('failed') : error;
  });
  const read = await readAsChosen(bytes, { input }, host);
  const source: PublishedFile = { path, bytes, read, rule: destination.rule };
  const prepared = await prepare(source, nameFor(name, destination, run), destination, run);
  await carryOut({ file: resolve(host.cwd, path), ...prepared }, run);
}

function publishLone(path: string, run: Publication): Promise<void> {
  const { request, surroundings } = run;
  return publishFile(path, basename(resolve(surroundings.run.cwd, path)), { ...run, isLone: !request.recursive });
}

/** The name that the file gets there. */
function nameFor(name: string, { rule }: MatchedDestination, { request, surroundings }: Publication): string {
  const { platform } = surroundings.run;
  const slashed = platform === 'win32' ? name.replaceAll('\\', '/') : name;
  if (!request.omitExtensions && !rule.omitExtensions) return slashed;
  return slashed.slice(0, slashed.length - extname(slashed).length);
}

/** A file that is ready to be sent. */
interface Sending {
  /** Absolute path. */
  readonly file: string;
  readonly url: string;
  readonly masked: string | null;
  send(): Promise<PutResult>;
  /** With `prune`: what is left over there. */
  leftovers(): Promise<readonly Remnant[]>;
}

async function prepare(
  source: PublishedFile,
  name: string,
  { rule, remote }: MatchedDestination,
  { surroundings, request }: Publication,
): Promise<Omit<Sending, 'file'>> {
  const { run } = surroundings;
  if (remote.sends === 'sealed') {
    const place = (await remote.load()).open(rule.settings, run, request.wishes);
    const content = await sealedContent(source, surroundings);
    return {
      url: place.url(name),
      masked: null,
      send: () => place.put(name, content),
      leftovers: async () => [],
    };
  }
  const place = (await remote.load()).open(rule.settings, run, request.wishes);
  // To find what is left over a place is asked also in a dry run.
  if (!surroundings.dryRun || request.prune) await checkPlace(rule.settings, run);
  const { values, masked } = await plainContent(source, remote, surroundings);
  return {
    url: place.url(name),
    masked,
    send: () => place.put(name, values),
    leftovers: async () => (request.prune ? ((await place.leftovers?.(name, values)) ?? []) : []),
  };
}

async function carryOut({ file, url, masked, send, leftovers }: Sending, run: FileRun): Promise<void> {
  const { request, outcome, isLone } = run;
  const { talk, dryRun } = request;
  checkFree(url, file, run);
  const left = await leftovers();
  const names = left.map(({ name }) => name);
  if (dryRun) {
    await talk.preview(file, url, { masked, leftovers: names });
    outcome.previewed += 1;
    return;
  }
  const isWanted = await talk.confirm(file, url, names).catch((error: unknown) => {
    throw error instanceof SopsError ? new Unanswered(error) : error;
  });
  if (!isWanted) {
    if (isLone) throw new SopsError('failed', `Publication of ${file} canceled`);
    outcome.canceled += 1;
    return talk.canceled(file);
  }
  goOn(run);
  const sent = await send();
  for (const one of left) await one.remove();
  const result = left.length > 0 ? 'written' : sent;
  outcome[result] += 1;
  talk.finished(file, url, result);
}

/** Refuses a second file that would get the same name there, as can happen without extensions; SOPS lets the last one overwrite the others. */
function checkFree(url: string, file: string, { taken }: Publication): void {
  const other = taken.get(url);
  if (other !== undefined) {
    throw new SopsError('failed', `${url} is where ${other} goes already, so this file is not sent`, {
      hint: 'Rename one of them, keep the extensions, or write a rule of its own for one of them.',
    });
  }
  taken.set(url, file);
}

/** Throws {@link Stopped} when nothing more is to be begun. */
function goOn({ request: { stop } }: Publication): void {
  if (stop?.aborted) throw new Stopped();
}

/** Ends the run early; what was done by then is told as at its end. */
class Stopped extends Error {}

/** Nobody answers, so asking about the other files makes no sense. */
class Unanswered extends SopsError {
  constructor(reason: SopsError) {
    const hint = 'This file was not sent, nor were those after it. With --yes nothing is asked.';
    super(reason.code, reason.message, { hint, cause: reason });
  }
}
