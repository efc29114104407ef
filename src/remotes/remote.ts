/** The seam of the places that `publish` sends files to: what a row says, and the contract of a place. */
import type { Session } from '../util/host/host.js';

/** A field of a destination rule. */
export interface RemoteField {
  readonly name: string;
  readonly kind: 'text' | 'integer';
  /** The words that it can be; absent for any. */
  readonly words?: readonly string[];
}

/** What a destination rule says about its place, by field name; integers in decimal. What is empty or 0 is absent. */
export type RemoteSettings = ReadonlyMap<string, string>;

/** The decrypted values of a file. */
export interface PlainValues {
  /** A JSON object with sorted keys, exact to the last digit. */
  readonly json: string;
  /**
   * Whether a JSON text holds the same values, maps compared without regard to order and numbers by value, in the object that
   * these keys lead to. False for what is not JSON.
   */
  isIn(text: string, keys: readonly string[]): boolean;
  /** The top-level values one by one: texts as they are, null as the empty text, all else as JSON. */
  readonly entries: readonly PlainEntry[];
  /** The type of the Secret that they were in; undefined for other files. */
  readonly secretType?: string | undefined;
}

export interface PlainEntry {
  readonly key: string;
  readonly text: string;
  /** What the text is the base64 of, where the file holds bytes that are not text; absent for a text. */
  readonly bytes?: Uint8Array;
}

/** What the user asks for beside the rule. */
export interface PlaceWishes {
  /** What a secret is marked with as `managed-by`; undefined for what sops-ts calls itself, where marks are made at all. */
  readonly managedBy: string | undefined;
  /** Whether versions before the one that is written are disabled, where a place has that. */
  readonly disablesOld: boolean;
}

/** Something that an earlier publication of the same file left, and that it holds no more. */
export interface Remnant {
  /** What it is called there, for questions and messages. */
  readonly name: string;
  /** Rejects with a SopsError. */
  remove(): Promise<void>;
}

/** `unchanged`: the place held the same already, so nothing was written. */
export type PutResult = 'written' | 'unchanged';

/** A place that a rule names. */
export interface RemotePlace<Content> {
  /** Where a file of that name goes, for messages and questions, e.g. `s3://bucket/prefix/name`. Never contacts anybody. */
  url(name: string): string;
  /**
   * Sends a file. `name` is relative and may hold slashes. Called once for each file of a run, one after the other. Rejects with a
   * SopsError that says why, without a value or a credential, when it is not certain that the place holds the content.
   */
  put(name: string, content: Content): Promise<PutResult>;
  /** What `--prune` takes away once the file is there: asks the place, and changes nothing. Absent where a file is one object. */
  leftovers?(name: string, content: Content): Promise<readonly Remnant[]>;
}

/** What a kind of place does. One instance serves a whole process. */
export interface Remote<Content> {
  /** Reads the settings of a rule. Called once for each file, before anything is opened or asked. Throws `config`. */
  open(settings: RemoteSettings, host: Session, wishes: PlaceWishes): RemotePlace<Content>;
}

export interface Receiver {
  readonly field: string;
  /** How messages call it, before its text. */
  readonly called: string;
  /** The variable with the user's list of those that are allowed. */
  readonly variable: string;
  /** How else the user may choose it, after `If you trust it,`. */
  readonly advice: string;
  /** Those that the user's environment chooses. */
  chosen(env: Session['env']): readonly string[];
  /** Whether two texts name the same. */
  isSame(one: string, other: string): boolean;
}

interface Row<Kind extends string, Content> {
  /** The field of a destination rule that chooses this kind of place; it is always a text. */
  readonly field: string;
  /** How users call it. */
  readonly title: string;
  /** What of a rule says who gets the values, so that the user must have chosen or trusted it; absent where nothing does. */
  readonly receivers?: readonly Receiver[];
  /** The other fields that say something about it. */
  readonly options: readonly RemoteField[];
  /** Whether it gets the encrypted file, byte for byte, or the decrypted values. */
  readonly sends: Kind;
  /** Whether it gets the values of a Secret manifest without the manifest around them. */
  readonly unwraps?: boolean;
  /** The npm packages that it loads when it is used; absent for none. */
  readonly packages?: readonly string[];
  load(): Promise<Remote<Content>>;
}

/** One kind of place. A new one is a row in registry.ts and one file. */
export type RemoteRow = Row<'sealed', Uint8Array> | Row<'plain', PlainValues>;
