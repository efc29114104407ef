/** A rule's keys for comparing: what only a service could tell of them is taken from the file, so that a check asks nobody. */
import type { CreationRule, GroupKey, GroupRule, RuleKeys } from '../../config/model.js';
import { namesRecipient } from '../../config/recipient.js';
import type { KeyFields, KeyGroup } from '../../keys/provider.js';
import { keyStringOf } from '../../keyservice/keyservice.js';

/** A key by its address and without its version, which its service knows (docs/keys/azure-kv.md). */
const UNVERSIONED = /^https?:\/\/[^/]+\/keys\/[^/]+\/?$/;
/** Stands for the version of a key that the file does not have: it is missing whatever its version. */
const ANY_VERSION = 'newest';

/** The rule itself, or a copy in which keys without version have that of the same key in the file. */
export async function withoutLookups(rule: CreationRule, present: readonly KeyGroup[]): Promise<CreationRule> {
  if (!needsLookup(rule)) return rule;
  const known = await Promise.all(present.flat().map(keyStringOf));
  const versioned = (text: string): string => {
    const address = text.trim().replace(/\/$/, '');
    if (!UNVERSIONED.test(address)) return text;
    return known.find((one) => namesRecipient(one, address)) ?? `${address}/${ANY_VERSION}`;
  };
  return {
    ...rule,
    keys: new Map([...rule.keys].map(([type, keys]) => [type, withTexts(keys, versioned)])),
    keyGroups: rule.keyGroups.map((group) => withVersions(group, versioned)),
  };
}

function needsLookup({ keys, keyGroups }: CreationRule): boolean {
  const texts = [...keys.values()].flatMap((of) => ('texts' in of ? of.texts : []));
  return texts.some((text) => text.split(',').some((one) => UNVERSIONED.test(one.trim()))) || keyGroups.some(hasVault);
}

function hasVault({ merge, keys }: GroupRule): boolean {
  return merge.some(hasVault) || [...keys.values()].flat().some((key) => addressOf(key) !== undefined);
}

function withTexts(keys: RuleKeys, versioned: (text: string) => string): RuleKeys {
  if (!('texts' in keys)) return keys;
  return { texts: keys.texts.map((text) => text.split(',').map(versioned).join(',')) };
}

function withVersions({ merge, keys }: GroupRule, versioned: (text: string) => string): GroupRule {
  const withVersion = (key: GroupKey): GroupKey => {
    const address = addressOf(key);
    if (address === undefined) return key;
    const found = versioned(address);
    return typeof key === 'string' ? found : withField(key, 'version', found.slice(found.lastIndexOf('/') + 1));
  };
  return {
    merge: merge.map((group) => withVersions(group, versioned)),
    keys: new Map([...keys].map(([type, entries]) => [type, entries.map(withVersion)])),
  };
}

function withField(key: KeyFields, name: string, text: string): KeyFields {
  return new Map([...key, [name, text]]);
}

/** The address of a key without version; undefined for any other key. */
function addressOf(key: GroupKey): string | undefined {
  if (typeof key === 'string') return UNVERSIONED.test(key.trim()) ? key.trim() : undefined;
  const [vault, name, version] = ['vault_url', 'name', 'version'].map((field) => key.get(field));
  if (typeof vault !== 'string' || typeof name !== 'string' || (typeof version === 'string' && version !== ''))
    return undefined;
  return `${vault.replace(/\/$/, '')}/keys/${name}`;
}
