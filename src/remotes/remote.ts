/** The seam of the places that `publish` sends files to: what a row says, and the contract of a place. */
import type { Session } from '../util/host.js';

/** A field of a destination rule. */
export interface RemoteField {
  readonly name: string;
  readonly kind: 'text' | 'integer';
}

/** What a destination rule says about its place, by field name; integers in decimal. What is empty or 0 is absent. */
export type RemoteSettings = ReadonlyMap<string, string>;

/** The decrypted values of a file. */
export interface PlainValues {
  /** A JSON object with sorted keys, exact to the last digit. */
  readonly json: string;
  /**
   * Whether a JSON text holds the same values, maps compared without regard to order and numbers by value, in the object that
   * these keys lead to. False for what is no JSON.
   */
  isIn(text: string, keys: readonly string[]): boolean;
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
}

/** What a kind of place does. One instance serves a whole process. */
export interface Remote<Content> {
  /** Reads the settings of a rule. Called once for each file, before anything is opened or asked. Throws `config`. */
  open(settings: RemoteSettings, host: Session): RemotePlace<Content>;
}

interface Row<Kind extends string, Content> {
  /** The field of a destination rule that chooses this kind of place; it is always a text. */
  readonly field: string;
  /** How users call it. */
  readonly title: string;
  /** The field with the address of a server that gets the user's token; absent where no field says that. */
  readonly address?: string;
  /** The other fields that say something about it. */
  readonly options: readonly RemoteField[];
  /** Whether it gets the encrypted file, byte for byte, or the decrypted values. */
  readonly sends: Kind;
  /** The npm packages that it loads when it is used; absent for none. */
  readonly packages?: readonly string[];
  load(): Promise<Remote<Content>>;
}

/** One kind of place. A new one is a row in registry.ts and one file. */
export type RemoteRow = Row<'sealed', Uint8Array> | Row<'plain', PlainValues>;
