/** The key that a grant is for: chosen among those that were found, read as a flag would be, and tried before anything is written. */
import { keyGroupsFor } from '../../config/key-groups.js';
import { namesRecipient } from '../../config/recipient.js';
import { DataKey } from '../../datakey/data-key.js';
import { SopsError } from '../../errors.js';
import type { MasterKey } from '../../keys/provider.js';
import { keyTypeRow } from '../../keys/registry.js';
import { type KeyService, keyStringOf, reasonOf } from '../../keyservice/keyservice.js';
import type { Session } from '../../util/host/host.js';
import { type Candidate, candidatesFor, type FoundCandidates } from './recipient-source.js';

export interface GrantedKey extends Candidate {
  readonly key: MasterKey;
  /** Its key string. */
  readonly keyString: string;
  readonly origin: string | undefined;
}

export interface KeyChoice {
  /** A recipient, a file or a URL. */
  readonly word: string;
  /** Which of several keys is meant. */
  readonly fingerprint?: string | undefined;
  /** Asks which one of several is meant, and gives its place; undefined where nobody is to be asked. */
  choose?(found: readonly Candidate[]): Promise<number | undefined>;
}

/** The key that is meant. Throws `key` when that is not clear, and for one that cannot be used. */
export async function grantedKey(choice: KeyChoice, host: Session): Promise<GrantedKey> {
  const found = await candidatesFor(choice.word, host);
  const candidate = await chosenOf(found, choice);
  if (candidate.problem !== undefined)
    throw new SopsError('key', `${candidateLabel(candidate)} cannot be used: ${candidate.problem}`);
  return { ...(await asKey(candidate, host)), origin: found.origin };
}

/** A candidate with its key, as `--age` and the like would read it. */
export async function asKey<C extends Candidate>(
  candidate: C,
  host: Session,
): Promise<C & Pick<GrantedKey, 'key' | 'keyString'>> {
  const row = keyTypeRow(candidate.type);
  const keyFlags = new Map([[candidate.type, candidate.recipient]]);
  const [[key, ...others] = []] = await keyGroupsFor({ rule: null, keyFlags, host });
  if (!key || !row || others.length > 0) throw new SopsError('key', 'one recipient is granted at a time');
  const [only, ...more] = row.fields;
  const text = only && more.length === 0 ? key.fields.get(only.name) : undefined;
  const recipient = typeof text === 'string' ? text : candidate.recipient;
  return { ...candidate, recipient, key, keyString: await keyStringOf(key) };
}

async function chosenOf(
  { candidates, origin }: FoundCandidates,
  { fingerprint, choose }: KeyChoice,
): Promise<Candidate> {
  const different = candidates.filter(
    ({ recipient }, at) => candidates.findIndex((one) => namesRecipient(one.recipient, recipient)) === at,
  );
  if (fingerprint !== undefined) {
    const meant = different.find((one) => [one.fingerprint, one.recipient].includes(fingerprint.trim()));
    if (meant) return meant;
    throw new SopsError('key', `none of the keys has the fingerprint ${fingerprint}`, { hint: listed(different) });
  }
  const usable = different.filter(({ problem }) => problem === undefined);
  const [first, ...others] = usable;
  if (first && others.length === 0) return first;
  if (!first) throw new SopsError('key', `no key of ${origin ?? 'these'} can be used`, { hint: listed(different) });
  const chosen = usable[(await choose?.(usable)) ?? -1];
  if (chosen) return chosen;
  const hint = `${listed(usable)}\nCompare with their owner, and choose one: --fingerprint ${usable.at(-1)?.fingerprint ?? usable.at(-1)?.recipient}`;
  throw new SopsError('key', `${origin ?? 'this'} has ${usable.length} keys, and one is granted at a time`, { hint });
}

function listed(candidates: readonly Candidate[]): string {
  return candidates
    .map((one) => `${candidateLabel(one)}${one.problem === undefined ? '' : `: ${one.problem}`}`)
    .join('; ');
}

/** How a key is told of in a line: the kind and fingerprint of an SSH key, which is long; else the recipient; and what its owner calls it. */
export function candidateLabel({ recipient, fingerprint, remark }: Candidate): string {
  const called = fingerprint === undefined ? recipient : `${recipient.split(' ', 1)[0]} ${fingerprint}`;
  return remark === undefined ? called : `${called} ${remark}`;
}

/** Wraps random bytes for the key, as a data key would be. Throws `key` when that fails: nothing could be encrypted for it. */
export async function tryKey({ key, recipient }: GrantedKey, keyServices: readonly KeyService[]): Promise<void> {
  let failure: SopsError | undefined;
  for (const service of keyServices) {
    try {
      await service.wrap({ ...key }, DataKey.generate().bytes);
      return;
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      failure ??= error;
    }
  }
  const reason = failure ? reasonOf(failure, key) : 'there is no key service';
  throw new SopsError('key', `nothing can be encrypted for ${recipient}: ${reason}`, {
    ...(failure?.hint === undefined ? {} : { hint: failure.hint }),
    cause: failure,
  });
}

/** Tells texts that name the same recipient. */
export function sameAs({ recipient, keyString }: GrantedKey): (other: string) => boolean {
  return (other) => [recipient, keyString].some((one) => namesRecipient(other, one) || namesRecipient(one, other));
}
