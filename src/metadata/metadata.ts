/** What the `sops` branch of a file says, typed. */
import type { KeyGroup } from '../keys/provider.js';
import type { EncryptionScope } from '../tree/scope.js';
import { type Branch, branch } from '../tree/tree.js';

/** Everything a file says about its encryption. */
export interface Metadata {
  /** One group, or several of which `shamirThreshold` are needed. */
  readonly keyGroups: readonly KeyGroup[];
  /** 0 when the file has none. */
  readonly shamirThreshold: number;
  /** RFC 3339, as it stands in the file; the MAC is bound to it. */
  readonly lastModified: string;
  /** The encrypted MAC; empty when the file has none. */
  readonly mac: string;
  readonly macOnlyEncrypted: boolean;
  /** Null when the file names none: SOPS's default is then in force, and stays unwritten. */
  readonly selection: SelectionRule | null;
  /** Version of the program that wrote the file, e.g. `3.13.2`. */
  readonly version: string;
  /** sops-ts's own field `sops_ts_layout` (docs/format.md#sops_ts_layout), absent when not needed. SOPS drops it. */
  readonly layout?: string | undefined;
}

/** Name of a selection rule: the metadata field, the field of a creation rule, and (with dashes) the flag. */
export type SelectionOption = EncryptionScope['rule'];

/** The rule that selects what is encrypted, as text. */
export interface SelectionRule {
  readonly option: SelectionOption;
  /** Suffix or regular expression; not empty. */
  readonly text: string;
}

/** All selection rules, in the order in which they are written. */
export const SELECTION_OPTIONS: readonly SelectionOption[] = [
  'encrypted_comment_regex',
  'encrypted_regex',
  'encrypted_suffix',
  'unencrypted_comment_regex',
  'unencrypted_regex',
  'unencrypted_suffix',
];

/** The rule in force when none is named. */
export const DEFAULT_SELECTION: SelectionRule = { option: 'unencrypted_suffix', text: '_unencrypted' };

/** Name of sops-ts's own field. */
export const LAYOUT_FIELD = 'sops_ts_layout';

/** A `sops` branch without that field. */
export function withoutLayout({ items }: Branch): Branch {
  return branch(items.filter((entry) => entry.kind !== 'item' || entry.key !== LAYOUT_FIELD));
}
