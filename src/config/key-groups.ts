/** From the keys of flags or of a creation rule to groups of master keys (docs/configuration.md#keys-and-options-on-the-command-line, docs/keys/README.md#lists-of-keys). */

import { SopsError } from '../errors.js';
import { keyIdentity } from '../keys/key-identity.js';
import type { KeyFields, KeyGroup, MasterKey } from '../keys/provider.js';
import { KEY_TYPES, type KeyTypeRow, keyTypes } from '../keys/registry.js';
import { trustKeys } from '../keys/trust.js';
import type { Host, Session } from '../util/host/host.js';
import { append } from '../util/lists.js';
import { inTime, keyTimeout } from '../util/waiting/timeout.js';
import type { CreationRule, GroupKey, GroupRule } from './model.js';

const RULE_ROWS: readonly KeyTypeRow[] = KEY_TYPES.toSorted((one, other) => one.rulePlace - other.rulePlace);
/** Those that were plugged in come first, as the caller knows why. */
const flagRows = (): KeyTypeRow[] => keyTypes().toSorted((one, other) => one.flagPlace - other.flagPlace);

export interface KeySources {
  /** The rule of the file, or null when there is none. */
  readonly rule: CreationRule | null;
  /** By type identifier: the texts of the key flags, variables merged in. */
  readonly keyFlags?: ReadonlyMap<string, string> | undefined;
  /**
   * Fields given by flags for all keys of the types that have them: `aws_profile` (keys of flags only) and
   * `context` (also for the keys of a rule, but not those of `key_groups`, which have their own).
   */
  readonly flagFields?: KeyFields | undefined;
  readonly host: Session;
}

/**
 * The master keys for a new file: if any key flag is not empty, one group of those alone; else the rule's. A rule
 * without keys gives one empty group. Throws `config` when there is neither flag nor rule or the rule's field is wrong,
 * and `key` for a malformed recipient or a type that this version cannot read.
 */
export async function keyGroupsFor(sources: KeySources): Promise<KeyGroup[]> {
  const { rule, keyFlags, host } = sources;
  const flags = new Map([...(keyFlags ?? [])].filter(([, text]) => text !== ''));
  if (flags.size > 0) return [await flagGroup(flags, sources.flagFields ?? new Map(), host)];
  if (!rule) {
    throw new SopsError(
      'config',
      'config file not found, or has no creation rules, and no keys provided through command line options',
      { hint: 'Name recipients, e.g. with --age, or make a .sops.yaml: sops-ts init' },
    );
  }
  try {
    return await groupsOfRule(rule, sources);
  } catch (error) {
    throw inRule(error, rule);
  }
}

async function groupsOfRule(rule: CreationRule, { flagFields, host }: KeySources): Promise<KeyGroup[]> {
  if (rule.keyGroups.length === 0) return [await ruleGroup(rule, flagFields?.get('context'), host)];
  const groups: KeyGroup[] = [];
  for (const group of rule.keyGroups) groups.push(withoutDuplicates(await groupKeys(group, host)));
  return groups;
}

async function flagGroup(flags: ReadonlyMap<string, string>, fields: KeyFields, host: Session): Promise<MasterKey[]> {
  const group: MasterKey[] = [];
  for (const row of flagRows()) {
    const text = flags.get(row.type);
    if (text === undefined) continue;
    // The user typed them; what rules say is another's word (see run/trust.ts).
    trustKeys(host, row.type, [text]);
    append(group, withFields(row, await keysOfText(row, text, host), fields));
  }
  return group;
}

async function ruleGroup(rule: CreationRule, context: FieldValue | undefined, host: Session): Promise<MasterKey[]> {
  const fields = new Map<string, FieldValue>([['aws_profile', rule.awsProfile]]);
  if (context !== undefined) fields.set('context', context);
  const group: MasterKey[] = [];
  for (const row of RULE_ROWS) {
    const keys = rule.keys.get(row.type);
    if (!keys) continue;
    if ('problem' in keys) {
      throw new SopsError('config', `invalid ${row.ruleField} key configuration: ${keys.problem}`);
    }
    const text = keys.texts.join(',');
    if (text !== '') append(group, withFields(row, await keysOfText(row, text, host), fields));
  }
  return group;
}

/** The keys of a group of `key_groups`, duplicates included; those of merged groups come first. */
async function groupKeys(group: GroupRule, host: Session): Promise<MasterKey[]> {
  const keys: MasterKey[] = [];
  for (const merged of group.merge) append(keys, await groupKeys(merged, host));
  for (const row of RULE_ROWS) {
    for (const entry of group.keys.get(row.type) ?? []) append(keys, await keysOfEntry(row, entry, host));
  }
  return keys;
}

type FieldValue = KeyFields extends ReadonlyMap<string, infer V> ? V : never;

/** The keys of a comma-separated text: as the type's provider reads it. */
async function keysOfText(row: KeyTypeRow, text: string, host: Session): Promise<MasterKey[]> {
  const provider = await row.load?.();
  if (provider) return lookedUp(row, text, host, (signal) => provider.parse(text, host, signal));
  return text
    .split(',')
    .filter((one) => one.trim() !== '')
    .map((one) => plainKey(row, one));
}

/** The keys of one entry of a group: an object's fields as they are, a text as one key unless the type allows more. */
async function keysOfEntry(row: KeyTypeRow, entry: GroupKey, host: Session): Promise<MasterKey[]> {
  const provider = await row.load?.();
  if (provider?.parseEntry) {
    const named =
      typeof entry === 'string' ? entry : [...entry.values()].filter((one) => typeof one === 'string').join(' ');
    return [
      await lookedUp(
        row,
        named,
        host,
        async (signal) => provider.parseEntry?.(entry, host, signal) ?? plainKey(row, named),
      ),
    ];
  }
  if (typeof entry === 'string') {
    return row.groupCommas || row.fields.length > 1 ? keysOfText(row, entry, host) : [plainKey(row, entry)];
  }
  const [only, ...others] = row.fields;
  const text = only && others.length === 0 ? entry.get(only.name) : undefined;
  return [typeof text === 'string' ? plainKey(row, text) : keyOf(row, entry)];
}

/** Reading a key of a remote type may mean asking its service (Azure: for the version), which takes no longer than using it may. */
function lookedUp<T>(
  row: KeyTypeRow,
  named: string,
  host: Host,
  read: (signal?: AbortSignal) => Promise<T>,
): Promise<T> {
  return row.remote ? inTime(keyTimeout(host), host.signal, read, `${row.title} key ${named}: `) : read();
}

/** A key that is one text, spaces removed as SOPS does; for types with more fields this takes the provider. */
function plainKey(row: KeyTypeRow, text: string): MasterKey {
  const [only, ...others] = row.fields;
  if (!only || others.length > 0) {
    throw new SopsError('key', `this version of sops-ts cannot use ${row.title} keys`);
  }
  return keyOf(row, new Map([[only.name, text.replaceAll(' ', '')]]));
}

/** A key that was never wrapped, with the fields of its entry in the row's order. */
function keyOf(row: KeyTypeRow, fields: KeyFields): MasterKey {
  const own = new Map<string, FieldValue>();
  for (const { name, shape } of row.fields) {
    const value = fields.get(name) ?? '';
    const empty = typeof value === 'string' ? value === '' : value.size === 0;
    if (shape === 'text' || !empty) own.set(name, value);
  }
  return { type: row.type, fields: own, enc: '' };
}

/** The keys with further fields, as far as the type has them. */
function withFields(row: KeyTypeRow, keys: readonly MasterKey[], fields: KeyFields): MasterKey[] {
  return keys.map((key) => ({ ...key, fields: keyOf(row, new Map([...key.fields, ...fields])).fields }));
}

/** The keys of which no equal one came before; equal in all fields means an equal key string. */
function withoutDuplicates(keys: readonly MasterKey[]): MasterKey[] {
  const seen = new Map<string, MasterKey>();
  for (const key of keys) {
    const identity = keyIdentity(key);
    if (!seen.has(identity)) seen.set(identity, key);
  }
  return [...seen.values()];
}

/** The error, saying which rule it comes from. */
function inRule(error: unknown, rule: CreationRule): unknown {
  if (!(error instanceof SopsError) || error.hint !== undefined) return error;
  return error.with(error.code, { hint: `See ${rule.name}.` });
}
