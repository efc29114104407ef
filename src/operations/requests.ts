/** What the operations take and return: plain data, and functions for what only the caller can do. */
import type { FormatName } from '../formats/registry.js';
import type { FormatStore } from '../formats/store.js';
import type { KeyServiceChoice } from '../keyservice/services.js';
import type { Input } from '../run/input.js';
import type { Session } from '../util/host/host.js';

export type { Input } from '../run/input.js';

/** Where the result goes. `in-place` is the input file itself. */
export type Output =
  | { readonly kind: 'stdout'; write(bytes: Uint8Array): Promise<void> }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'in-place' };

/** The selection options of flags; an empty text counts as absent. */
export interface SelectionFlags {
  readonly unencryptedSuffix?: string | undefined;
  readonly encryptedSuffix?: string | undefined;
  readonly unencryptedRegex?: string | undefined;
  readonly encryptedRegex?: string | undefined;
  readonly unencryptedCommentRegex?: string | undefined;
  readonly encryptedCommentRegex?: string | undefined;
}

/** What every operation on one file takes. */
export interface FileRequest {
  readonly input: Input;
  readonly output: Output;
  readonly inputType?: FormatName | undefined;
  readonly outputType?: FormatName | undefined;
  /** The name that rules and formats go by, instead of the path. */
  readonly filenameOverride?: string | undefined;
  readonly configPath?: string | undefined;
  /** Which key services wrap and open the data key; undefined for this machine's own alone. */
  readonly keyServices?: KeyServiceChoice | undefined;
  /** As `--indent`; asking for one prints the tree anew instead of keeping the text. */
  readonly indent?: number | undefined;
}

export interface EncryptRequest extends FileRequest {
  /** The plaintext of a file that is to be made and must not be there yet; absent for that of the input. */
  readonly content?: Uint8Array | undefined;
  /** By type identifier (`age`, `gcp_kms`, …): the texts of the key flags, variables merged in. */
  readonly keyFlags: ReadonlyMap<string, string>;
  readonly awsProfile?: string | undefined;
  readonly encryptionContext?: string | undefined;
  readonly selection: SelectionFlags;
  readonly macOnlyEncrypted: boolean;
  readonly shamirThreshold?: number | undefined;
  /** Goes on when the rule selects nothing although there is something. */
  readonly allowUnencrypted: boolean;
  /** Goes on when the format reads a value so that a part of it stays in clear. */
  readonly asSops?: boolean | undefined;
}

export interface DecryptRequest extends FileRequest {
  /** An index path such as `["a"][0]`. */
  readonly extract?: string | undefined;
  readonly ignoreMac: boolean;
  /** Type identifiers separated by commas. */
  readonly decryptionOrder?: string | undefined;
  /** What becomes of the plaintext before it is written; given when the user asks for more than to decrypt it. */
  readonly refine?: ((plaintext: Uint8Array, printer: FormatStore, host: Session) => Promise<Uint8Array>) | undefined;
}

/** What an operation has to say beside its output. */
export interface Outcome {
  readonly warnings: string[];
}
