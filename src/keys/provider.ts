/** The seam of the master keys: plain data for a key, and the contract of the provider of its type. */
import type { Session } from '../util/host/host.js';
import type { KeyFinding } from './finding.js';

/** One recipient, as plain data; what can be done with it is in the provider of its type. */
export interface MasterKey {
  /** Type identifier of the registry row, e.g. `age`, `gcp_kms`. */
  readonly type: string;
  /** The fields of its metadata entry but `enc` and `created_at`, by the names used in files, e.g. `recipient`. */
  readonly fields: KeyFields;
  /** The wrapped part as it stands in the file; empty before the first wrapping. */
  enc: string;
  /** RFC 3339, seconds; undefined for types without (age) and before the first wrapping. */
  createdAt?: string | undefined;
}

/** Texts, and for `context` a map of texts (a Map, since user data never becomes a plain object). */
export type KeyFields = ReadonlyMap<string, string | ReadonlyMap<string, string>>;

/** A recipient that was found among public keys. */
export interface FoundRecipient {
  /** As flags, configurations and files have it. */
  readonly recipient: string;
  /** What its owner can compare; absent where that is the recipient itself. */
  readonly fingerprint?: string;
  /** What its owner calls it. */
  readonly remark?: string;
  /** Why it cannot be used. */
  readonly problem?: string;
  /** Whether this machine must take it in (`adopt`) before it can be used. */
  readonly isNew?: true;
}

/** Keys any one of which opens the group's part of the data key. */
export type KeyGroup = readonly MasterKey[];

/**
 * What a type of master key does. One instance serves a whole process, so it may remember clients, prompts and
 * started programs; it must not remember plaintext parts. Rejections are SopsErrors of code `key` worded as
 * the reason only (callers add file, group and key), without secrets.
 */
export interface KeyProvider {
  readonly type: string;
  /**
   * Reads the text of a flag, variable or `.sops.yaml` field, which may name several keys, separated by commas.
   * Called once per list, before anything is encrypted. A remote type may ask its service; `signal` is aborted when the time
   * is up. Throws `key` for a malformed recipient.
   */
  parse(text: string, host: Session, signal?: AbortSignal): Promise<MasterKey[]>;
  /**
   * Reads one entry of `key_groups`: a text, which names one key whatever commas it holds, or fields by the names used in
   * files. Absent where the entry's fields are the key as they stand. Called and throwing as `parse`.
   */
  parseEntry?(entry: string | KeyFields, host: Session, signal?: AbortSignal): Promise<MasterKey>;
  /** The identity of a key in comparisons, messages and differences. */
  keyString(key: MasterKey): string;
  /**
   * What a named key has credentials go to, or starts, in words, e.g. `the Vault address https://vault.example`: for the user to decide whether
   * a configuration is to be trusted. Absent where that is nothing, whatever the key.
   */
  claims?(named: string | KeyFields): Promise<string[]>;
  /**
   * Finds out whether credentials may be used with a key, which `wrap` and `unwrap` do as well. Called before them and outside of their deadline, since the
   * user may be asked. Throws `key` when they may not.
   */
  permit?(key: MasterKey, host: Session, signal?: AbortSignal): Promise<void>;
  /** Wraps a part of the data key (32 or 33 raw bytes) and returns the text of `enc`. Called once per key and writing. */
  wrap(key: MasterKey, part: Uint8Array, host: Session, signal?: AbortSignal): Promise<string>;
  /**
   * Opens `key.enc` and returns the part. Called at most once per key and reading; rejects when it cannot. Remote types are
   * called side by side; their `signal` is aborted when the time is up or another key was faster, and one that can
   * should then let go of its connections.
   */
  unwrap(key: MasterKey, host: Session, signal?: AbortSignal): Promise<Uint8Array>;
  /**
   * Whether a text has the form of what `wrap` returns, as far as that can be told without a key: one that has not opens for nobody.
   * Never rejects. Absent for types whose texts have no form that is laid down.
   */
  isWrapped?(enc: string): Promise<boolean>;
  /**
   * The key string of the identity with which `unwrap` opened this key before in the run; undefined when that is not known. An entry
   * is labelled by whoever wrote the file, and may be wrapped for another recipient than it names. Absent where it cannot be.
   */
  openerOf?(key: MasterKey, host: Session): string | undefined;
  /**
   * Finds the recipients in the content of a file of public keys, or of what a server sent, in its order; null when it is no such content of this type.
   * Throws `key` when it is and cannot be read. Absent for types that have no such files.
   */
  recipientsIn?(content: Uint8Array, host: Session): Promise<readonly FoundRecipient[] | null>;
  /** Makes what `recipientsIn` found in this content usable on this machine. Called once the user has agreed. Throws `key`. */
  adopt?(content: Uint8Array, host: Session): Promise<void>;
  /**
   * Looks for what opens keys of this type on this machine: identities, programs, credentials, in the order in which they are
   * used, with where they come from. For `doctor`: nothing is unlocked, nobody is asked, no host is contacted, no secret is told.
   * Never rejects with a SopsError: what is wrong is a finding.
   */
  examine?(host: Session): Promise<KeyFinding[]>;
}
