/** Trying every key of an encrypted file, and the file itself: for `doctor`. */

import type { Config } from '../../config/model.js';
import { namesRecipient } from '../../config/recipient.js';
import { type NameOf, namesOf, withName } from '../../config/recipient-names.js';
import type { Wrapped } from '../../datakey/combine.js';
import { DATA_KEY_BYTES, DataKey } from '../../datakey/data-key.js';
import { Proof } from '../../datakey/data-key-proof.js';
import { parseDecryptionOrder, sortKeys } from '../../datakey/decryption-order.js';
import { SopsError } from '../../errors.js';
import type { RecognisedFile } from '../../formats/recognise.js';
import type { FormatName } from '../../formats/registry.js';
import type { MasterKey } from '../../keys/provider.js';
import { keyTypeRow } from '../../keys/registry.js';
import { type KeyService, keyStringOf } from '../../keyservice/keyservice.js';
import { metadataFromBranch } from '../../metadata/from-branch.js';
import type { Metadata } from '../../metadata/metadata.js';
import { trailOf } from '../../run/audit-trail.js';
import type { Host, Session } from '../../util/host/host.js';
import { checkExists, readAsChosen, readInput, rowByName } from '../read/input.js';
import { openFile } from '../read/open-file.js';

/** What keeps something from working. */
export interface Obstacle {
  readonly what: string;
  readonly advice?: string | undefined;
}

export interface DryRunRequest {
  readonly input: { readonly kind: 'file'; readonly path: string };
  /** As `--input-type`. */
  readonly inputType?: FormatName | undefined;
  /** What is tried in place of the file's content: a part of it. */
  readonly bytes?: Uint8Array | undefined;
  readonly config: Config | null;
  readonly keyServices: readonly KeyService[];
  readonly decryptionOrder?: string | undefined;
}

/** What came of one key. */
export interface KeyTrial {
  readonly type: string;
  readonly recipient: string;
  /** The anchor that stands for it in the configuration. */
  readonly name?: string | undefined;
  readonly opens: boolean;
  /** Whether it opens, but with another key than the one it names. */
  readonly mislabelled?: true | undefined;
  /** Why not. */
  readonly reason?: string | undefined;
  readonly advice?: string | undefined;
}

export interface DryRun {
  readonly path: string;
  readonly format: string;
  /** False for a file without metadata; then there is nothing to try. */
  readonly encrypted: boolean;
  readonly groups: readonly (readonly KeyTrial[])[];
  /** How many groups must be open, and how many are. */
  readonly needed: number;
  readonly opened: number;
  /** Whether the data key was recovered, and the values and the MAC are what was written; null where it did not come to that. */
  readonly dataKey: boolean | null;
  readonly values: boolean | null;
  readonly mac: boolean | null;
  readonly problems: readonly Obstacle[];
}

/** Tries all keys, then opens the file as `decrypt` does. Throws `no-file` and `input-unreadable`. */
export async function tryFile(request: DryRunRequest, host: Session): Promise<DryRun> {
  const { input, inputType } = request;
  await checkExists(input, host);
  const bytes = request.bytes ?? (await readInput(input, host));
  const byName = inputType ?? rowByName(request, host).name;
  const start = { path: input.path, format: byName, ...NOTHING_TRIED };
  let metadata: Metadata;
  let read: RecognisedFile;
  try {
    read = await readAsChosen(bytes, request, host);
    if (!read.file.metadata) return { ...start, encrypted: false, problems: [notEncrypted(input.path)] };
    metadata = metadataFromBranch(read.file.metadata);
  } catch (error) {
    return { ...start, encrypted: false, problems: [problemOf(error)] };
  }
  const { file } = read;
  const groups = await tryGroups({ ...metadata, documents: file.documents }, request, host);
  const needed = metadata.keyGroups.length > 1 ? Math.max(1, metadata.shamirThreshold) : 1;
  const opened = groups.filter((group) => group.some(({ opens, mislabelled }) => opens || mislabelled)).length;
  const rest = await openAll(read, request, host);
  const problems = [...groups.flat().flatMap(problemOfLabel), ...rest.problems];
  return { ...start, format: read.store.name, encrypted: true, groups, needed, opened, ...rest, problems };
}

const NOTHING_TRIED = { groups: [], needed: 0, opened: 0, dataKey: null, values: null, mac: null } as const;

function notEncrypted(path: string): Obstacle {
  const advice = `sops-ts encrypt -i ${path} encrypts it.`;
  return { what: `${path} is not encrypted: it has no SOPS metadata`, advice };
}

/** Keys of this machine one after another, since they may ask; remote ones side by side after them. */
async function tryGroups(
  file: Wrapped,
  { keyServices, config, decryptionOrder }: DryRunRequest,
  host: Session,
): Promise<KeyTrial[][]> {
  const nameOf = await namesOf(config, host);
  // One part of several tells nothing by itself.
  const proof = file.keyGroups.length === 1 ? new Proof(file) : undefined;
  const sorted = file.keyGroups.map((group) => sortKeys(group, parseDecryptionOrder(decryptionOrder)));
  const isRemote = (key: MasterKey): boolean => keyTypeRow(key.type)?.remote ?? false;
  const trials = new Map<MasterKey, KeyTrial>();
  const note = async (key: MasterKey): Promise<void> =>
    void trials.set(key, await tryKey(key, { keyServices, nameOf, proof, host }));
  for (const key of sorted.flat()) if (!isRemote(key)) await note(key);
  await Promise.all(sorted.flat().filter(isRemote).map(note));
  return sorted.map((group) => group.flatMap((key) => trials.get(key) ?? []));
}

interface Trial {
  readonly keyServices: readonly KeyService[];
  readonly nameOf: NameOf;
  readonly proof: Proof | undefined;
  readonly host: Session;
}

async function tryKey(key: MasterKey, { keyServices, nameOf, proof, host }: Trial): Promise<KeyTrial> {
  const recipient = await keyStringOf(key);
  const about = { type: key.type, recipient, name: nameOf(recipient) };
  const reasons: string[] = [];
  let advice: string | undefined;
  for (const service of keyServices) {
    try {
      const part = await service.unwrap(key);
      if (proof?.isPossible && !isDataKey(part, proof)) return { ...about, ...STALE };
      const opener = (await keyTypeRow(key.type)?.load?.())?.openerOf?.(key, host);
      if (opener === undefined || namesRecipient(opener, recipient)) return { ...about, opens: true };
      return { ...about, ...mislabelled(opener, nameOf) };
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      reasons.push(error.message);
      advice ??= error.hint;
    }
  }
  return { ...about, opens: false, reason: reasons.join('; ') || 'there is no key service to ask', advice };
}

function isDataKey(part: Uint8Array, proof: Proof): boolean {
  return part.length === DATA_KEY_BYTES && proof.isKey(new DataKey(part));
}

function mislabelled(opener: string, nameOf: NameOf): Pick<KeyTrial, 'opens' | 'mislabelled' | 'reason' | 'advice'> {
  return {
    opens: false,
    mislabelled: true,
    reason: `it is wrapped for ${withName(opener, nameOf)}, not for the recipient that it names, who may not be able to read the file`,
    advice: 'Correct the recipients: sops-ts updatekeys, or rotate --rm-….',
  };
}

function problemOfLabel({ recipient, mislabelled, reason, advice }: KeyTrial): Obstacle[] {
  return mislabelled ? [{ what: `the entry of ${recipient}: ${reason}`, advice }] : [];
}

const STALE = {
  opens: false,
  reason: 'it opens, but to another data key than the one of the file: the entry is stale or foreign',
  advice: 'Whoever can read the file should rotate it: sops-ts rotate -i.',
} as const;

const ASK = 'If none of its keys is yours: a reader must add yours to .sops.yaml, and run sops-ts updatekeys.';

type Opening = Pick<DryRun, 'dataKey' | 'values' | 'mac' | 'problems'>;

/** Parts that were opened are remembered by the key services, so nobody is asked again. */
async function openAll(
  read: RecognisedFile,
  { input, keyServices, decryptionOrder }: DryRunRequest,
  host: Host,
): Promise<Opening> {
  const order = parseDecryptionOrder(decryptionOrder);
  const options = {
    ignoreMac: false,
    rewrites: false,
    decryptionOrder: order,
    keyServices,
    trail: trailOf(input, host),
  };
  try {
    const { warnings } = await openFile(read, options);
    return { dataKey: true, values: true, mac: true, problems: warnings.map((what) => ({ what })) };
  } catch (error) {
    const problem = problemOf(error);
    const problems = [problem];
    const code = error instanceof SopsError ? error.code : undefined;
    if (code === 'data-key-not-recovered') {
      return { dataKey: false, values: null, mac: null, problems: [{ ...problem, advice: problem.advice ?? ASK }] };
    }
    if (code === 'mac-mismatch') return { dataKey: true, values: true, mac: false, problems };
    if (code === 'leaf-not-decryptable') return { dataKey: true, values: false, mac: null, problems };
    return { dataKey: null, values: null, mac: null, problems };
  }
}

/** The sentence of an error, with the key it is about. */
function problemOf(error: unknown): Obstacle {
  if (!(error instanceof SopsError)) throw error;
  const [sentence = ''] = error.message.split('\n');
  const at = error.path === undefined ? '' : ` (at ${error.path.join('.')})`;
  return { what: `${sentence}${at}`, advice: error.hint };
}
