/** The key fields of a creation rule and of its `key_groups`, read by the rows of the key type registry. */

import { KEY_TYPES, type KeyTypeRow } from '../keys/registry.js';
import { isTimestamp, type LeafValue, type Value } from '../tree/tree.js';
import { type Steps, settle } from '../util/flat-recursion.js';
import { append } from '../util/lists.js';
import type { Decoder, Fields } from './decode.js';
import { unknownKeysOf } from './misspelt.js';
import type { GroupKey, GroupRule, RuleKeys, UnknownKey } from './model.js';

/** Fields that name files of recipients. */
export const FILE_FIELDS: readonly string[] = KEY_TYPES.flatMap((row) => row.recipientsFile?.field ?? []);

/** Reads the file of recipients that such a field names. Throws `config`. */
export type RecipientsReader = (path: string, line: RegExp) => readonly string[];

/** How the fields of keys are read. */
export interface KeyReading {
  readonly decoder: Decoder;
  /** Keys that are not known are added to it. */
  readonly unknownKeys: UnknownKey[];
  /** From keys that have their place outside of groups to what to write instead. */
  readonly misplaced: ReadonlyMap<string, string>;
  readonly recipientsIn: RecipientsReader;
}

const GROUP_KEYS = ['merge', ...KEY_TYPES.map((row) => row.groupField), ...FILE_FIELDS];

/** Other spellings of a group's fields: the names that flags, plain rules and encrypted files have for them. */
const GROUP_ALIASES = new Map(
  KEY_TYPES.flatMap((row) => [row.type, row.flag, row.ruleField].map((name) => [name, row.groupField] as const)),
);

/** The key fields of a rule by type identifier. A wrong type is kept as the field's problem: SOPS minds only when the rule is used. */
export function parseRuleKeys(fields: Fields, { decoder, recipientsIn }: KeyReading): Map<string, RuleKeys> {
  const keys = new Map<string, RuleKeys>();
  for (const row of KEY_TYPES) {
    const value = decoder.present(fields.get(row.ruleField));
    if (value) keys.set(row.type, row.ruleText ? textsOf(value, decoder) : { texts: decoder.strings(value) });
    const listed = keys.get(row.type) ?? { texts: [] };
    const filed = textsInFile(row, fields, decoder, recipientsIn);
    if (filed.length > 0 && 'texts' in listed) keys.set(row.type, { texts: [...listed.texts, ...filed] });
  }
  return keys;
}

function textsInFile(
  row: KeyTypeRow,
  fields: Fields,
  decoder: Decoder,
  recipientsIn: RecipientsReader,
): readonly string[] {
  const { recipientsFile } = row;
  const path = recipientsFile ? decoder.string(fields.get(recipientsFile.field)) : '';
  return recipientsFile && path !== '' ? recipientsIn(path, recipientsFile.line) : [];
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

/** The groups of a `key_groups`, `any_of` or `merge` field. */
export function parseGroups(value: Value | undefined, reading: KeyReading): GroupRule[] {
  return groupsOf(value, reading).map((fields) => {
    const keys = keysOfGroup(fields, reading);
    const merge: GroupRule[] = [];
    settle(addMerged(merge, fields, reading));
    return { merge, keys };
  });
}

function groupsOf(value: Value | undefined, { decoder }: KeyReading): Fields[] {
  const entries = decoder.list(value, 'config.keyGroup') ?? [];
  return entries.map((entry) => decoder.fields(entry, 'config.keyGroup'));
}

/** Adds the groups that a group merges, each after those that it merges itself. */
function* addMerged(groups: GroupRule[], of: Fields, reading: KeyReading): Steps<void> {
  for (const fields of groupsOf(of.get('merge'), reading)) {
    const keys = keysOfGroup(fields, reading);
    yield addMerged(groups, fields, reading);
    groups.push({ merge: [], keys });
  }
}

function keysOfGroup(fields: Fields, reading: KeyReading): Map<string, GroupKey[]> {
  const { decoder, unknownKeys, misplaced, recipientsIn } = reading;
  append(unknownKeys, unknownKeysOf(fields, GROUP_KEYS, { aliases: GROUP_ALIASES, misplaced }));
  const keys = new Map<string, GroupKey[]>();
  for (const row of KEY_TYPES) {
    const listed = decoder.present(fields.get(row.groupField));
    const own = listed ? parseGroupKeys(decoder, row, listed, unknownKeys) : [];
    const filed = textsInFile(row, fields, decoder, recipientsIn);
    if (listed || filed.length > 0) keys.set(row.type, [...own, ...filed]);
  }
  return keys;
}

function parseGroupKeys(decoder: Decoder, row: KeyTypeRow, value: Value, unknownKeys: UnknownKey[]): GroupKey[] {
  const { groupFields } = row;
  if (!groupFields) return decoder.strings(value);
  const names = groupFields.map((field) => field.name);
  const aliases = new Map(groupFields.map((field) => [field.field, field.name]));
  return (decoder.list(value, `config.${row.type}Key`) ?? []).map((entry) => {
    const fields = decoder.fields(entry, `config.${row.type}Key`);
    append(unknownKeys, unknownKeysOf(fields, names, { aliases }));
    return new Map(
      groupFields.map(({ name, field }) => {
        const isMap = row.fields.some((of) => of.name === field && of.shape === 'map?');
        return [field, isMap ? decoder.texts(fields.get(name)) : decoder.string(fields.get(name))] as const;
      }),
    );
  });
}
