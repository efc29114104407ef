/** The seam of the stores that manifests point to (docs/kubernetes/external-secrets.md#stores). */
import type { DestinationRule } from '../../config/model.js';
import type { Branch } from '../../tree/tree.js';
import type { References } from './references.js';
import type { SettingName, Settings } from './settings.js';
import type { Group } from './shapes/shape.js';

/** `json`: the values are the members of one secret; `per_key`: each is a secret of its own. */
export type SecretShape = 'json' | 'per_key';

/** Where the values of a file are published. */
export interface StorePlace {
  /** The name of the secret, or what the names of the secrets begin with. */
  readonly to: string;
  readonly layout: SecretShape;
}

/** Where a destination rule publishes a file. */
export interface RulePlace extends Pick<StorePlace, 'to'> {
  /** Absent for the layout that the rule asks for. */
  readonly layout?: SecretShape;
  /** Whether the store holds the file as a document, and not the values of a manifest alone. */
  readonly isDocument?: boolean;
  /** What the rule says about the store, by the names of flags. */
  readonly settings: ReadonlyMap<string, string>;
}

/** How a store names one value. */
export interface RemoteReference {
  readonly key: string;
  /** The member of the secret; absent when the value is all of it. */
  readonly property: string | undefined;
}

/** A value that a pod finds as a file. */
export interface MountedValue {
  /** The file's name: the key of the Secret. */
  readonly file: string;
  readonly remote: RemoteReference;
  /** Whether the store holds base64 of the value. */
  readonly isBase64: boolean;
}

/** What the CSI driver is told. Structures within go in as text. */
export interface MountParameters {
  readonly provider: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** A store. Stateless, and knows only names: no method ever sees a value. */
export interface StoreProvider {
  /** The name of its row. */
  readonly name: string;
  /** Whether its values are bytes, so that none stands in base64. */
  readonly holdsBytes?: true;
  /** The flags that describe it, beside those that every store has. */
  readonly settings: readonly SettingName[];
  /** The name of a value in the store. Throws `usage` for a name that the store does not take. */
  remoteOf(place: StorePlace, key: string): RemoteReference;
  /** The field of `spec.provider` in a SecretStore, and what it holds by the operator's definitions. */
  readonly field: string;
  readonly shape: Group;
  /** What that field says. Throws `usage` for a setting that is missing or does not go with another. */
  storeSpec(settings: Settings, references: References): Branch;
  /**
   * Where a rule publishes a file of this name: `named` is what the rule has in the field of the row. Undefined for a place that no operator
   * can read; absent where `publish` does not know the store.
   */
  placeOf?(named: string, fileName: string, rule: DestinationRule): RulePlace | undefined;
  /** What mounts these values. Absent where the CSI driver has no such provider. Throws `usage`. */
  mount?(values: readonly MountedValue[], settings: Settings, place: StorePlace): MountParameters;
  /** Of the settings, those that mounting takes. */
  readonly mountSettings: readonly SettingName[];
  /** Parameters of the CSI driver's provider that have no flag of their own. */
  readonly mountParameters: readonly string[];
  /** Whether the CSI driver decodes base64 on the way into the file. */
  readonly mountDecodes: boolean;
}
