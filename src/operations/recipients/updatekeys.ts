/** `updatekeys`: gives files the recipients that their creation rule has now. */

import { holdConfigs } from '../../config/config.js';
import { creationRuleFor } from '../../config/creation-rule.js';
import { keyGroupsFor } from '../../config/key-groups.js';
import type { Config, CreationRule } from '../../config/model.js';
import { type NameOf, namesOf } from '../../config/recipient-names.js';
import type { Recipients } from '../../datakey/create.js';
import { SopsError } from '../../errors.js';
import type { RecognisedFile } from '../../formats/recognise.js';
import type { FormatName } from '../../formats/registry.js';
import type { FormatStore, SourceFile } from '../../formats/store.js';
import type { KeyGroup } from '../../keys/provider.js';
import type { KeyService } from '../../keyservice/keyservice.js';
import { keyStringOf } from '../../keyservice/keyservice.js';
import type { KeyServiceChoice } from '../../keyservice/services.js';
import { metadataFromBranch } from '../../metadata/from-branch.js';
import type { Metadata } from '../../metadata/metadata.js';
import { lostComments } from '../../metadata/metadata-comments.js';
import { UNNOTED } from '../../run/audit-trail.js';
import { openRun, type Run } from '../../run/run.js';
import { statOf, systemReason } from '../../util/files/files.js';
import { type Stats, statSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import type { Host, Session } from '../../util/host/host.js';
import { sessionOf } from '../../util/host/session.js';
import { oneLine } from '../../util/text/one-line.js';
import { retryWhenThrottled } from '../../util/waiting/backoff.js';
import { concurrencyLimitOf } from '../../util/waiting/concurrency-limit.js';
import { MOST_AT_A_TIME, sideBySide } from '../../util/waiting/side-by-side.js';
import { compareRecipients, isChange, thresholdFor } from '../key-changes.js';
import { writeOutput } from '../output.js';
import { readAsChosen, readInput } from '../read/input.js';
import { openFile } from '../read/open-file.js';
import { redoing } from '../retry-on-change.js';
import { type Resealing, resealFile, rewrapFile } from '../write/reseal-file.js';
import { compareSelection, isReordered, reselectFile } from './reselection.js';
import {
  type FileChange,
  notingTalk,
  tellNoted,
  type UpdateKeysTalk,
  type UpdateResult,
  type UpdateTold,
} from './update-questions.js';

export interface UpdateKeysRequest {
  readonly files: readonly string[];
  readonly inputType?: FormatName | undefined;
  readonly configPath?: string | undefined;
  /** Which key services wrap and open the data key; undefined for this machine's own alone. */
  readonly keyServices?: KeyServiceChoice | undefined;
  /** As `--shamir-secret-sharing-threshold`; else the rule's counts, and without one the file's own. */
  readonly shamirThreshold?: number | undefined;
  /** Only tells which files are out of date. */
  readonly check: boolean;
  /** Keeps the data key even when a recipient is shut out, as SOPS does. */
  readonly keepDataKey: boolean;
  /** Also gives files the selection of their rule, and its order of recipients. */
  readonly selection?: boolean | undefined;
  readonly ignoreMac: boolean;
  /** Type identifiers separated by commas. */
  readonly decryptionOrder?: string | undefined;
  readonly talk: UpdateKeysTalk;
  /** When it is aborted the files in work are finished, and no others begun. */
  readonly stop?: AbortSignal | undefined;
  /** Has some of many files worked on elsewhere, if they are not taken one at a time; absent where all are worked on here. */
  readonly sharing?: UpdateSharing | undefined;
}

export interface UpdateSharing {
  /** How many files may be in work now. */
  readonly most: number;
  /** Has one worked on: elsewhere, or by `here`. */
  work(file: string, here: () => Promise<UpdatedFile>): Promise<UpdatedFile>;
}

export interface UpdateKeysOutcome {
  /** Files that are out of date, when they were only checked. */
  readonly outdated: number;
  /** Files that failed; a lone file's error is thrown instead. */
  readonly failed: number;
}

/** Brings the files up to date. Throws `config`, `no-file`, and for a lone file whatever fails with it. */
export async function updateKeys(request: UpdateKeysRequest, given: Host): Promise<UpdateKeysOutcome> {
  const host = sessionOf(given);
  const letGo = holdConfigs(host);
  try {
    return await updateAll(request, host);
  } finally {
    letGo();
  }
}

async function updateAll(request: UpdateKeysRequest, host: Session): Promise<UpdateKeysOutcome> {
  const { sharing } = request;
  const update = await updateFor(request, host);
  if (request.files.length === 0) throw new SopsError('no-file', 'Error: no file specified');
  const counts = { outdated: 0, failed: 0 };
  const isInTurn = isOneAtATime(request, host);
  const activity = request.files.length > 1 ? host.begin?.('file') : undefined;
  const all = sideBySide([...request.files.entries()], {
    get most() {
      return isInTurn ? 1 : (sharing?.most ?? MOST_AT_A_TIME);
    },
    limit: concurrencyLimitOf(host),
    stop: request.stop,
    weigh: ([, file]) => MEMORY_FOR_A_BYTE * (statOf(resolve(host.cwd, file))?.size ?? 0),
    work: ([at, file]) => {
      activity?.now(`file ${at + 1} of ${request.files.length}`);
      const here = (): Promise<UpdatedFile> => updateOne(file, update, isInTurn);
      return sharing ? sharing.work(file, here) : here();
    },
  });
  try {
    for await (const [[, file], { told, result }] of all) {
      await tellNoted(told, request.talk);
      if (result === 'outdated') counts.outdated += 1;
      if (!(result instanceof SopsError)) continue;
      const named = result.file === undefined ? result.with(result.code, { file }) : result;
      if (request.files.length === 1) throw named;
      request.talk.failed(named);
      counts.failed += 1;
    }
  } finally {
    activity?.end();
  }
  return counts;
}

/** Whether a file is begun only when the one before it is done: where somebody is asked about each, or reads a log of what is done. */
export function isOneAtATime({ talk, check }: UpdateKeysRequest, host: Session): boolean {
  return host.log !== undefined || (talk.asks !== false && !check);
}

/** A file in memory is its text, its tree, its ciphertext, and each of these again for comparing. */
const MEMORY_FOR_A_BYTE = 10;

/** What came of one of several files. */
export interface UpdatedFile {
  /** What is to be said of it, in its turn. */
  readonly told: readonly UpdateTold[];
  readonly result: UpdateResult | SopsError;
}

/** A function that updates one file and says nothing, for work on behalf of another process. Throws `config`. */
export async function fileUpdater(
  request: UpdateKeysRequest,
  host: Session,
): Promise<(file: string) => Promise<UpdatedFile>> {
  const update = await updateFor(request, host);
  return (file) => updateOne(file, update, false);
}

/** Key services are set up once, for all files. */
async function updateFor(request: UpdateKeysRequest, host: Session): Promise<Update> {
  const { run } = await runFor(request, request.files[0] ?? '', host);
  return { request, host, keyServices: run.keyServices };
}

/** Works on one of several files; what is said meanwhile waits for its turn, unless it is its turn. */
async function updateOne(file: string, update: Update, isInTurn: boolean): Promise<UpdatedFile> {
  const told: UpdateTold[] = [];
  try {
    const result = await (isInTurn ? updateFile(file, update) : updateFile(file, asideOf(update, told)));
    return { told, result };
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return { told, result: error };
  }
}

/** The same update with everything that would be said noted instead. */
function asideOf(update: Update, told: UpdateTold[]): Update {
  const { request, host } = update;
  const talk = notingTalk(told, request.talk);
  return { ...update, request: { ...request, talk }, host: host.warningTo(talk.warn) };
}

interface Update {
  readonly request: UpdateKeysRequest;
  readonly host: Session;
  readonly keyServices: readonly KeyService[];
}

async function updateFile(file: string, update: Update): Promise<UpdateResult> {
  const { request, host } = update;
  const { talk } = request;
  const absolute = resolve(host.cwd, file);
  checkIsFile(absolute, file);
  talk.started(absolute);
  const { run, config } = await runFor(request, file, host);
  const input = { kind: 'file', path: file } as const;
  let agreed: FileChange | undefined;
  const nameOf = await namesOf(config, host);
  return redoing(async () => {
    const bytes = await readInput(input, host).catch(asFailure);
    const read = await readAsChosen(bytes, { input, inputType: request.inputType }, host);
    const metadata = metadataFromBranch(read.file.metadata);
    const { keyGroups, shamirThreshold } = metadata;
    if (request.check) await checkOpenable(read.file, keyGroups);
    const rule = await ruleOf({ config, file, request, host });
    const after = await wantedRecipients(metadata, rule, { config, file, request, host });
    const change: FileChange = {
      ...(await compareRecipients({ keyGroups, shamirThreshold }, after)),
      ...(request.selection ? await selectionChanges(metadata, { rule, after, store: read.store }) : {}),
    };
    const result = await decide(change, request, { agreed, nameOf });
    if (result === 'rewrapped' || result === 'rekeyed' || result === 'reselected') {
      agreed = change;
      const rewriting = { file, bytes, read, metadata, run, after, result, change };
      const rewritten = await retryWhenThrottled(concurrencyLimitOf(host), () => rewrite(rewriting, update));
      const destination = { output: { kind: 'in-place' }, input, read: bytes } as const;
      await writeOutput(rewritten, 'ciphertext', destination, host).catch(asFailure);
    }
    talk.finished(absolute, result, change);
    return result;
  });
}

/** What nobody could open is not up to date, whoever is listed. Throws `metadata-invalid`. */
async function checkOpenable({ strayDocument }: SourceFile, keyGroups: readonly KeyGroup[]): Promise<void> {
  if (strayDocument !== undefined) {
    throw new SopsError('metadata-invalid', `document ${strayDocument} was not encrypted with the ones before it`, {
      hint: 'Its recipients are others, or none, and the file cannot be decrypted as a whole: take it out, and encrypt again.',
    });
  }
  const hollow = keyGroups.flat().find(({ enc }) => enc.trim() === '');
  if (!hollow) return;
  throw new SopsError('metadata-invalid', `the entry of ${await keyStringOf(hollow)} holds no data key`, {
    hint: 'It opens nothing: whoever can read the file writes it anew with sops-ts rotate -i.',
  });
}

/** What is to be done, after showing and asking, unless the same was agreed to already. */
async function decide(
  change: FileChange,
  { talk, check, keepDataKey }: UpdateKeysRequest,
  { agreed, nameOf }: { readonly agreed: FileChange | undefined; readonly nameOf: NameOf },
): Promise<UpdateResult> {
  if (!isChange(change) && !change.selection && !change.reordered) return 'up-to-date';
  if (JSON.stringify(change) !== JSON.stringify(agreed)) {
    await talk.showChange(change, nameOf);
    if (check) return 'outdated';
    if (!(await talk.confirm())) return 'unchanged';
  }
  if (change.shutOut.length > 0 && !keepDataKey) return 'rekeyed';
  return change.selection ? 'reselected' : 'rewrapped';
}

interface Rewrite {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly read: RecognisedFile;
  readonly metadata: Metadata;
  readonly run: Run;
  readonly after: Recipients;
  readonly result: 'rewrapped' | 'reselected' | 'rekeyed';
  readonly change: FileChange;
}

/** The new bytes. The MAC is checked first: a file that was tampered with must not get a new MAC, nor go to new readers. */
async function rewrite(rewriting: Rewrite, { request, keyServices }: Update): Promise<Uint8Array> {
  const { file, read, metadata, run, after, result } = rewriting;
  const rewrites = result !== 'rewrapped';
  const { store: reader } = read;
  const opened = await openFile(read, {
    ignoreMac: request.ignoreMac,
    rewrites,
    metadata,
    decryptionOrder: run.decryptionOrder,
    keyServices,
    // SOPS, which only ever wraps anew, leaves no event.
    trail: rewrites ? run.trail({ kind: 'file', path: file }) : UNNOTED,
  });
  const resealing = {
    opened,
    recipients: after,
    keyServices,
    indent: run.indent(undefined, { reader, printer: reader }),
  };
  const rewritten = await rewrittenBytes(rewriting, resealing);
  const lost = rewrites ? [] : lostComments(read.file.metadata);
  for (const warning of [...opened.warnings, ...lost]) request.talk.warn(warning);
  return rewritten;
}

function rewrittenBytes(
  { bytes, result, change }: Rewrite,
  resealing: Omit<Resealing, 'printer'>,
): Promise<Uint8Array> {
  if (change.selection) {
    const rewraps = isChange(change) || change.reordered === true;
    return reselectFile({ ...resealing, after: change.selection.after, newKey: result === 'rekeyed', rewraps });
  }
  if (result === 'rekeyed') return resealFile({ ...resealing, printer: resealing.opened.store });
  return rewrapFile(bytes, resealing);
}

interface Wanted {
  readonly config: Config;
  readonly file: string;
  readonly request: UpdateKeysRequest;
  readonly host: Session;
}

async function ruleOf({ config, file, host }: Wanted): Promise<CreationRule | null> {
  if (!config.creationRules) {
    throw new SopsError('config', `The config file ${config.path} does not contain any creation rule`);
  }
  return creationRuleFor(config, file, host);
}

/** What the rule changes beside recipients. */
async function selectionChanges(
  metadata: Metadata,
  {
    rule,
    after,
    store,
  }: { readonly rule: CreationRule | null; readonly after: Recipients; readonly store: FormatStore },
): Promise<Pick<FileChange, 'selection' | 'reordered'>> {
  const selection = compareSelection(metadata, rule, store);
  const reordered = await isReordered(metadata.keyGroups, after.keyGroups);
  return { ...(selection ? { selection } : {}), ...(reordered ? { reordered } : {}) };
}

/** The recipients that the file's rule gives it. */
async function wantedRecipients(
  before: Recipients,
  rule: CreationRule | null,
  { request, host }: Wanted,
): Promise<Recipients> {
  const keyGroups = await keyGroupsFor({ rule, host });
  const asked = request.shamirThreshold || rule?.shamirThreshold || 0;
  return { keyGroups, shamirThreshold: thresholdFor(asked, before, keyGroups.length) };
}

/** The run for a file, with its configuration: mostly the same for all files, as the search begins at the working directory. */
async function runFor(
  request: UpdateKeysRequest,
  filePath: string,
  host: Session,
): Promise<{ readonly run: Run; readonly config: Config }> {
  const { configPath, keyServices, decryptionOrder } = request;
  const run = await openRun({ configPath, filePath, keyServices, decryptionOrder }, host);
  const { config } = run;
  if (!config)
    throw new SopsError('config', 'config file not found', {
      ...(filePath === '' ? {} : { file: filePath }),
      hint: 'updatekeys needs a .sops.yaml: sops-ts init makes one.',
    });
  return { run, config };
}

/** Synchronously: waiting for the thread pool takes longer. */
function checkIsFile(absolute: string, file: string): void {
  let found: Stats;
  try {
    found = statSync(absolute);
  } catch (cause) {
    throw new SopsError('failed', `stat ${oneLine(absolute)}: ${systemReason(cause)}`, { file, cause });
  }
  if (found.isDirectory()) throw new SopsError('failed', "can't operate on a directory", { file });
}

/** Here, other than in the other commands, a file that cannot be read or written gives 1 (docs/command-line.md#updatekeys). */
function asFailure(error: unknown): never {
  throw error instanceof SopsError && error.code !== 'changed-meanwhile' ? error.with('failed') : error;
}
