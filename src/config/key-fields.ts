/** The key fields of a creation rule and of its `key_groups`, read by the rows of the key type registry. */
import { KEY_TYPES, type KeyTypeRow } from '../keys/registry.js';
import { isTimestamp, type LeafValue, type Value } from '../tree/tree.js';
import type { Decoder, Fields } from './decode.js';
import { unknownKeysOf } from './misspelt.js';
import type { GroupKey, GroupRule, RuleKeys, UnknownKey } from './model.js';

const GROUP_KEYS = ['merge', ...KEY_TYPES.map((row) => row.groupField)];

/** Other spellings of a group's fields: the names that flags, plain rules and encrypted files have for them. */
const GROUP_ALIASES = new Map(
  KEY_TYPES.flatMap((row) => [row.type, row.flag, row.ruleField].map((name) => [name, row.groupField] as const)),
);

/** The key fields of a rule by type identifier. A wrong type is kept as the field's problem: SOPS minds only when the rule is used. */
export function parseRuleKeys(decoder: Decoder, fields: Fields): Map<string, RuleKeys> {
  const keys = new Map<string, RuleKeys>();
  for (const row of KEY_TYPES) {
    const value = decoder.present(fields.get(row.ruleField));
    if (!value) continue;
    keys.set(row.type, row.ruleText ? textsOf(value, decoder) : { texts: decoder.strings(value) });
  }
  return keys;
}

/** A string (split at commas, trimmed, empty ones dropped) or a list of strings (left as they are). */
function textsOf(value: Value, decoder: Decoder): RuleKeys {
  if (value.kind === 'leaf' && typeof value.value === 'string') {
    const texts = value.value.split(',').map((text) => text.trim());
    return { texts: texts.filter((text) => text !== '') };
  }
  if (value.kind !== 'list') return { problem: `expected string, []string, or nil, got ${goTypeOf(value)}` };
  const texts: string[] = [];
  for (const entry of value.items) {
    if (entry.kind === 'comment') continue;
    const one = decoder.present(entry);
    if (one?.kind !== 'leaf' || typeof one.value !== 'string') {
      return { problem: `expected string in list, got ${goTypeOf(one ?? entry)}` };
    }
    texts.push(one.value);
  }
  return { texts };
}

/** The Go type that SOPS names for a value. */
function goTypeOf(value: Value): string {
  if (value.kind === 'branch') return 'map[string]interface {}';
  return value.kind === 'list' ? '[]interface {}' : goTypeOfLeaf(value.value);
}

function goTypeOfLeaf(value: LeafValue): string {
  if (value === null) return '<nil>';
  if (isTimestamp(value)) return 'time.Time';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float64';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

/** The groups of a `key_groups` or `merge` field; keys that are not known are added to `unknownKeys`. */
export function parseGroups(decoder: Decoder, value: Value | undefined, unknownKeys: UnknownKey[]): GroupRule[] {
  return (decoder.list(value, 'config.keyGroup') ?? []).map((entry) => {
    const fields = decoder.fields(entry, 'config.keyGroup');
    unknownKeys.push(...unknownKeysOf(fields, GROUP_KEYS, GROUP_ALIASES));
    const keys = new Map<string, GroupKey[]>();
    for (const row of KEY_TYPES) {
      const listed = decoder.present(fields.get(row.groupField));
      if (listed) keys.set(row.type, parseGroupKeys(decoder, row, listed, unknownKeys));
    }
    return { merge: parseGroups(decoder, fields.get('merge'), unknownKeys), keys };
  });
}

function parseGroupKeys(decoder: Decoder, row: KeyTypeRow, value: Value, unknownKeys: UnknownKey[]): GroupKey[] {
  const { groupFields } = row;
  if (!groupFields) return decoder.strings(value);
  const names = groupFields.map((field) => field.name);
  const aliases = new Map(groupFields.map((field) => [field.field, field.name]));
  return (decoder.list(value, `config.${row.type}Key`) ?? []).map((entry) => {
    const fields = decoder.fields(entry, `config.${row.type}Key`);
    unknownKeys.push(...unknownKeysOf(fields, names, aliases));
    return new Map(
      groupFields.map(({ name, field }) => {
        const isMap = row.fields.some((of) => of.name === field && of.shape === 'map?');
        return [field, isMap ? decoder.texts(fields.get(name)) : decoder.string(fields.get(name))] as const;
      }),
    );
  });
}
