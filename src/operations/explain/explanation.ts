/** What `why` finds out about a file: plain data, printed as it is by `--json`. */
import type { Verdict } from '../../config/creation-rule.js';
import type { SelectionRule } from '../../metadata/metadata.js';
import type { KeyChange } from '../key-changes.js';

/** One recipient. */
export interface NamedRecipient {
  /** Type identifier, as in files. */
  readonly type: string;
  readonly recipient: string;
  /** The anchor that stands for it in the configuration. */
  readonly name?: string | undefined;
}

export interface Readers {
  readonly groups: readonly (readonly NamedRecipient[])[];
  /** How many groups are needed; 0 for the one there is. */
  readonly shamirThreshold: number;
}

export interface Selection {
  /** Null for a binary file, which is encrypted as a whole. */
  readonly rule: SelectionRule | null;
  readonly macOnlyEncrypted: boolean;
}

/** What is (or would be) encrypted: index paths, as `set` and `--extract` take them. Null and empty values never are. */
export interface ExplainedValues {
  readonly encrypted: readonly string[];
  readonly plain: readonly string[];
  readonly encryptedComments: number;
}

/** All that was found out. Plain data, printed as it is by `--json`. */
export interface Explanation {
  readonly file: string;
  readonly exists: boolean;
  readonly encrypted: boolean;
  readonly format: string;
  readonly config: { readonly path: string; readonly foundBy: string } | null;
  /** Why the configuration that there is, or that was named, cannot be used; null when it can, and without one. */
  readonly configProblem: string | null;
  /** The path that rules are compared with. */
  readonly comparedPath: string | null;
  readonly rules: readonly { readonly name: string; readonly pathRegex: string; readonly verdict: Verdict }[];
  /** What the rule and the flags give; null when that fails, or nothing says anything. */
  readonly plan: (Readers & Selection & { readonly from: string }) | null;
  /** What an encrypted file says of itself. */
  readonly current: (Readers & Selection & { readonly lastModified: string; readonly version: string }) | null;
  /** What `updatekeys` would change in an encrypted file; null when nothing. */
  readonly change: Omit<KeyChange, 'shutOut'> | null;
  /** Null for a file that is not there or cannot be read. */
  readonly values: ExplainedValues | null;
  /** Why the file cannot be encrypted by the rules, or could not be looked into. */
  readonly problems: readonly string[];
  /** What else is worth knowing. */
  readonly notes: readonly string[];
}
