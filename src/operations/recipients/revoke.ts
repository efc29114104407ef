/** `revoke`: takes a recipient out of `.sops.yaml` and gives every file that names them a new data key without them. */
import { carryingTrust } from '../../config/carried-trust.js';
import { SopsError } from '../../errors.js';
import type { KeyGroup } from '../../keys/provider.js';
import type { KeyServiceChoice } from '../../keyservice/services.js';
import { statOf } from '../../util/files/files.js';
import { resolve } from '../../util/files/paths.js';
import { replaceFile } from '../../util/files/replace-file.js';
import { butDone } from '../../util/half-done.js';
import type { Host, Session } from '../../util/host/host.js';
import { sessionOf } from '../../util/host/session.js';
import { encodeText } from '../../util/text/text.js';
import { retryWhenThrottled } from '../../util/waiting/backoff.js';
import { concurrencyLimitOf } from '../../util/waiting/concurrency-limit.js';
import { MOST_AT_A_TIME, sideBySide } from '../../util/waiting/side-by-side.js';
import { withoutKeys } from '../key-changes.js';
import { writeOutput } from '../output.js';
import { readEncrypted } from '../read/encrypted-files.js';
import { openFile } from '../read/open-file.js';
import { redoing } from '../retry-on-change.js';
import { checkListed } from '../unlisted-recipients.js';
import { resealFile } from '../write/reseal-file.js';
import {
  type AffectedFile,
  type ChangedConfig,
  configWithout,
  planRevocation,
  type Revocation,
  type RevocationRequest,
} from './revocation.js';

export interface RevokeRequest extends RevocationRequest {
  /** Only shows what would be done. */
  readonly dryRun: boolean;
  readonly ignoreMac: boolean;
  /** Goes on although files have recipients that no rule names. */
  readonly keepUnlisted?: boolean | undefined;
  /** Type identifiers separated by commas. */
  readonly decryptionOrder?: string | undefined;
  /** Which key services wrap and open the data key; undefined for this machine's own alone. */
  readonly keyServices?: KeyServiceChoice | undefined;
  readonly talk: RevokeTalk;
}

/** What is found and done, told as it happens, and the question that may stop it. Paths are as seen from the working directory. */
export interface RevokeTalk {
  /** Who is revoked, where they are named, and what they could read. */
  showPlan(plan: Revocation): Promise<void>;
  /** Whether to go on with what was shown. Rejects when nobody answers. */
  confirm(): Promise<boolean>;
  /** A configuration or file was written. */
  written(path: string): void;
  /** A file that failed; the others go on. */
  failed(error: SopsError): void;
  warn(message: string): void;
  /** Does the work on the files; when the signal is aborted those in work are finished, and no others begun. Without it nothing stops it. */
  stoppable?<T>(work: (stop: AbortSignal) => Promise<T>): Promise<T>;
}

export interface RevokeOutcome {
  readonly outcome: 'revoked' | 'unchanged' | 'dry-run' | 'interrupted';
  /** Files that could not be looked into, or not be given a new key. */
  readonly failed: number;
}

/**
 * Revokes. The configurations are written first, so that nothing adds the recipient again; then the files, many at a time and told in
 * their order, each whole or not at all. Throws `config` and what concerns all files; nothing is changed then.
 */
export async function revokeRecipient(request: RevokeRequest, given: Host): Promise<RevokeOutcome> {
  const host = sessionOf(given);
  const { talk } = request;
  const plan = await planRevocation(request, host);
  await talk.showPlan(plan);
  for (const problem of plan.problems) talk.failed(problem);
  let failed = plan.problems.length;
  await checkAllListed(plan, request, host);
  if (request.dryRun) return { outcome: 'dry-run', failed };
  if (!(await talk.confirm())) return { outcome: 'unchanged', failed };
  for (const [at, config] of plan.configs.entries()) {
    await writeConfig(config, plan, host).catch((error: unknown) => {
      // By then the recipient may have no name any more.
      const done = 'What is told above is written, and no other file. Go on with: sops-ts revoke RECIPIENT';
      throw at === 0 ? error : butDone(error, done);
    });
    talk.written(config.path);
  }
  let isStopped = false;
  const rekeying = async (stop: AbortSignal): Promise<void> => {
    failed += await rekeyAll({ plan, request, host }, stop);
    isStopped = stop.aborted;
  };
  await (talk.stoppable?.(rekeying) ?? rekeying(new AbortController().signal));
  return { outcome: isStopped ? 'interrupted' : 'revoked', failed };
}

/** Gives the files new keys, tells of each in its turn, and returns how many failed. */
async function rekeyAll(rekeying: Rekeying, stop: AbortSignal): Promise<number> {
  const { plan, request, host } = rekeying;
  const { talk } = request;
  let failed = 0;
  const activity = plan.files.length > 1 ? host.begin?.('file') : undefined;
  const all = sideBySide([...plan.files.entries()], {
    // With several files at a time, the lines of the log would be mixed up beyond use.
    most: host.log ? 1 : MOST_AT_A_TIME,
    limit: concurrencyLimitOf(host),
    stop,
    weigh: ([, { path }]) => MEMORY_FOR_A_BYTE * (statOf(resolve(host.cwd, path))?.size ?? 0),
    work: ([at, { path }]) => {
      activity?.now(`file ${at + 1} of ${plan.files.length}`);
      return rekeyAside(path, rekeying);
    },
  });
  try {
    for await (const [[, { path }], { warnings, error }] of all) {
      for (const warning of warnings) talk.warn(warning);
      if (error === undefined) talk.written(path);
      else talk.failed(error.file === undefined ? error.with(error.code, { file: path }) : error);
      failed += error === undefined ? 0 : 1;
    }
  } finally {
    activity?.end();
  }
  return failed;
}

/** A file in memory is its text, its tree, its ciphertext, and each of these again for comparing. */
const MEMORY_FOR_A_BYTE = 10;

interface Rekeyed {
  readonly warnings: readonly string[];
  readonly error?: SopsError;
}

/** One of several files; what is said meanwhile waits for its turn. A service that gets too many calls is asked again. */
async function rekeyAside(path: string, rekeying: Rekeying): Promise<Rekeyed> {
  const warnings: string[] = [];
  const host = rekeying.host.warningTo((message) => void warnings.push(message));
  try {
    const once = (): Promise<void> => rekeyFile(path, { ...rekeying, host });
    await redoing(() => retryWhenThrottled(concurrencyLimitOf(host), once));
    return { warnings };
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return { warnings, error };
  }
}

/** Before anything is written: whoever is revoked may have pasted another key into the files, for the new versions. */
async function checkAllListed(plan: Revocation, { keepUnlisted }: RevokeRequest, host: Session): Promise<void> {
  const wrapping = { config: plan.run.config, keepUnlisted, host };
  const groupsOf = async (files: readonly AffectedFile[]): Promise<KeyGroup[]> => {
    const groups = files.flatMap(({ keyGroups }) => keyGroups);
    return (await withoutKeys(groups, plan.isUnwanted)).groups;
  };
  const hasRules = (plan.run.config?.creationRules?.length ?? 0) > 0;
  if (!hasRules) return checkListed(await groupsOf(plan.files), { ...wrapping, file: undefined });
  for (const file of plan.files) await checkListed(await groupsOf([file]), { ...wrapping, file: file.path });
}

/** Writes what was planned, or, if somebody else has written the configuration since, the same for what it holds now. */
async function writeConfig(planned: ChangedConfig, { isUnwanted }: Revocation, host: Host): Promise<void> {
  const path = resolve(host.cwd, planned.path);
  await redoing(async (number) => {
    const config = number === 1 ? planned : await configWithout(planned.path, isUnwanted, host);
    if (config === null) return;
    const warn = (message: string): void => host.warn(message);
    const bytes = encodeText(config.text);
    const changed = { absolute: path, path: planned.path, read: config.read, bytes };
    await carryingTrust(changed, host, async () => void (await replaceFile(path, bytes, { read: config.read, warn })));
  });
}

interface Rekeying {
  readonly plan: Revocation;
  readonly request: RevokeRequest;
  readonly host: Session;
}

async function rekeyFile(path: string, { plan, request, host }: Rekeying): Promise<void> {
  const { run } = plan;
  const { keyServices, decryptionOrder } = run;
  const found = await readEncrypted(resolve(host.cwd, path));
  if (!found) throw new SopsError('failed', 'the file is not encrypted any more', { file: path });
  const { store, bytes } = found;
  const { ignoreMac } = request;
  const trail = run.trail({ kind: 'file', path });
  const opened = await openFile(found, { ignoreMac, rewrites: true, decryptionOrder, keyServices, trail });
  const { groups } = await withoutKeys(opened.metadata.keyGroups, plan.isUnwanted);
  const empty = groups.findIndex((group) => group.length === 0);
  if (empty >= 0) {
    const place = groups.length > 1 ? `its key group ${empty} ` : 'it ';
    throw new SopsError('failed', `${place}would be left without recipients`, {
      file: path,
      hint: 'Add another one first: sops-ts rotate --add-… or updatekeys.',
    });
  }
  const recipients = { keyGroups: groups, shamirThreshold: opened.metadata.shamirThreshold };
  const indent = run.indent(undefined, { reader: store, printer: store });
  const resealed = await resealFile({ opened, recipients, keyServices, printer: store, indent });
  for (const warning of opened.warnings) host.warn(`${path}: ${warning}`);
  const destination = { output: { kind: 'in-place' }, input: { kind: 'file', path }, read: bytes } as const;
  await writeOutput(resealed, 'ciphertext', destination, host);
}
