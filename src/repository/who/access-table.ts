/** A table of encrypted files against those who can read them. */
import type { NamedRecipientText } from '../../config/recipient-names.js';
import type { SopsError } from '../../errors.js';

/**
 * When the data key came into use. `git`: the versions before had another one, or there are none. `file`: the file alone tells, by its last change
 * and by when its entries were made; the key may be older.
 */
export interface DataKeyAge {
  /** RFC 3339; as it stands in a file. */
  readonly since: string;
  readonly source: 'git' | 'file';
}

/** One who can read something. */
export interface Reader {
  /** The key string, of the first spelling that was met. */
  readonly recipient: string;
  /** What `.sops.yaml` calls them, else the remark of an SSH key. */
  readonly name: string | undefined;
  /** How users call the type of their key. */
  readonly type: string;
}

/** An encrypted file and who can read it. */
export interface ReadableFile {
  /** As users see it. */
  readonly path: string;
  /** Absolute. */
  readonly absolute: string;
  /** For each key group the places of its readers in {@link AccessTable.readers}, each once and in order. */
  readonly groups: readonly (readonly number[])[];
  /** How many groups are needed; 1 for a file with one. */
  readonly threshold: number;
  /** As it stands in the file. */
  readonly lastModified: string;
  /** Absent where ages were not asked for. */
  dataKey?: DataKeyAge;
}

export interface AccessTable {
  /** Those with a name first, by name; then the others by recipient. */
  readonly readers: readonly Reader[];
  /** By path. */
  readonly files: readonly ReadableFile[];
  /** Whom the configurations name, whether they can read anything or not. */
  readonly names: readonly NamedRecipientText[];
  /** What could not be looked at. */
  readonly problems: readonly SopsError[];
}
