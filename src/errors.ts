/** The one error class of sops-ts, its closed set of codes, and the one table from code to exit status. */

/**
 * Every way sops-ts can fail. The number is the exit status of the command line; those that SOPS
 * has keep SOPS's number (docs/command-line.md#exit-statuses), and no number of SOPS's is reused for another meaning.
 */
export const EXIT_STATUS = {
  /** Anything without a number of its own: configuration, no keys, refused input. */
  failed: 1,
  /** Wrong flags or arguments. */
  usage: 1,
  /** `.sops.yaml` is missing, unreadable, wrong, or has no rule for the file. */
  config: 1,
  /** The file holds no SOPS metadata, or metadata that cannot be understood. */
  'metadata-invalid': 1,
  /** A master key or identity is malformed, or a service refused it. */
  key: 1,
  /** A file has recipients that no rule of `.sops.yaml` names, and would get a data key that is wrapped for them, too. */
  'unlisted-recipients': 1,
  /** A new data key could not be wrapped for every recipient. */
  'data-key-not-wrapped': 1,
  /** A file being decrypted is not a document of its format. */
  'document-invalid': 1,
  /** `--extract`, `set` or `unset` names something that is not in the document. */
  'path-not-found': 1,
  /** Nothing would be encrypted. */
  'nothing-encrypted': 1,
  /** Writing failed after the target was opened. */
  'write-failed': 1,
  /** The file cannot be read, or (encrypt) is not a document of its format. */
  'input-unreadable': 2,
  /** The target cannot be opened for writing. */
  'output-unwritable': 3,
  /** An unknown help topic (SOPS shares the number 3). */
  'help-topic': 3,
  /** The tree cannot be printed in the output format. */
  'output-format': 4,
  'encryption-context': 6,
  /** The index or value of `set` and `unset` is malformed. */
  'set-syntax': 7,
  /** Parameters that exclude each other. */
  conflict: 8,
  /** A leaf cannot be encrypted: a key that is not a string, an integer above int64. */
  'leaf-not-encryptable': 23,
  /** A leaf cannot be decrypted: no `ENC[…]`, an unknown type, a failed tag. */
  'leaf-not-decryptable': 25,
  'keys-on-missing-file': 49,
  'mac-mismatch': 51,
  /** The written text does not read back as the tree that was encrypted: a defect of sops-ts; nothing was written. */
  'not-readable-back': 60,
  'extract-syntax': 91,
  'empty-file': 92,
  'no-file': 100,
  'decryption-order': 112,
  'data-key-not-recovered': 128,
  /** The caller of the library took its call back. */
  aborted: 1,
  /** What a file holds does not fit the schema that the caller of the library gave. */
  schema: 1,
  /** A key that would change what an ordinary object is (`__proto__`). */
  'unsafe-key': 1,
  /** An integer that a JavaScript number cannot hold. */
  'number-inexact': 1,
  /** A file of several documents where one is wanted. */
  'several-documents': 1,
  'edit-unchanged': 200,
  'editor-failed': 201,
  'edit-version': 202,
  'already-encrypted': 203,
  /** A reference to a secret store that cannot be read as one (EX_DATAERR of sysexits.h). */
  'reference-malformed': 65,
  /** What a reference leads to is not there (EX_NOINPUT). */
  'reference-not-found': 66,
  /** A secret store does not answer (EX_UNAVAILABLE). */
  'store-unreachable': 69,
  /** A value that a store lends has ended (EX_PROTOCOL). */
  'lease-expired': 76,
  /** A secret store refuses (EX_NOPERM). */
  'store-denied': 77,
  /** A reference does what its writer alone must not decide (EX_CONFIG). */
  'reference-not-allowed': 78,
  /** Somebody else wrote the file meanwhile, so nothing was written (EX_TEMPFAIL of sysexits.h: to be tried again). */
  'changed-meanwhile': 75,
} as const;

/** The closed union of error codes. */
export type ErrorCode = keyof typeof EXIT_STATUS;

/** What an error may say beside its sentence; never a plaintext value. */
export interface ErrorDetails {
  /** The file concerned, as the user named it. */
  file?: string;
  /** The key path concerned, e.g. `db.password`; keys only, never values. */
  path?: readonly string[];
  /** What the user can do next, one sentence. */
  hint?: string;
  /** More lines, shown with `--verbose` only. */
  detail?: string;
  cause?: unknown;
  /** Of `schema`: what does not fit. */
  issues?: readonly SchemaIssue[];
}

/** Something in a file that does not fit the caller's schema: where it stands, and in our own word what is the matter. */
export interface SchemaIssue {
  readonly path: readonly string[];
  /** `missing`: nothing stands there; `invalid`: what stands there is refused. */
  readonly code: 'missing' | 'invalid';
  /** What the validator says, which may quote the value; only if the caller asks for it. */
  readonly message?: string;
}

/** By this an error is known as one of sops-ts whichever copy of the package made it. */
const MARK: unique symbol = Symbol.for('sops-ts.error');

/** The page that tells of every code, in the package and the repository. */
const PAGE = 'docs/errors.md';

/** An error whose message is meant for the user: what failed, on which file and key, what to do next. */
export class SopsError extends Error {
  static {
    // Bundlers name a class that names itself another way, and Node shows that in front of the message.
    Object.defineProperty(SopsError, 'name', { value: 'SopsError' });
  }

  readonly code: ErrorCode;
  readonly file: string | undefined;
  readonly path: readonly string[] | undefined;
  readonly hint: string | undefined;
  /** @internal */
  readonly detail: string | undefined;
  /** Of `schema`: what does not fit. */
  readonly issues: readonly SchemaIssue[] | undefined;
  /** @internal */
  readonly [MARK] = true;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    // What is inherited cannot be assigned to where somebody froze it.
    Object.defineProperty(this, 'name', { value: 'SopsError', enumerable: true, writable: true, configurable: true });
    this.code = code;
    this.file = details.file;
    this.path = details.path;
    this.hint = details.hint;
    this.detail = details.detail;
    this.issues = details.issues;
  }

  /** Whether something thrown is an error of sops-ts, also of another copy of the package. */
  static is(error: unknown): error is SopsError {
    return typeof error === 'object' && error !== null && (error as { [MARK]?: unknown })[MARK] === true;
  }

  /** Where its code is explained. */
  get docs(): string {
    return `${PAGE}#${this.code}`;
  }

  /** What can be told to others: no cause, no stack, no value. */
  toJSON(): object {
    const { name, code, message, file, path, hint, docs, issues } = this;
    return { name, code, message, file, path, hint, docs, issues };
  }

  /**
   * The exit status of the command line for this error.
   * @internal
   */
  get exitStatus(): number {
    return EXIT_STATUS[this.code];
  }

  /**
   * The same error in another sentence.
   * @internal
   */
  reworded(message: string): SopsError {
    return new SopsError(this.code, message, this.#details({}));
  }

  /**
   * The same error under another code or with more details; the cause and the sentence stay.
   * @internal
   */
  with(code: ErrorCode, details: ErrorDetails = {}): SopsError {
    return new SopsError(code, this.message, this.#details(details));
  }

  /** These details, and its own where they say nothing. */
  #details(details: ErrorDetails): ErrorDetails {
    const merged: ErrorDetails = { cause: details.cause ?? this.cause };
    for (const name of ['file', 'path', 'hint', 'detail', 'issues'] as const) {
      const value = details[name] ?? this[name];
      if (value !== undefined) Object.assign(merged, { [name]: value });
    }
    return merged;
  }
}
