/** Providers that the caller of the library puts in place of ours, and what a run must not use. */
import { SopsError } from '../errors.js';
import { givenIdentities } from '../keys/given-identities.js';
import type { KeyProvider, MasterKey } from '../keys/provider.js';
import { keyTypeRow } from '../keys/registry.js';
import type { Session } from '../util/host/host.js';

const REPLACED = Symbol('providers that were replaced');

type Replacements = ReadonlyMap<string, KeyProvider>;

/** Gives a run other providers, by the type of their keys. Called once, before a key is used. */
export function replaceProviders(providers: Replacements, host: Session): void {
  host.once(REPLACED, () => providers);
}

/**
 * The provider that a run has in place of ours; undefined for none. Throws `key` for opening with a service of a cloud in a run that may only
 * use the identities that it was given.
 */
export function givenFor({ type }: MasterKey, isOpening: boolean, host: Session): KeyProvider | undefined {
  const given = host.once<Replacements | undefined>(REPLACED, () => undefined)?.get(type);
  const row = keyTypeRow(type);
  if (given || !isOpening || !row?.remote || !givenIdentities(host)?.only) return given;
  throw new SopsError('key', `${row.title} is not asked, since only the identities that were given are to be used`);
}
