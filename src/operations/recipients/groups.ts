/** `groups add` and `groups delete`: key groups of one file, wrapped anew; the values stay as they are. */

import { parseEncryptionContext } from '../../config/encryption-context.js';
import { keyGroupsFor } from '../../config/key-groups.js';
import type { Recipients } from '../../datakey/create.js';
import { SopsError } from '../../errors.js';
import type { KeyFields, KeyGroup } from '../../keys/provider.js';
import { keyStringOf } from '../../keyservice/keyservice.js';
import { lostComments } from '../../metadata/metadata-comments.js';
import { UNNOTED } from '../../run/audit-trail.js';
import { openRun } from '../../run/run.js';
import type { Host, Session } from '../../util/host/host.js';
import { sessionOf } from '../../util/host/session.js';
import { thresholdFor } from '../key-changes.js';
import { writeOutput } from '../output.js';
import { nameOf, readAsChosen, readInput } from '../read/input.js';
import { openFile } from '../read/open-file.js';
import type { FileRequest, Outcome } from '../requests.js';
import { Irreconcilable, redoing } from '../retry-on-change.js';
import { checkListed } from '../unlisted-recipients.js';
import { rewrapFile } from '../write/reseal-file.js';

interface GroupsRequest extends FileRequest {
  /** 0 keeps the file's threshold. */
  readonly shamirThreshold: number;
  readonly ignoreMac: boolean;
  /** Goes on although the file has recipients that no rule names. */
  readonly keepUnlisted?: boolean | undefined;
}

export interface AddGroupRequest extends GroupsRequest {
  /** By type identifier: the texts of the key flags. */
  readonly keyFlags: ReadonlyMap<string, string>;
  readonly awsProfile?: string | undefined;
  readonly encryptionContext?: string | undefined;
}

export interface DeleteGroupRequest extends GroupsRequest {
  /** From 0. */
  readonly index: number;
}

/**
 * Appends a group. Throws `data-key-not-wrapped` for a group without keys, an impossible threshold, and a key that cannot be
 * wrapped for; nothing is written then (SOPS writes a file that nobody can open).
 */
export async function addGroup(request: AddGroupRequest, given: Host): Promise<Outcome> {
  const host = sessionOf(given);
  const group = await groupOf(request, host);
  return changeGroups(request, host, ({ keyGroups, shamirThreshold }) => {
    const groups = [...keyGroups, group];
    const before = { keyGroups, shamirThreshold };
    return { keyGroups: groups, shamirThreshold: thresholdFor(request.shamirThreshold, before, groups.length) };
  });
}

/** Deletes a group. Throws `failed` for an index that there is none of, and when fewer groups than the threshold would remain. */
export async function deleteGroup(request: DeleteGroupRequest, given: Host): Promise<Outcome> {
  const host = sessionOf(given);
  const { index } = request;
  let seen: readonly string[] | undefined;
  return changeGroups(request, host, async ({ keyGroups, shamirThreshold }) => {
    if (!(index in keyGroups)) {
      const last = keyGroups.length - 1;
      throw new SopsError('failed', `there is no key group ${index}`, {
        hint: `The file has the groups 0 to ${last}.`,
      });
    }
    // Its number is that of the file as it was: somebody else may have deleted a group before it meanwhile.
    const named = await Promise.all((keyGroups[index] ?? []).map(keyStringOf));
    seen ??= named;
    if (named.join() !== seen.join()) throw new Irreconcilable(nameOf(request) ?? '');
    const groups = keyGroups.toSpliced(index, 1);
    const threshold = request.shamirThreshold || shamirThreshold;
    if (groups.length < Math.max(threshold, 1)) throw belowThreshold(threshold, groups.length);
    return { keyGroups: groups, shamirThreshold: threshold };
  });
}

function belowThreshold(threshold: number, groups: number): SopsError {
  const reason = `Shamir threshold is ${threshold}, but we only have ${groups} key groups`;
  const message = `removing this key group will make the Shamir threshold impossible to satisfy: ${reason}`;
  return new SopsError('failed', message, { hint: 'Lower it with --shamir-secret-sharing-threshold.' });
}

async function changeGroups(
  request: GroupsRequest,
  host: Session,
  change: (before: Recipients) => Recipients | Promise<Recipients>,
): Promise<Outcome> {
  const run = await openRun({ ...request, filePath: nameOf(request) }, host);
  const { config, keyServices } = run;
  const options = { ignoreMac: request.ignoreMac, rewrites: false, keyServices, trail: UNNOTED };
  return redoing(async () => {
    const read = await readInput(request.input, host);
    const found = await readAsChosen(read, request, host);
    const indent = run.indent(request.indent, { reader: found.store, printer: found.store });
    const opened = await openFile(found, options).catch(asGroupsError);
    const recipients = await change(opened.metadata);
    const kept = opened.metadata.keyGroups.filter((group) => recipients.keyGroups.includes(group));
    await checkListed(kept, { config, keepUnlisted: request.keepUnlisted, file: nameOf(request), host });
    const rewrapped = await rewrapFile(read, { opened, recipients, keyServices, indent });
    await writeOutput(rewrapped, 'ciphertext', { ...request, read }, host);
    return { warnings: [...opened.warnings, ...lostComments(found.file.metadata)] };
  });
}

/** These commands have no number of their own for a data key that is not recovered. */
function asGroupsError(error: unknown): never {
  if (!(error instanceof SopsError) || error.code !== 'data-key-not-recovered') throw error;
  const details = error.detail === undefined ? {} : { detail: error.detail };
  throw new SopsError('failed', `Error getting data key: ${error.message}`, { ...details, cause: error });
}

async function groupOf({ keyFlags, awsProfile, encryptionContext }: AddGroupRequest, host: Session): Promise<KeyGroup> {
  if (keyFlags.size === 0) {
    throw new SopsError('data-key-not-wrapped', 'empty key group provided', {
      hint: 'Name the recipients of the new group, e.g. --age age1….',
    });
  }
  const context = parseEncryptionContext(encryptionContext ?? '');
  const flagFields: KeyFields = new Map<string, string | ReadonlyMap<string, string>>([
    ...(awsProfile ? [['aws_profile', awsProfile] as const] : []),
    ...(context ? [['context', context] as const] : []),
  ]);
  const [group = []] = await keyGroupsFor({ rule: null, keyFlags, flagFields, host });
  return group;
}
