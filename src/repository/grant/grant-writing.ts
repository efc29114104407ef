/** The files of a grant: each is opened and wrapped for the recipient, many at a time, and only then they are written. */

import { keyGroupsFor } from '../../config/key-groups.js';
import { namesOf, withName } from '../../config/recipient-names.js';
import { SopsError } from '../../errors.js';
import type { KeyGroup } from '../../keys/provider.js';
import { keyStringOf } from '../../keyservice/keyservice.js';
import { metadataFromBranch } from '../../metadata/from-branch.js';
import { lostComments } from '../../metadata/metadata-comments.js';
import { writeOutput } from '../../operations/output.js';
import { type EncryptedFile, readEncrypted } from '../../operations/read/encrypted-files.js';
import { openFile } from '../../operations/read/open-file.js';
import { redoing } from '../../operations/retry-on-change.js';
import { checkListed } from '../../operations/unlisted-recipients.js';
import { wrapFileFor } from '../../operations/write/reseal-file.js';
import { UNNOTED } from '../../run/audit-trail.js';
import type { Run } from '../../run/run.js';
import { statOf } from '../../util/files/files.js';
import type { Session } from '../../util/host/host.js';
import { retryWhenThrottled } from '../../util/waiting/backoff.js';
import { concurrencyLimitOf } from '../../util/waiting/concurrency-limit.js';
import { MOST_AT_A_TIME, sideBySide } from '../../util/waiting/side-by-side.js';
import { withoutLookups } from '../check/rule-keys.js';
import { type FilePlan, isGranted, type RulePlan } from './grant-files.js';
import type { GrantPlan } from './grant-plan.js';
import { sameAs } from './granted-key.js';

/** What came of a file. */
export interface FileOutcome {
  readonly path: string;
  /** `up-to-date`: the recipient could read it before. */
  readonly result?: 'granted' | 'up-to-date' | 'would-be-granted';
  readonly warnings?: readonly string[];
  readonly error?: SopsError;
}

/** A file that was opened and wrapped. */
export interface PreparedFile {
  readonly file: FilePlan;
  readonly outcome: FileOutcome;
  /** What was made of what; absent where that is too much to be kept, or failed. */
  readonly made?: MadeFile | undefined;
}

interface MadeFile {
  readonly read: Uint8Array;
  /** Null when the recipient can read it by now. */
  readonly bytes: Uint8Array | null;
}

export interface GrantWork {
  readonly plan: GrantPlan;
  readonly request: { readonly ignoreMac: boolean; readonly keepUnlisted: boolean };
  readonly host: Session;
  readonly stop: AbortSignal;
}

/** A file in memory is its text, its tree, its ciphertext, and each of these again for comparing. */
const MEMORY_FOR_A_BYTE = 10;
/** So much of what was made is kept until it is written; the rest is made again then. */
const MOST_KEPT = 128 << 20;

/** Opens and wraps the files that the recipient cannot read yet, in order. Nothing is written. */
export async function prepareAll(work: GrantWork): Promise<PreparedFile[]> {
  const { plan, host, stop } = work;
  const todo = plan.files.filter(({ isDone }) => !isDone);
  const prepared: PreparedFile[] = [];
  let kept = 0;
  const activity = todo.length > 1 ? host.begin?.('file') : undefined;
  const all = sideBySide([...todo.entries()], {
    // With several files at a time, the lines of the log would be mixed up beyond use.
    most: host.log ? 1 : MOST_AT_A_TIME,
    limit: concurrencyLimitOf(host),
    stop,
    weigh: ([, { absolute }]) => MEMORY_FOR_A_BYTE * (statOf(absolute)?.size ?? 0),
    work: ([at, file]) => {
      activity?.now(`opening file ${at + 1} of ${todo.length}`);
      return prepareAside(file, work);
    },
  });
  try {
    for await (const [, one] of all) {
      kept += (one.made?.read.length ?? 0) + (one.made?.bytes?.length ?? 0);
      prepared.push(kept <= MOST_KEPT ? one : { ...one, made: undefined });
    }
  } finally {
    activity?.end();
  }
  return prepared;
}

/** Writes what was prepared, and tells of every file in its turn. */
export async function writePrepared(
  prepared: readonly PreparedFile[],
  work: GrantWork,
  done: (outcome: FileOutcome) => void,
): Promise<void> {
  const { host, stop } = work;
  const activity = prepared.length > 1 ? host.begin?.('file') : undefined;
  const all = sideBySide([...prepared.entries()], {
    most: host.log ? 1 : MOST_AT_A_TIME,
    limit: concurrencyLimitOf(host),
    stop,
    weigh: ([, { made, file }]) => (made ? 0 : MEMORY_FOR_A_BYTE * (statOf(file.absolute)?.size ?? 0)),
    work: ([at, one]) => {
      activity?.now(`file ${at + 1} of ${prepared.length}`);
      return one.outcome.error ? Promise.resolve(one.outcome) : writeAside(one, work);
    },
  });
  try {
    for await (const [, outcome] of all) done(outcome);
  } finally {
    activity?.end();
  }
}

async function prepareAside(file: FilePlan, work: GrantWork): Promise<PreparedFile> {
  const warnings: string[] = [];
  const { path } = file;
  try {
    const made = await retryWhenThrottled(concurrencyLimitOf(work.host), () => makeFile(file, work, warnings));
    return { file, made, outcome: { path, warnings, result: 'granted' } };
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return { file, outcome: { path, warnings, error } };
  }
}

/** Writes a file, or what is made of it now if somebody else has written it since. */
async function writeAside({ file, made, outcome }: PreparedFile, work: GrantWork): Promise<FileOutcome> {
  const { path } = file;
  const warnings = [...(outcome.warnings ?? [])];
  const host = work.host.warningTo((message) => void warnings.push(message));
  try {
    const isWritten = await redoing(async (number) => {
      const { read, bytes } = number === 1 && made ? made : await makeFile(file, work, warnings);
      if (bytes === null) return false;
      const destination = { output: { kind: 'in-place' }, input: { kind: 'file', path }, read } as const;
      await writeOutput(bytes, 'ciphertext', destination, host);
      return true;
    });
    return { path, warnings, result: isWritten ? 'granted' : 'up-to-date' };
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return { path, warnings, error };
  }
}

/** The MAC is checked: a file that was tampered with must not go to new readers. */
async function makeFile(file: FilePlan, work: GrantWork, warnings: string[]): Promise<MadeFile> {
  const { plan, request } = work;
  const { run, config } = plan;
  const { keyServices, decryptionOrder } = run;
  const found = await readEncrypted(file.absolute);
  if (!found) throw new SopsError('failed', 'the file is not encrypted any more', { file: file.path });
  const { keyGroups } = metadataFromBranch(found.file.metadata);
  if (await isGranted(metadataFromBranch(found.file.metadata), file.rule)) return { read: found.bytes, bytes: null };
  if (keyGroups.length > 1) {
    const { keepUnlisted } = request;
    await checkListed(keyGroups, { config, keepUnlisted, file: file.path, host: run });
  }
  const options = { ignoreMac: request.ignoreMac, rewrites: false, decryptionOrder, keyServices, trail: UNNOTED };
  const opened = await openFile(found, options).catch((error: unknown) => withReaders(error, found, plan));
  const { key } = file.rule.who;
  const { group } = file.rule;
  const place = await placeIn(keyGroups, file.rule, run);
  const indent = run.indent(undefined, { reader: found.store, printer: found.store });
  const bytes = await wrapFileFor(found.bytes, { opened, key, group, place, keyServices, indent });
  const heard = [...opened.warnings, ...lostComments(found.file.metadata)];
  for (const warning of heard) warnings.push(`${file.path}: ${warning}`);
  return { read: found.bytes, bytes };
}

/** Where in its group of a file the recipient stands: after those that the rule names before it, or `check` finds another order. */
async function placeIn(present: readonly KeyGroup[], { group, who, standing }: RulePlan, run: Run): Promise<number> {
  const wanted = await keyGroupsFor({ rule: await withoutLookups(standing, present), host: run });
  const order = await Promise.all((wanted[group] ?? []).map(keyStringOf));
  const own = await Promise.all((present[group] ?? []).map(keyStringOf));
  const at = order.findIndex(sameAs(who));
  return at < 0 ? own.length : own.findLastIndex((key) => order.indexOf(key) >= 0 && order.indexOf(key) < at) + 1;
}

/** The error of a file that was not opened, with those who can. */
async function withReaders(error: unknown, { file }: EncryptedFile, { run, config }: GrantPlan): Promise<never> {
  if (!(error instanceof SopsError) || error.code !== 'data-key-not-recovered') throw error;
  const nameOf = await namesOf(config, run);
  const readers = await Promise.all(metadataFromBranch(file.metadata).keyGroups.flat().map(keyStringOf));
  const names = [...new Set(readers)].map((reader) => nameOf(reader) ?? withName(reader, nameOf)).join(', ');
  throw error.with(error.code, {
    hint: `Who can read it lets them in, once .sops.yaml is written: sops-ts updatekeys FILE. These can: ${names}`,
  });
}
