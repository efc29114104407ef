/** A type of keys of the caller's as operations know types: its entries hold one text, by which the caller's provider finds the key. */
import { withKeyTypes } from '../keys/plugged.js';
import type { KeyProvider as InnerProvider, MasterKey } from '../keys/provider.js';
import { KEY_TYPES, type KeyTypeRow } from '../keys/registry.js';
import { isOf } from '../util/realms.js';
import { usage } from './options.js';
import type { KeyProvider, Options } from './types.js';

/** The field of an entry that names the key. */
const FIELD = 'recipient';
/** Names of fields that the metadata has for something else. */
const TAKEN =
  /^(?:key_groups|lastmodified|mac|mac_only_encrypted|shamir_threshold|version|sops_ts_.*|.*_(?:suffix|regex))$/;

/** Does the work of a call with the types of keys that its options give. Throws `usage`. */
export function inKeyTypes<T>({ providers = [] }: Options, work: () => T): T {
  const types = providers.map(({ type }) => type);
  const twice = types.find((type, at) => types.indexOf(type) !== at);
  if (twice !== undefined) throw usage(`option providers: two are for keys of type ${JSON.stringify(twice)}`);
  return withKeyTypes(providers.filter(({ type }) => !isOurs(type)).map(rowOf), work);
}

function isOurs(type: string): boolean {
  return KEY_TYPES.some((row) => row.type === type);
}

function rowOf({ type, recipient }: KeyProvider): KeyTypeRow {
  const known = KEY_TYPES.map((row) => row.type).join(', ');
  const said = `option providers: there are no keys of type ${JSON.stringify(type)}`;
  if (!isOf(RegExp, recipient))
    throw usage(said, `The types are ${known}. One of yours says what its keys look like: recipient: /^${type}:/.`);
  if (typeof type !== 'string' || !/^[a-z][a-z0-9_]*$/.test(type) || TAKEN.test(type))
    throw usage(
      `option providers: ${JSON.stringify(type)} cannot be the name of a type`,
      'It consists of small letters, digits and _.',
    );
  const provider = namesOf(type, recipient);
  return {
    ...{ type, title: type, recipient, named: 'name', flag: '', variable: '', ruleField: '', groupField: type },
    ...{ ruleText: false, dated: true, alwaysInGroup: false, rulePlace: 0, flagPlace: 0, remote: true, wireField: 0 },
    fields: [{ name: FIELD, shape: 'text', wireField: 0 }],
    logged: { component: type.toUpperCase(), fields: ({ fields }) => ({ [FIELD]: String(fields.get(FIELD)) }) },
    load: async () => provider,
  };
}

/** What keys are called. Wrapping and opening is the caller's (plugins.ts). */
function namesOf(type: string, recipient: RegExp): InnerProvider {
  const absent = async (): Promise<never> => {
    throw usage(`option providers: none is given for keys of type ${type}`);
  };
  return {
    type,
    parse: async (text) => text.split(',').map((name) => keyOf(type, name.trim(), recipient)),
    keyString: ({ fields }) => String(fields.get(FIELD)),
    wrap: absent,
    unwrap: absent,
  };
}

/** Throws `usage` for what is behind a comma and looks like no key of the type: the comma was meant to be part of a name. */
function keyOf(type: string, name: string, recipient: RegExp): MasterKey {
  if (name.search(recipient) >= 0) return { type, fields: new Map([[FIELD, name]]), enc: '' };
  throw usage(
    `${JSON.stringify(name)} is not a key of type ${type}`,
    'Names of keys are separated by commas, and have none.',
  );
}
