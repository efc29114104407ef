/** The words of the library's interface. They stand by themselves: what is inside is not named in them, but for unions of names (.ci/types.mjs). */
import type { ErrorCode, SchemaIssue, SopsError } from '../errors.js';

import type { FormatName } from '../formats/registry.js';

export type { ErrorCode, FormatName, SchemaIssue, SopsError };

/** A format that sops-ts has, or the name of one of yours (`formats`). */
export type AnyFormat = FormatName | (string & {});

/** Plain data: maps, lists, texts, numbers, booleans, null; with the options `bigint` and `Date`. Of a binary file `Uint8Array`. */
// biome-ignore lint/suspicious/noExplicitAny: what a file holds is not known before it is read; `schema` and `T` say more.
export type Data = any;

/** A value of a file, as `get` gives and `set` takes it. */
// biome-ignore lint/suspicious/noExplicitAny: as for Data.
export type Value = any;

/** Where something stands: `db.hosts[0].name`, or the keys and indexes one by one. */
export type Path = string | readonly string[];

/** A recipient, as flags and `.sops.yaml` have it: `age1…`, an SSH key, a fingerprint, an ARN, a resource ID, a URL. */
export type Recipient = string;

/** The type of a value that is encrypted or in clear; `map` and `list` for one without entries. */
export type LeafType = 'str' | 'int' | 'float' | 'bool' | 'time' | 'bytes' | 'null' | 'map' | 'list' | 'malformed';

/** Something that does not stop a call, without plaintext. */
export interface Warning {
  readonly message: string;
  /** Begins with `SOPS_TS_`. */
  readonly code: string;
}

/** What is noted in an audit log. */
export type AuditAction = 'decrypt' | 'encrypt' | 'rotate' | 'resolve' | 'lease' | 'revoke-lease';

export interface AuditLog {
  /** Called before a value is opened or sealed; `subject` is the absolute path of the file. A rejection ends the call, and nothing is written. */
  record(action: AuditAction, subject: string): Promise<void>;
}

/** A key as encrypted files have it: its type there (`age`, `kms`, `gcp_kms` …) and its fields. */
export interface Key {
  readonly type: string;
  readonly fields: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

/** What wraps and opens parts of data keys in place of this machine. */
export interface KeyService {
  /** Wraps a part of a data key and returns the text for the file. */
  encrypt(key: Key, part: Uint8Array, o: { signal?: AbortSignal }): Promise<string>;
  /** Opens what `encrypt` returned. Rejects when it cannot; then the next service is asked. */
  decrypt(key: Key, wrapped: string, o: { signal?: AbortSignal }): Promise<Uint8Array>;
}

/** What uses the keys of one type: in place of sops-ts's own provider, e.g. with an SDK of yours, or of a type of your own. */
export interface KeyProvider {
  /** The type in encrypted files, e.g. `kms`. One of your own consists of small letters, digits and `_`; SOPS does not know it. */
  readonly type: string;
  /** For a type of your own: what its keys look like among `recipients`, e.g. `/^hsm:/`. The text is `key.fields.recipient`, and has no comma. */
  readonly recipient?: RegExp;
  /** As {@link KeyService.encrypt}. */
  wrap(part: Uint8Array, key: Key, o: { signal?: AbortSignal }): Promise<string>;
  /** As {@link KeyService.decrypt}. */
  unwrap(wrapped: string, key: Key, o: { signal?: AbortSignal }): Promise<Uint8Array>;
}

/** A format of yours: texts that are read into plain data and printed from it. */
export interface Format {
  /** As `format` and `as` name it. */
  readonly name: string;
  /** Endings of file names, with the point. */
  readonly extensions: readonly string[];
  parse(text: string): Data;
  print(data: Data): string;
}

/** A `.sops.yaml` that the program has made with `defineConfig`. */
export interface Config {
  /** The text. */
  readonly text: string;
}

/** What `.sops.yaml` says, as an object. */
export interface ConfigInput {
  creation_rules?: readonly CreationRuleInput[];
  destination_rules?: readonly object[];
  stores?: object;
  [setting: string]: unknown;
}

export interface CreationRuleInput {
  /** Found in the path of a file, RE2 syntax; without it the rule is for every file. */
  path_regex?: string;
  age?: string | readonly string[];
  pgp?: string | readonly string[];
  kms?: string | readonly string[];
  gcp_kms?: string | readonly string[];
  azure_keyvault?: string | readonly string[];
  hc_vault_transit_uri?: string | readonly string[];
  hckms?: readonly string[];
  key_groups?: readonly object[];
  shamir_threshold?: number;
  encrypted_regex?: string;
  unencrypted_regex?: string;
  encrypted_suffix?: string;
  unencrypted_suffix?: string;
  encrypted_comment_regex?: string;
  unencrypted_comment_regex?: string;
  mac_only_encrypted?: boolean;
  [setting: string]: unknown;
}

/** The rule of a configuration that is for a file. */
export interface RulePlace {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

export interface ConfigMatch {
  /** The absolute path of the configuration. */
  readonly file: string;
  /** The first rule whose `path_regex` is found in the path; absent when none is. */
  readonly rule?: RulePlace & { readonly pathRegex: string };
}

/** Which values of a file are encrypted. */
export interface Scope {
  readonly option:
    | 'encrypted_comment_regex'
    | 'encrypted_regex'
    | 'encrypted_suffix'
    | 'unencrypted_comment_regex'
    | 'unencrypted_regex'
    | 'unencrypted_suffix';
  /** The suffix or expression. */
  readonly text: string;
  /** Whether the file names none, so that SOPS's default holds. */
  readonly isDefault: boolean;
}

/** The part of the interface of Standard Schema (https://standardschema.dev) that is used: zod, valibot, arktype and others have it. */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardSchemaV1.Result<Output> | Promise<StandardSchemaV1.Result<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export declare namespace StandardSchemaV1 {
  type Result<Output> =
    | { readonly value: Output; readonly issues?: undefined }
    | {
        readonly issues: readonly {
          readonly message: string;
          readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
        }[];
      };
  type InferOutput<Schema extends StandardSchemaV1> = NonNullable<Schema['~standard']['types']>['output'];
}

/** What every function takes, as its last argument. Nothing is read from `process` beyond the defaults named here. */
export interface Options {
  /** Default `process.env`, read once at the call. Never written. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Default `process.cwd()`. */
  cwd?: string;
  /** Key material beside what `env` and the usual files give; `only: true` looks nowhere else. */
  identities?: {
    /** Texts as identity files hold them (`AGE-SECRET-KEY-1…`), or private keys of SSH. */
    age?: string | readonly string[];
    /** Paths of such files. */
    ageFiles?: readonly string[];
    /** Armored secret keys of OpenPGP. */
    pgp?: readonly string[];
    only?: boolean;
  };
  /**
   * Addresses as `--keyservice`, or objects, in the order in which they are asked; `'local'` is this machine, which is asked alone by
   * default.
   */
  keyServices?: readonly (string | KeyService)[];
  /** A path, what `defineConfig` made, or `false` for none; by default found as the command line does. */
  config?: string | Config | false;
  /** Ends waiting, network and child processes; the call rejects with `aborted`, and nothing is written any more. */
  signal?: AbortSignal;
  /** Default: `process.emitWarning`. A call waits for what it promises, and rejects when it throws or rejects. */
  onWarning?: (warning: Warning) => void | Promise<void>;
  /** Without it anything that would ask fails with `key`: a library never opens a terminal. */
  askSecret?: (question: string, o: { signal?: AbortSignal }) => Promise<string>;
  audit?: AuditLog;
  providers?: readonly KeyProvider[];
  formats?: readonly Format[];
}

export interface ReadOptions extends Options {
  /** By default told from the content and the name, as the command line does. */
  format?: AnyFormat;
  /** Goes on although the MAC does not fit. */
  ignoreMac?: boolean;
  /** Types of keys, those that are tried first. */
  decryptionOrder?: readonly string[];
}

export interface ValueOptions {
  /** `safe` (default): numbers, and the error `number-inexact` beyond ±(2^53 − 1); `bigint`: every integer; `mixed`: bigint only where needed. */
  integers?: 'safe' | 'bigint' | 'mixed';
  /** Default `text` (RFC 3339 as in the file); `date` loses nanoseconds and offset. */
  dates?: 'text' | 'date';
  /** Several YAML documents: by default the error `several-documents`; `list` gives an array. */
  documents?: 'one' | 'list';
}

export interface SchemaOptions<Schema extends StandardSchemaV1> {
  /** What the values must fit; what it makes of them is returned. */
  schema: Schema;
  /** Puts the validator's own messages into the error's `issues`. They may quote the secret. */
  showSchemaMessages?: boolean;
}

export interface EncryptOptions extends Options {
  /** In place of those that the configuration and variables such as `SOPS_AGE_RECIPIENTS` name. */
  recipients?: readonly Recipient[];
  /** Goes on although the rule selects no value, so that nothing is encrypted. */
  allowUnencrypted?: boolean;
}

/** An open file. Changes are kept in memory until `save`. */
export interface SecretsFile extends AsyncDisposable {
  get(path: Path): Value | undefined;
  has(path: Path): boolean;
  /** The keys of a map, the indexes of a list; without a path those at the top. Empty for anything else. */
  keys(path?: Path): string[];
  /** Puts a value at a place; missing maps are made on the way, an index right after the end appends. */
  set(path: Path, value: Value): this;
  /** Whether there was something. */
  unset(path: Path): boolean;
  toData<T = Data>(): T;
  /** The plaintext, as the command line prints it. */
  toText(): string;
  /** The places that were changed since the file was opened or saved. */
  readonly changed: readonly Path[];
  /**
   * Replaces the file, unless somebody else has changed it: then rejects with `changed-meanwhile`. Only changed values get new
   * ciphertext. Without changes nothing is written.
   */
  save(): Promise<void>;
  /** Saves under a new data key. */
  rotate(): Promise<void>;
  /** Forgets the data key and the values; what was not saved is lost. */
  close(): void;
}

/** What an encrypted file says to everybody. */
export interface Inspection {
  readonly format: AnyFormat;
  /** Of the program that wrote the file. */
  readonly version: string;
  readonly lastModified: Date;
  readonly keys: readonly { readonly path: string[]; readonly type: LeafType; readonly encrypted: boolean }[];
  /** Who can read it; of several groups as many are needed as `threshold` says. */
  readonly groups: readonly (readonly Recipient[])[];
  readonly threshold: number;
  readonly scope: Scope;
  /** The creation rule that is for the file, if there is one. */
  readonly rule?: RulePlace;
  readonly macOnlyEncrypted: boolean;
}

/** Something that updating changes, or would change. Thresholds are as the file has them, where 0 is all groups. */
export type KeyChange =
  | { readonly change: 'added' | 'removed'; readonly recipient: Recipient; readonly group: number }
  | { readonly change: 'threshold'; readonly before: number; readonly after: number };

/** What opening a file came to. */
export interface Verification {
  readonly format: AnyFormat;
  /** How many values are encrypted; each was opened, so its tag fits. */
  readonly encrypted: number;
  /** How many are in clear. */
  readonly clear: number;
  /** `ignored` with `ignoreMac`. */
  readonly mac: 'verified' | 'ignored';
  readonly lastModified: Date;
}

/** Which variables a file gives. */
export interface EnvChoice {
  /** Joins nested keys with `_`; otherwise they are an error. */
  flatten?: boolean;
  /** Put before every name. */
  prefix?: string;
  /** The names wanted, without the prefix. */
  only?: readonly string[];
  /** Takes the values of dotenv files as SOPS reads them, quotes and all. */
  rawValues?: boolean;
}

export interface EnvOptions {
  /** The files; of several, later ones win. By default what `SOPS_FILE` names, else the one that is there by convention. */
  files?: string | readonly string[];
  /** What the variables are put into; default `process.env`. */
  into?: Record<string, string | undefined>;
  /** Overwrites what is set; default `SOPS_OVERRIDE=1`. */
  override?: boolean;
  /** Joins nested keys with `_`; default `SOPS_FLATTEN=1`. */
  flatten?: boolean;
  /** Goes on when there is no file; default `SOPS_OPTIONAL=1`. */
  optional?: boolean;
  /** Names that are set although they steer programs, such as `PATH`; default `SOPS_ALLOW`. */
  allow?: readonly string[];
}

export interface EnvResult {
  /** The files that were opened; empty when there is none and that is fine. */
  readonly files: readonly string[];
  /** The names that were set. */
  readonly set: readonly string[];
  /** The names that were there already and stayed. */
  readonly kept: readonly string[];
  /** The names that a file must not set. */
  readonly refused: readonly string[];
}
