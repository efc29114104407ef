/** What a `.sops.yaml` says, typed: creation rules, destination rules and the stores' settings. */
import type { FormatName } from '../formats/registry.js';
import type { KeyFields } from '../keys/provider.js';
import type { SelectionOption } from '../metadata/metadata.js';
import type { RemoteSettings } from '../remotes/remote.js';
import type { RecipientsFile } from './recipients-file.js';

/** The selection options that are set, none of them to the empty text. */
export type SelectionOptions = ReadonlyMap<SelectionOption, string>;

/** The keys a rule lists for one type: texts that may each name several, or what is wrong with the field. */
export type RuleKeys = { readonly texts: readonly string[] } | { readonly problem: string };

/** One key of a group: its text, or its entry by the field names of encrypted files. */
export type GroupKey = string | KeyFields;

/** One group of `key_groups`. */
export interface GroupRule {
  /** Groups whose keys come first, in this order. As read they have none of their own: what they merge stands before them. */
  readonly merge: readonly GroupRule[];
  /** By type identifier. */
  readonly keys: ReadonlyMap<string, readonly GroupKey[]>;
}

/** A key in a rule that SOPS does not know and ignores. */
export interface UnknownKey {
  readonly key: string;
  /** The known key it looks like. */
  readonly suggestion: string | undefined;
  /** Of a key that is known elsewhere in the file: what to write instead. */
  readonly advice?: string | undefined;
}

export interface CreationRule {
  /** How messages call it, e.g. `creation rule 2 of ../.sops.yaml`. */
  readonly name: string;
  /** Empty: the rule is for every file. */
  readonly pathRegex: string;
  /** By type identifier; types without a field are absent. */
  readonly keys: ReadonlyMap<string, RuleKeys>;
  /** Profile for the keys of `kms`; empty for none. */
  readonly awsProfile: string;
  /** If not empty, they replace `keys`. */
  readonly keyGroups: readonly GroupRule[];
  /** 0 for none. */
  readonly shamirThreshold: number;
  readonly selection: SelectionOptions;
  readonly macOnlyEncrypted: boolean;
  readonly unknownKeys: readonly UnknownKey[];
}

/** Where `publish` puts files. */
export interface DestinationRule {
  /** How messages call it, e.g. `destination rule 2 of ../.sops.yaml`. */
  readonly name: string;
  readonly pathRegex: string;
  /** What it says about places, by field name. */
  readonly settings: RemoteSettings;
  readonly omitExtensions: boolean;
  readonly recreationRule: CreationRule;
  readonly unknownKeys: readonly UnknownKey[];
}

/** Indentation of the stores' output in the terms of `--indent`; undefined for SOPS's default. */
export interface StoreIndents {
  readonly yaml: number | undefined;
  readonly json: number | undefined;
  readonly jsonBinary: number | undefined;
}

/** A configuration as a file, for the question whether it is trusted. */
export interface ConfigFile {
  /** Absolute path. */
  readonly absolute: string;
  /** What was read, from which the rules come. */
  readonly bytes: Uint8Array;
}

export interface Config extends Rules {
  readonly file: ConfigFile;
  /** Whether it was found from the folder of the file worked on alone, where SOPS does not look. */
  readonly isBeside: boolean;
  /** Whether the calling program made it itself, so that nobody need be asked whether it is trusted. */
  readonly isOwn?: boolean;
}

/** What a configuration says. */
export interface Rules {
  /** Where it was read from, as named or walked to, e.g. `../.sops.yaml`. */
  readonly path: string;
  /** The absolute path of its folder. */
  readonly folder: string;
  /** Null when the file has none, which counts as having no configuration; an empty list matches no file. */
  readonly creationRules: readonly CreationRule[] | null;
  readonly destinationRules: readonly DestinationRule[];
  readonly stores: StoreIndents;
  /** The formats of file names, the first that fits: `*` and `?` stand for any characters, and for any one. */
  readonly formats: readonly NameFormat[];
  /** What references in files may do beyond what they always may. */
  readonly referenceGrants: readonly ReferenceGrant[];
  /** Whether rules are compared with the path of `--output`, where that is given. */
  readonly matchesOutput: boolean;
  /** The files of recipients that rules name, as far as they were read. */
  readonly recipientsFiles: readonly RecipientsFile[];
}

/** Something that references in files are allowed. */
export interface ReferenceGrant {
  /** The scheme of the references, in lower case. */
  readonly scheme: string;
  /** What of it: a file or folder, a program, a server; undefined for all. */
  readonly rest: string | undefined;
}

/** A pattern for the last part of a path, and what such files are. */
export interface NameFormat {
  readonly pattern: string;
  readonly format: FormatName;
}
