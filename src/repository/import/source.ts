/** The seam of what can be imported: what a kind of foreign file must do to become a file of SOPS. */
import type { FormatStore, SourceFile } from '../../formats/store.js';
import type { SecretsRequest } from '../../operations/read/open-secrets.js';
import type { Session } from '../../util/host/host.js';
import type { FoundFile } from '../operands.js';

/** What the command line says that kinds go by. */
export interface ImportSettings extends Pick<SecretsRequest, 'configPath' | 'keyServices' | 'decryptionOrder'> {
  /** What the kind's own flag names: files with keys or passwords, in the kind's own form. */
  readonly keys: readonly string[];
  /** The namespace of Kubernetes objects that name none. */
  readonly namespace?: string | undefined;
}

/** A file that is to be imported, as it was read. It is never written to. */
export interface ImportSource {
  readonly file: FoundFile;
  readonly bytes: Uint8Array;
  /** The key that the kind's own configuration names for it, where that has names for keys. */
  readonly keyName?: string | undefined;
  /** Why it cannot be imported, if that is known already. */
  readonly problem?: Error;
  readonly warnings?: readonly string[];
}

/** A source that was opened, in the words of the file that it becomes. */
export interface OpenedImport {
  /** Plaintext in the format of the target. */
  readonly plaintext: Uint8Array;
  /** How many values were read; 1 for a file that is one secret as a whole. */
  readonly count: number;
  /**
   * Index paths (`["a"][0]`) of values that were secret in the source, and must not stand in clear in the target; `all` for a source
   * that was secret as a whole, comments included.
   */
  readonly secrets: ReadonlySet<string> | 'all';
  /** Sentences for the user, without plaintext; the caller names the file. */
  readonly warnings: readonly string[];
  /** The files that the old keys came from, absolute. */
  readonly keyFiles: readonly string[];
  /**
   * Called once with the plaintext as the target's format reads it. Throws `not-readable-back` when a value is another one than was
   * read of the source; absent where the plaintext is the source's own, byte for byte.
   */
  verify?(read: SourceFile): void;
  /** Called once with the encrypted target: sentences for the user about how it is encrypted. */
  review?(sealed: SourceFile): string[];
}

/** A source that was imported, and what it became; absolute paths. */
export interface ImportedFile {
  readonly source: string;
  readonly target: string;
}

/** A kind of foreign file. One instance serves all files of a run. */
export interface ImportKind {
  /** What its files are called in messages, e.g. `a file of dotenvx`. */
  readonly described: string;

  /** What git's history still holds of a source that it tracks, as the end of a sentence. */
  readonly leftInHistory: string;

  /**
   * Called once: the sources among files, in their order. A file that was named itself is always one, with a `problem` where it is
   * none of this kind; of those in folders, only those that are of this kind.
   */
  find(files: readonly FoundFile[], host: Session): AsyncIterable<ImportSource>;

  /**
   * What is to be done about the other tool once files were imported, in sentences; called once, after the last of them. Absent where there
   * is nothing but to delete the sources.
   */
  next?(imported: readonly ImportedFile[], host: Session): string[] | Promise<string[]>;

  /** The name of the target beside a source. */
  targetName(name: string): string;

  /**
   * Opens one source for a target of some format. Throws SopsError: `key` for a key that is missing or wrong, and for what does not
   * authenticate; `document-invalid` for what is not of this kind; `output-format` for what the target's format cannot hold.
   */
  open(source: ImportSource, store: FormatStore, host: Session): Promise<OpenedImport>;
}
