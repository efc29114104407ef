/** Recipients that stand in a file and nowhere in `.sops.yaml`: whoever may write the file may have put them there. */
import type { Config } from '../config/model.js';
import { namesRecipient } from '../config/recipient.js';
import type { KeyGroup, MasterKey } from '../keys/provider.js';
import { type NamedKey, trustedKeys } from '../keys/trust.js';
import { keyStringOf } from '../keyservice/keyservice.js';
import type { Host } from '../util/host.js';

/**
 * A warning for each key of a file that is about to get a new data key although no rule of the configuration names it: the list
 * of recipients is not covered by the MAC, so an entry that was pasted in would get the next secrets, too. `config` has been
 * told to `trustConfig`; without rules nothing is known.
 */
export async function warnOfStrangers(
  groups: readonly KeyGroup[],
  config: Config | null,
  host: Host,
): Promise<string[]> {
  if (!config?.creationRules?.length) return [];
  const strangers = new Set<string>();
  for (const key of groups.flat()) {
    const keyString = await keyStringOf(key);
    if (!trustedKeys(host, key.type).some((named) => names(named, keyString, key))) strangers.add(keyString);
  }
  return [...strangers].map((keyString) => {
    return `${keyString} can read the new version, too, though no rule of ${config.path} names it: if you do not know why, take it out (sops-ts updatekeys, or rotate --rm-…) and rotate again`;
  });
}

function names(named: NamedKey, keyString: string, key: MasterKey): boolean {
  if (typeof named === 'string') return named.split(',').some((one) => isSame(one, keyString));
  const { vault_url: vault, name } = Object.fromEntries(named);
  if (typeof vault === 'string') return isSame(`${vault}/keys/${name}`, keyString);
  return [...named.values()].some((value) => typeof value === 'string' && [...key.fields.values()].includes(value));
}

function isSame(one: string, other: string): boolean {
  return namesRecipient(one, other) || namesRecipient(other, one);
}
