/** From the tree of a `.sops.yaml` to its typed form (docs/configuration.md#how-it-is-read). */
import { KEY_TYPES } from '../keys/registry.js';
import { SELECTION_OPTIONS, type SelectionOption } from '../metadata/metadata.js';
import { REMOTES } from '../remotes/registry.js';
import type { RemoteField } from '../remotes/remote.js';
import type { Value } from '../tree/tree.js';
import { Decoder } from './decode.js';
import type { ConfigDocument } from './document.js';
import { parseGroups, parseRuleKeys } from './key-fields.js';
import { unknownKeysOf } from './misspelt.js';
import type { CreationRule, DestinationRule, Rules, StoreIndents } from './model.js';

const RULE_KEYS = [
  'path_regex',
  ...KEY_TYPES.map((row) => row.ruleField),
  'aws_profile',
  'key_groups',
  'shamir_threshold',
  ...SELECTION_OPTIONS,
  'mac_only_encrypted',
];

/** Other spellings of the rule's key fields: the names that flags, groups and encrypted files have for them. */
const RULE_ALIASES = new Map(
  KEY_TYPES.flatMap((row) => [row.type, row.flag, row.groupField].map((name) => [name, row.ruleField] as const)),
);

/** The fields of all places that files can be published to. */
const PLACE_FIELDS: readonly RemoteField[] = REMOTES.flatMap(({ field, options }) => [
  { name: field, kind: 'text' },
  ...options,
]);

const DESTINATION_KEYS = ['path_regex', ...PLACE_FIELDS.map(({ name }) => name), 'omit_extensions', 'recreation_rule'];

/** Fields that say something else than whom to encrypt for: in rules, and at the top. */
export const FIELDS_WITHOUT_KEYS: ReadonlySet<string> = new Set([
  'path_regex',
  'aws_profile',
  'shamir_threshold',
  ...SELECTION_OPTIONS,
  'mac_only_encrypted',
  ...DESTINATION_KEYS.filter((field) => field !== 'recreation_rule'),
  'stores',
]);

/** What is read, and how messages call it. */
export interface ConfigSource {
  /** The first document. */
  readonly document: ConfigDocument;
  /** As named or walked to. */
  readonly path: string;
  /** Absolute path of the folder it is in. */
  readonly folder: string;
}

/**
 * Reads a configuration. Keys at the top that are not known are left alone; those of a rule are kept in its `unknownKeys`
 * for whoever uses the rule. Throws `config` when a field has a wrong type.
 */
export function parseConfig({ document, path, folder }: ConfigSource): Rules {
  const decoder = new Decoder(document);
  const top = decoder.fields(document.root, 'config.configFile');
  const creationRules = decoder
    .list(top.get('creation_rules'), 'config.creationRule')
    ?.map((value, at) => parseRule(decoder, value, `creation rule ${at + 1} of ${path}`));
  const destinationRules = decoder
    .list(top.get('destination_rules'), 'config.destinationRule')
    ?.map((value, at) => parseDestination(decoder, value, `destination rule ${at + 1} of ${path}`));
  const stores = parseStores(decoder, top.get('stores'));
  decoder.finish();
  return { path, folder, creationRules: creationRules ?? null, destinationRules: destinationRules ?? [], stores };
}

function parseRule(decoder: Decoder, value: Value | undefined, name: string): CreationRule {
  const fields = decoder.fields(value, 'config.creationRule');
  const selection = new Map<SelectionOption, string>();
  for (const option of SELECTION_OPTIONS) {
    const pattern = decoder.string(fields.get(option));
    if (pattern !== '') selection.set(option, pattern);
  }
  const unknownKeys = unknownKeysOf(fields, RULE_KEYS, RULE_ALIASES);
  return {
    name,
    pathRegex: decoder.string(fields.get('path_regex')),
    keys: parseRuleKeys(decoder, fields),
    awsProfile: decoder.string(fields.get('aws_profile')),
    keyGroups: parseGroups(decoder, fields.get('key_groups'), unknownKeys),
    shamirThreshold: decoder.integer(fields.get('shamir_threshold')) ?? 0,
    selection,
    macOnlyEncrypted: decoder.boolean(fields.get('mac_only_encrypted')),
    unknownKeys,
  };
}

function parseDestination(decoder: Decoder, value: Value, name: string): DestinationRule {
  const fields = decoder.fields(value, 'config.destinationRule');
  const settings = new Map<string, string>();
  for (const { name: field, kind } of PLACE_FIELDS) {
    const found = fields.get(field);
    const text = kind === 'text' ? decoder.string(found) : String(decoder.integer(found) || '');
    if (text !== '') settings.set(field, text);
  }
  return {
    name,
    pathRegex: decoder.string(fields.get('path_regex')),
    settings,
    omitExtensions: decoder.boolean(fields.get('omit_extensions')),
    recreationRule: parseRule(decoder, fields.get('recreation_rule'), `recreation rule of ${name}`),
    unknownKeys: unknownKeysOf(fields, DESTINATION_KEYS),
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
