/** From the tree of a `.sops.yaml` to its typed form (docs/configuration.md#how-it-is-read). */
import { SopsError } from '../errors.js';
import { FORMATS } from '../formats/registry.js';
import { KEY_TYPES } from '../keys/registry.js';
import { SELECTION_OPTIONS, type SelectionOption } from '../metadata/metadata.js';
import { REMOTES } from '../remotes/registry.js';
import type { RemoteField } from '../remotes/remote.js';
import type { Value } from '../tree/tree.js';
import { Decoder, type Fields } from './decode.js';
import type { ConfigDocument } from './document.js';
import { FILE_FIELDS, type KeyReading, parseGroups, parseRuleKeys, type RecipientsReader } from './key-fields.js';
import { unknownKeysOf } from './misspelt.js';
import type {
  CreationRule,
  DestinationRule,
  GroupRule,
  NameFormat,
  ReferenceGrant,
  Rules,
  StoreIndents,
} from './model.js';
import { type RecipientsFile, readRecipientsFile } from './recipients-file.js';

const RULE_KEYS = [
  'path_regex',
  ...KEY_TYPES.map((row) => row.ruleField),
  'aws_profile',
  'key_groups',
  'any_of',
  ...FILE_FIELDS,
  'shamir_threshold',
  ...SELECTION_OPTIONS,
  'mac_only_encrypted',
];

/** Other spellings of the rule's key fields: the names that flags, groups and encrypted files have for them. */
const RULE_ALIASES = new Map(
  KEY_TYPES.flatMap((row) => [row.type, row.flag, row.groupField].map((name) => [name, row.ruleField] as const)),
);

/** The fields of all places that files can be published to. */
export const PLACE_FIELDS: readonly RemoteField[] = [
  ...new Map(
    REMOTES.flatMap(({ field, options }): RemoteField[] => [{ name: field, kind: 'text' }, ...options]).map(
      (field) => [field.name, field] as const,
    ),
  ).values(),
];

/** Keys at the top that mean something. */
export const TOP_KEYS: readonly string[] = [
  'creation_rules',
  'destination_rules',
  'stores',
  'formats',
  'match_output_path',
  'refs',
];

const DESTINATION_KEYS = ['path_regex', ...PLACE_FIELDS.map(({ name }) => name), 'omit_extensions', 'recreation_rule'];

const PLAIN_RULE_KEYS = ['path_regex', 'aws_profile', 'shamir_threshold', ...SELECTION_OPTIONS, 'mac_only_encrypted'];

const adviceFor = (keys: readonly string[], advice: string): [string, string][] => keys.map((key) => [key, advice]);

const MISPLACED_IN_RULE = new Map([
  ...adviceFor(DESTINATION_KEYS, 'write it into a rule of destination_rules'),
  ...adviceFor(TOP_KEYS, 'write it at the top of the file'),
  ['merge', 'write it into a group of key_groups or any_of'],
] as const);

/** A group's keys are each enough already, and no group holds others that keep a threshold of their own. */
const MISPLACED_IN_GROUP = new Map([
  ...adviceFor(PLAIN_RULE_KEYS, 'write it into the rule, beside key_groups'),
  ['key_groups', 'a group holds keys alone: write its groups below "merge", which adds their keys to this one'],
  ['any_of', 'any key of a group is enough as it is: write its groups below "merge", or their keys into this one'],
] as const);

const MISPLACED_IN_DESTINATION = new Map(adviceFor(RULE_KEYS, 'write it into recreation_rule'));

const KEY_FIELDS: ReadonlySet<string> = new Set(KEY_TYPES.flatMap((row) => [row.ruleField, row.groupField]));

/** Fields that say something else than whom to encrypt for: in rules, and at the top. */
export const FIELDS_WITHOUT_KEYS: ReadonlySet<string> = new Set([
  'path_regex',
  'aws_profile',
  'shamir_threshold',
  ...SELECTION_OPTIONS,
  'mac_only_encrypted',
  ...DESTINATION_KEYS.filter((field) => field !== 'recreation_rule' && !KEY_FIELDS.has(field)),
  'stores',
  'formats',
  'match_output_path',
  'refs',
  ...FILE_FIELDS,
]);

/** What is read, and how messages call it. */
export interface ConfigSource {
  /** The first document. */
  readonly document: ConfigDocument;
  /** As named or walked to. */
  readonly path: string;
  /** Absolute path of the folder it is in. */
  readonly folder: string;
  /** Whether files of recipients are left unread: where this text alone is edited. */
  readonly isAlone?: boolean;
}

/**
 * Reads a configuration. Keys at the top that are not known are left alone; those of a rule are kept in its `unknownKeys`
 * for whoever uses the rule. Throws `config` when a field has a wrong type.
 */
export function parseConfig({ document, path, folder, isAlone = false }: ConfigSource): Rules {
  const decoder = new Decoder(document);
  const recipientsFiles: RecipientsFile[] = [];
  const recipientsIn: RecipientsReader = (name, line) => {
    if (isAlone) return [];
    const file = recipientsFiles.find((one) => one.path === name) ?? readRecipientsFile(name, folder, line);
    if (!recipientsFiles.includes(file)) recipientsFiles.push(file);
    return file.texts;
  };
  const rules = { decoder, recipientsIn };
  const top = decoder.fields(document.root, 'config.configFile');
  const creationRules = decoder
    .list(top.get('creation_rules'), 'config.creationRule')
    ?.map((value, at) => parseRule(rules, value, `creation rule ${at + 1} of ${path}`));
  const destinationRules = decoder
    .list(top.get('destination_rules'), 'config.destinationRule')
    ?.map((value, at) => parseDestination(rules, value, `destination rule ${at + 1} of ${path}`));
  const stores = parseStores(decoder, top.get('stores'));
  const formats = parseFormats(decoder, top.get('formats'));
  const matchesOutput = decoder.boolean(top.get('match_output_path'));
  const referenceGrants = parseReferences(decoder, top.get('refs'));
  decoder.finish();
  return {
    path,
    folder,
    creationRules: creationRules ?? null,
    destinationRules: destinationRules ?? [],
    stores,
    formats,
    referenceGrants,
    matchesOutput,
    recipientsFiles,
  };
}

/** What rules are read with. */
type RuleReading = Omit<KeyReading, 'unknownKeys' | 'misplaced'>;

function parseRule(reading: RuleReading, value: Value | undefined, name: string): CreationRule {
  const { decoder } = reading;
  const fields = decoder.fields(value, 'config.creationRule');
  const selection = new Map<SelectionOption, string>();
  for (const option of SELECTION_OPTIONS) {
    const pattern = decoder.string(fields.get(option));
    if (pattern !== '') selection.set(option, pattern);
  }
  const unknownKeys = unknownKeysOf(fields, RULE_KEYS, { aliases: RULE_ALIASES, misplaced: MISPLACED_IN_RULE });
  const keyReading = { ...reading, unknownKeys, misplaced: MISPLACED_IN_GROUP };
  return {
    name,
    pathRegex: decoder.string(fields.get('path_regex')),
    keys: parseRuleKeys(fields, keyReading),
    awsProfile: decoder.string(fields.get('aws_profile')),
    keyGroups: parseRuleGroups(fields, keyReading, name),
    shamirThreshold: decoder.integer(fields.get('shamir_threshold')) ?? 0,
    selection,
    macOnlyEncrypted: decoder.boolean(fields.get('mac_only_encrypted')),
    unknownKeys,
  };
}

/**
 * The groups of a rule: those of `key_groups`, or one of all keys that `any_of` lists. Throws `config` for both, and for a file of recipients
 * beside groups, which take the place of all keys of the rule.
 */
function parseRuleGroups(fields: Fields, reading: KeyReading, name: string): GroupRule[] {
  const groups = parseGroups(fields.get('key_groups'), reading);
  const merge = parseGroups(fields.get('any_of'), reading);
  if (groups.length > 0 && merge.length > 0)
    throw new SopsError('config', `${name}: key_groups and any_of exclude each other`);
  const all = merge.length > 0 ? [{ merge, keys: new Map() }] : groups;
  const file = FILE_FIELDS.find((field) => reading.decoder.string(fields.get(field)) !== '');
  if (all.length === 0 || file === undefined) return all;
  throw new SopsError('config', `${name}: ${file} has no effect beside groups; it belongs into one of them`);
}

/** The map from patterns of names to formats. Throws `config` for what is not a format. */
function parseFormats(decoder: Decoder, value: Value | undefined): NameFormat[] {
  return [...decoder.fields(value, 'map[string]string')].map(([pattern, entry]) => {
    const word = decoder.string(entry);
    const row = FORMATS.find(({ name }) => name === word);
    if (row) return { pattern, format: row.name };
    const names = FORMATS.map(({ name }) => name).join(', ');
    const message = `formats: ${JSON.stringify(word)} of ${JSON.stringify(pattern)} is not a format; the formats are ${names}`;
    throw new SopsError('config', `error loading config: ${message}`);
  });
}

/** `SCHEME`, or `SCHEME://` and what of it. */
export const GRANT = /^([a-z][a-z0-9]*)(?::\/\/(.+))?$/;

/** What references are allowed. Throws `config` for a key that is not known, and for what names no scheme. */
function parseReferences(decoder: Decoder, value: Value | undefined): ReferenceGrant[] {
  const fields = decoder.fields(value, 'config.refs');
  for (const key of fields.keys())
    if (key !== 'allow') throw unknownReferences(`refs: ${JSON.stringify(key)} is not known`);
  return decoder.strings(fields.get('allow')).map((text) => {
    const [, scheme, rest] = GRANT.exec(text) ?? [];
    if (scheme !== undefined) return { scheme, rest };
    throw unknownReferences(`refs: allow: ${JSON.stringify(text)} is neither SCHEME nor SCHEME://PART`);
  });
}

function unknownReferences(message: string): SopsError {
  return new SopsError('config', `error loading config: ${message}`, {
    hint: 'refs has a list allow, of schemes (exec) or parts of what they reach (file:///etc/app).',
  });
}

function parseDestination(reading: RuleReading, value: Value, name: string): DestinationRule {
  const { decoder } = reading;
  const fields = decoder.fields(value, 'config.destinationRule');
  const settings = new Map<string, string>();
  for (const { name: field, kind, words } of PLACE_FIELDS) {
    const found = fields.get(field);
    const text = kind === 'text' ? decoder.string(found) : String(decoder.integer(found) || '');
    if (text === '') continue;
    if (words && !words.includes(text)) {
      const message = `${name}: ${field} is ${words.join(' or ')}, not ${JSON.stringify(text)}`;
      throw new SopsError('config', `error loading config: ${message}`);
    }
    settings.set(field, text);
  }
  return {
    name,
    pathRegex: decoder.string(fields.get('path_regex')),
    settings,
    omitExtensions: decoder.boolean(fields.get('omit_extensions')),
    recreationRule: parseRule(reading, fields.get('recreation_rule'), `recreation rule of ${name}`),
    unknownKeys: unknownKeysOf(fields, DESTINATION_KEYS, { misplaced: MISPLACED_IN_DESTINATION }),
  };
}

function parseStores(decoder: Decoder, value: Value | undefined): StoreIndents {
  const stores = decoder.fields(value, 'config.StoresConfig');
  const indentOf = (store: string, type: string): number | undefined =>
    decoder.integer(decoder.fields(stores.get(store), type).get('indent'));
  return {
    // 0 stands for the default of 4.
    yaml: indentOf('yaml', 'config.YAMLStoreConfig') || undefined,
    json: indentOf('json', 'config.JSONStoreConfig'),
    jsonBinary: indentOf('json_binary', 'config.JSONBinaryStoreConfig'),
  };
}
