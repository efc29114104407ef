/** The types of master keys: one row each. Flags, variables, config fields and wire fields come from the row. */
import type { KeyProvider, MasterKey } from './provider.js';

/** How one field of a metadata entry is written. */
export interface EntryField {
  readonly name: string;
  /** `text` always written; `text?` only when not empty; `map?` a map of texts, only when not empty. */
  readonly shape: 'text' | 'text?' | 'map?';
  /** Its number in the type's message of the key service protocol. */
  readonly wireField: number;
}

/** How one field of an entry in `key_groups` is called there, and in encrypted files. */
export interface GroupField {
  readonly name: string;
  readonly field: string;
}

export type KeyUse = 'encrypt' | 'decrypt';

/** SOPS's words in its log for the use of a key (docs/command-line.md#the-log). */
export interface KeyLog {
  readonly component: string;
  /** What it says of a use that went well; absent for `succeeded`. */
  readonly success?: string;
  /** Which key it was, in alphabetical order of the names. */
  fields(key: MasterKey, use: KeyUse): Readonly<Record<string, string>>;
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
  /** The field of a rule or group that names a file of recipients, and how a line of it looks. */
  readonly recipientsFile?: { readonly field: string; readonly line: RegExp };
  /** Fields of the metadata entry, in the order written (alphabetical), without `enc` and `created_at`. */
  readonly fields: readonly EntryField[];
  /** Whether entries carry `created_at`. */
  readonly dated: boolean;
  /** Whether a group lists it even when empty (docs/format.md#metadata-fields). */
  readonly alwaysInGroup: boolean;
  /** Its place among the keys of a rule's group, and among those given by flags: it shows in the order of calls to key services. */
  readonly rulePlace: number;
  readonly flagPlace: number;
  /** What a text that names one key of this type looks like, told apart from those of the other types. */
  readonly recipient: RegExp;
  /** Whether using a key means asking a service over the network: then several are asked side by side. */
  readonly remote: boolean;
  /** The number of its message in the `key_type` of the key service protocol (docs/keyservice.md#protocol). */
  readonly wireField: number;
  /** How the log tells of the key's use. */
  readonly logged: KeyLog;
  /** The npm packages that it loads when it is used; absent for none. */
  readonly packages?: readonly string[];
  /** What the key string is, where the user is asked about a key, e.g. `ARN`. */
  readonly named: string;
  load?(): Promise<KeyProvider>;
}

const text = (name: string, wireField: number): EntryField => ({ name, shape: 'text', wireField });
const fieldOf = ({ fields }: MasterKey, name: string): string => {
  const value = fields.get(name);
  return typeof value === 'string' ? value : '';
};
const same = (name: string): GroupField => ({ name, field: name });

/** In the order in which SOPS regroups the types when it reads a file (docs/format.md#metadata-fields). */
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
    fields: [
      text('arn', 1),
      text('aws_profile', 4),
      { name: 'context', shape: 'map?', wireField: 3 },
      { name: 'role', shape: 'text?', wireField: 2 },
    ],
    dated: true,
    alwaysInGroup: false,
    rulePlace: 3,
    flagPlace: 1,
    recipient: /^arn:/,
    remote: true,
    wireField: 1,
    logged: { component: 'AWSKMS', fields: (key) => ({ arn: fieldOf(key, 'arn') }) },
    named: 'ARN',
    packages: ['@aws-sdk/client-kms', '@aws-sdk/client-sts', '@aws-sdk/core', '@smithy/core'],
    load: async () => (await import('./aws-kms/aws-kms.js')).awsKmsProvider,
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
    fields: [text('resource_id', 1)],
    dated: true,
    alwaysInGroup: false,
    rulePlace: 4,
    flagPlace: 2,
    recipient: /^projects\//,
    remote: true,
    wireField: 3,
    logged: { component: 'GCPKMS', fields: (key) => ({ resourceID: fieldOf(key, 'resource_id') }) },
    named: 'resource ID',
    packages: ['@google-cloud/kms', 'google-gax', 'google-auth-library', '@grpc/grpc-js'],
    load: async () => (await import('./gcp-kms/gcp-kms.js')).gcpKmsProvider,
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
    fields: [text('key_id', 1)],
    dated: true,
    alwaysInGroup: false,
    rulePlace: 5,
    flagPlace: 3,
    recipient: /^[a-z0-9-]+:[0-9a-f-]{32,36}$/,
    remote: true,
    wireField: 7,
    logged: { component: 'HCKMS', fields: (key) => ({ keyID: fieldOf(key, 'key_id') }) },
    named: 'ID',
    load: async () => (await import('./hc-kms/hc-kms.js')).huaweiProvider,
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
    fields: [text('name', 2), text('vault_url', 1), text('version', 3)],
    dated: true,
    alwaysInGroup: false,
    rulePlace: 6,
    flagPlace: 4,
    recipient: /^https:\/\/[^/]+\/keys\/[^/]+(?:\/[^/]*)?$/,
    remote: true,
    wireField: 4,
    logged: {
      component: 'AZKV',
      fields: (key) => ({ key: fieldOf(key, 'name'), version: fieldOf(key, 'version') }),
    },
    named: 'URL',
    packages: ['@azure/identity'],
    load: async () => (await import('./azure-kv/azure-kv.js')).azureKeyProvider,
  },
  {
    type: 'hc_vault',
    title: 'HashiCorp Vault / OpenBao transit',
    flag: 'hc-vault-transit',
    variable: 'SOPS_VAULT_URIS',
    ruleField: 'hc_vault_transit_uri',
    groupField: 'hc_vault',
    ruleText: true,
    fields: [text('engine_path', 2), text('key_name', 3), text('vault_address', 1)],
    dated: true,
    alwaysInGroup: true,
    rulePlace: 7,
    flagPlace: 6,
    recipient: /^https?:\/\/[^/]+\/v\d+\/.+\/keys\/[^/]+$/,
    remote: true,
    wireField: 5,
    logged: {
      component: 'VAULT_TRANSIT',
      success: 'successful',
      fields: (key, use) => ({ Path: `${fieldOf(key, 'engine_path')}/${use}/${fieldOf(key, 'key_name')}` }),
    },
    named: 'URI',
    load: async () => (await import('./hc-vault/hc-vault.js')).vaultKeyProvider,
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
    fields: [text('fp', 1)],
    dated: true,
    alwaysInGroup: false,
    rulePlace: 2,
    flagPlace: 5,
    recipient: /^(?:0x)?[0-9A-Fa-f][0-9A-Fa-f ]{15,80}!?$/,
    remote: false,
    wireField: 2,
    logged: { component: 'PGP', fields: (key) => ({ fingerprint: fieldOf(key, 'fp') }) },
    named: 'fingerprint',
    packages: ['openpgp'],
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
    recipientsFile: {
      field: 'age_recipients_file',
      line: /^(?:age1[0-9a-z]+|ssh-(?:ed25519|rsa) [A-Za-z0-9+/]+={0,2}(?:\s.*)?)$/,
    },
    fields: [text('recipient', 1)],
    dated: false,
    alwaysInGroup: true,
    rulePlace: 1,
    flagPlace: 7,
    recipient: /^(?:age1|ssh-|AGE-)/i,
    remote: false,
    wireField: 6,
    logged: {
      component: 'AGE',
      // SOPS does not say which one was opened.
      fields: (key, use) => (use === 'encrypt' ? { recipient: fieldOf(key, 'recipient') } : {}),
    },
    named: 'recipient',
    packages: ['age-encryption', '@noble/ciphers'],
    load: async () => (await import('./age/age.js')).ageProvider,
  },
];

let also = (): readonly KeyTypeRow[] => [];

/** Looks up further types, after those that there are, where somebody plugs some in (plugged.ts). */
export function lookUpTypesAlso(rows: () => readonly KeyTypeRow[]): void {
  also = rows;
}

/** The types that files may have keys of. */
export function keyTypes(): readonly KeyTypeRow[] {
  return [...KEY_TYPES, ...also()];
}

/** The row of a type, or undefined for a type that is not known. */
export function keyTypeRow(type: string): KeyTypeRow | undefined {
  const isMeant = (row: KeyTypeRow): boolean => row.type === type;
  return KEY_TYPES.find(isMeant) ?? also().find(isMeant);
}
