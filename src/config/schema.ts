/** The JSON Schema of `.sops.yaml`, for editors: derived from what the parser goes by. */
import { FORMATS } from '../formats/registry.js';
import { KEY_TYPES, type KeyTypeRow } from '../keys/registry.js';
import { SELECTION_OPTIONS } from '../metadata/metadata.js';
import { GRANT, PLACE_FIELDS } from './parse.js';

type Schema = Readonly<Record<string, unknown>>;

/** A scalar that is not text counts as what is written, and null as nothing. */
const TEXT = { type: ['string', 'number', 'boolean', 'null'] };
const TEXTS = { type: ['array', 'null'], items: TEXT };
const WHOLE = { type: ['integer', 'null'] };
/** Words that go-yaml takes for booleans, and readers of YAML 1.2 for texts. */
const WORDS = ['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON', 'n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF'];
const FLAG = { anyOf: [{ type: ['boolean', 'null'] }, { enum: WORDS }] };

const described = (schema: Schema, description: string): Schema => ({ description, ...schema });
/** Without other keys: SOPS would ignore them without a word. */
const closed = (properties: Schema): Schema => ({ type: ['object', 'null'], properties, additionalProperties: false });
const listOf = (items: Schema): Schema => ({ type: ['array', 'null'], items });
const refTo = (name: string): Schema => ({ $ref: `#/definitions/${name}` });

/** The schema, draft 7, which editors know best. Keys at the top that are not known are left to the user, who keeps anchors there. */
export function configSchema(): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: '.sops.yaml',
    description: 'Who can read the encrypted files of a folder and those below it, and what is encrypted in them.',
    type: ['object', 'null'],
    properties: {
      creation_rules: described(
        listOf(refTo('rule')),
        'The first rule whose path_regex is found in the path of a file is used.',
      ),
      destination_rules: described(listOf(refTo('destination')), 'Where publish sends files: the first that matches.'),
      stores: described(STORES, 'The indentation of what is written anew.'),
      formats: described(
        { type: ['object', 'null'], additionalProperties: { enum: FORMATS.map(({ name }) => name) } },
        'From patterns of names (* and ?) to formats. SOPS passes over it.',
      ),
      refs: described(
        closed({
          allow: described(
            { type: ['array', 'null'], items: { type: 'string', pattern: GRANT.source } },
            'SCHEME, or SCHEME://PART.',
          ),
        }),
        'What references in files may do beyond what they always may, once the configuration is trusted. SOPS passes over it.',
      ),
      match_output_path: described(
        FLAG,
        'Compare rules with the path of --output, where it is given. SOPS passes over it.',
      ),
    },
    definitions: { rule: RULE, group: GROUP, destination: DESTINATION },
  };
}

const indented = closed({ indent: described(WHOLE, 'Blanks a level; JSON: -1 stands for tabs.') });
const STORES = closed({
  yaml: indented,
  json: indented,
  json_binary: indented,
  dotenv: { type: ['object', 'null'] },
  ini: { type: ['object', 'null'] },
});

const filesOfRecipients = Object.fromEntries(
  KEY_TYPES.flatMap(({ title, recipientsFile }) =>
    recipientsFile
      ? [
          [
            recipientsFile.field,
            described(TEXT, `A file of recipients of ${title}, relative to this one. SOPS passes over it.`),
          ],
        ]
      : [],
  ),
);

const SELECTION_TEXTS: Readonly<Record<(typeof SELECTION_OPTIONS)[number], string>> = {
  encrypted_comment_regex: 'Encrypt what stands below a comment that matches.',
  encrypted_regex: 'Encrypt values below keys that match, and nothing else.',
  encrypted_suffix: 'Encrypt values below keys that end so, and nothing else.',
  unencrypted_comment_regex: 'Leave what stands below a comment that matches.',
  unencrypted_regex: 'Leave values below keys that match.',
  unencrypted_suffix: 'Leave values below keys that end so (default: _unencrypted).',
};

const RULE_PROPERTIES: Schema = {
  path_regex: described(
    TEXT,
    'An RE2 expression, found anywhere in the path as seen from this folder; absent for all files.',
  ),
  ...Object.fromEntries(
    KEY_TYPES.map((row) => [
      row.ruleField,
      described(
        row.ruleText ? { type: ['string', 'array', 'null'], items: { type: 'string' } } : TEXTS,
        `Keys of ${row.title}.`,
      ),
    ]),
  ),
  aws_profile: described(TEXT, 'The profile for the keys of kms.'),
  ...filesOfRecipients,
  key_groups: described(
    listOf(refTo('group')),
    'Groups, of which several are needed; they take the place of the keys above.',
  ),
  any_of: described(
    listOf(refTo('group')),
    'Groups of which any single key is enough: one group in the file. SOPS passes over it.',
  ),
  shamir_threshold: described(WHOLE, 'How many groups are needed to decrypt; without it, all of them.'),
  ...Object.fromEntries(SELECTION_OPTIONS.map((option) => [option, described(TEXT, SELECTION_TEXTS[option])])),
  mac_only_encrypted: described(FLAG, 'Let the MAC cover encrypted values only.'),
};

/** At most one of the selection options: no two of them together. */
const RULE: Schema = {
  ...closed(RULE_PROPERTIES),
  not: { anyOf: pairs(SELECTION_OPTIONS).map((pair) => ({ type: 'object', required: pair })) },
};

function pairs(options: readonly string[]): string[][] {
  return options.flatMap((one, at) => options.slice(at + 1).map((other) => [one, other]));
}

const GROUP: Schema = closed({
  merge: described(listOf(refTo('group')), 'Groups whose keys come first.'),
  ...Object.fromEntries(KEY_TYPES.map((row) => [row.groupField, groupKeys(row)])),
  ...filesOfRecipients,
  // Refused as what is not known is, but with a word on what to write, which editors show.
  any_of: described({ not: {} }, 'Not in a group, of which any key is enough as it is: put its groups below merge.'),
});

function groupKeys({ groupFields, title, fields }: KeyTypeRow): Schema {
  if (!groupFields) return described(TEXTS, `Keys of ${title}.`);
  const properties = groupFields.map(({ name, field }) => {
    const isMap = fields.some((of) => of.name === field && of.shape === 'map?');
    const texts = { type: ['object', 'null'], additionalProperties: { type: ['string', 'number', 'boolean'] } };
    return [name, isMap ? texts : TEXT] as const;
  });
  return described(listOf(closed(Object.fromEntries(properties))), `Keys of ${title}.`);
}

const DESTINATION: Schema = closed({
  path_regex: described(TEXT, 'An RE2 expression, found anywhere in the path as it was typed.'),
  ...Object.fromEntries(
    PLACE_FIELDS.map(({ name, kind, words }) => [
      name,
      words ? { enum: [...words, null] } : kind === 'text' ? TEXT : WHOLE,
    ]),
  ),
  omit_extensions: described(FLAG, 'Leave out the last extension of the name.'),
  recreation_rule: described(closed(RULE_PROPERTIES), 'For whom the file is encrypted there.'),
});
