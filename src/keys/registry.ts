/** The types of master keys: one row each. Flags, variables, config fields and wire fields come from the row. */
import type { KeyProvider } from './provider.js';

/** How one field of a metadata entry is written. */
export interface EntryField {
  readonly name: string;
  /** `text` always written; `text?` only when not empty; `map?` a map of texts, only when not empty. */
  readonly shape: 'text' | 'text?' | 'map?';
}

/** How one field of an entry in `key_groups` is called there, and in encrypted files. */
export interface GroupField {
  readonly name: string;
  readonly field: string;
}

export interface KeyTypeRow {
  /** Type identifier: name of the list in file metadata, and in the decryption order. */
  readonly type: string;
  /** How users call it, in messages and the README. */
  readonly title: string;
  /** Flag of encrypt and edit, without dashes, and its short form. */
  readonly flag: string;
  readonly shortFlag?: string;
  readonly variable: string;
  /** Field of a creation rule, and of a group in `key_groups`. */
  readonly ruleField: string;
  readonly groupField: string;
  /**
   * Fields of an entry in a group's list: the name there and the name in encrypted files. Absent: the list holds texts.
   */
  readonly groupFields?: readonly GroupField[];
  /** Whether one text of a group's list may name several keys, separated by commas (age only). */
  readonly groupCommas?: boolean;
  /** Whether the rule's field may be a plain string (hckms: list only). */
  readonly ruleText: boolean;
  /** Fields of the metadata entry, in the order written (alphabetical), without `enc` and `created_at`. */
  readonly fields: readonly EntryField[];
  /** Whether entries carry `created_at`. */
  readonly dated: boolean;
  /** Whether a group lists it even when empty (spec file-format.md section 5.1). */
  readonly alwaysInGroup: boolean;
  load?(): Promise<KeyProvider>;
}

const text = (name: string): EntryField => ({ name, shape: 'text' });
const same = (name: string): GroupField => ({ name, field: name });

/** In the order in which SOPS regroups the types when it reads a file (spec file-format.md section 5.1). */
export const KEY_TYPES: readonly KeyTypeRow[] = [
  {
    type: 'kms',
    title: 'AWS KMS',
    flag: 'kms',
    shortFlag: 'k',
    variable: 'SOPS_KMS_ARN',
    ruleField: 'kms',
    groupField: 'kms',
    groupFields: [same('arn'), same('role'), same('context'), same('aws_profile')],
    ruleText: true,
    fields: [text('arn'), text('aws_profile'), { name: 'context', shape: 'map?' }, { name: 'role', shape: 'text?' }],
    dated: true,
    alwaysInGroup: false,
  },
  {
    type: 'gcp_kms',
    title: 'GCP KMS',
    flag: 'gcp-kms',
    variable: 'SOPS_GCP_KMS_IDS',
    ruleField: 'gcp_kms',
    groupField: 'gcp_kms',
    groupFields: [same('resource_id')],
    ruleText: true,
    fields: [text('resource_id')],
    dated: true,
    alwaysInGroup: false,
  },
  {
    type: 'hckms',
    title: 'Huawei Cloud KMS',
    flag: 'hckms',
    variable: 'SOPS_HUAWEICLOUD_KMS_IDS',
    ruleField: 'hckms',
    groupField: 'hckms',
    groupFields: [same('key_id')],
    ruleText: false,
    fields: [text('key_id')],
    dated: true,
    alwaysInGroup: false,
  },
  {
    type: 'azure_kv',
    title: 'Azure Key Vault',
    flag: 'azure-kv',
    variable: 'SOPS_AZURE_KEYVAULT_URLS',
    ruleField: 'azure_keyvault',
    groupField: 'azure_keyvault',
    groupFields: [{ name: 'vaultUrl', field: 'vault_url' }, { name: 'key', field: 'name' }, same('version')],
    ruleText: true,
    fields: [text('name'), text('vault_url'), text('version')],
    dated: true,
    alwaysInGroup: false,
  },
  {
    type: 'hc_vault',
    title: 'HashiCorp Vault / OpenBao transit',
    flag: 'hc-vault-transit',
    variable: 'SOPS_VAULT_URIS',
    ruleField: 'hc_vault_transit_uri',
    groupField: 'hc_vault',
    ruleText: true,
    fields: [text('engine_path'), text('key_name'), text('vault_address')],
    dated: true,
    alwaysInGroup: true,
  },
  {
    type: 'pgp',
    title: 'PGP',
    flag: 'pgp',
    shortFlag: 'p',
    variable: 'SOPS_PGP_FP',
    ruleField: 'pgp',
    groupField: 'pgp',
    ruleText: true,
    fields: [text('fp')],
    dated: true,
    alwaysInGroup: false,
    load: async () => (await import('./pgp/pgp.js')).pgpProvider,
  },
  {
    type: 'age',
    title: 'age',
    flag: 'age',
    shortFlag: 'a',
    variable: 'SOPS_AGE_RECIPIENTS',
    ruleField: 'age',
    groupField: 'age',
    groupCommas: true,
    ruleText: true,
    fields: [text('recipient')],
    dated: false,
    alwaysInGroup: true,
    load: async () => (await import('./age/age.js')).ageProvider,
  },
];

/** The row of a type, or undefined for a type that is not known. */
export function keyTypeRow(type: string): KeyTypeRow | undefined {
  return KEY_TYPES.find((row) => row.type === type);
}
