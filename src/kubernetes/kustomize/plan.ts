/** What a generator asks for, whichever kind its configuration is of. */

/** A file of a generator's list. */
export interface FileReference {
  /** As written; with `glob` a pattern. Relative to the working directory. */
  readonly path: string;
  readonly glob: boolean;
  /** The key of a Secret that its content goes to; undefined for the file's base name. */
  readonly key?: string | undefined;
  /** A file that is not there is passed over. */
  readonly optional: boolean;
  /** One value of the file instead of its whole text, as `--extract` and `set` name it. */
  readonly extract?: string | undefined;
}

/** A Secret to be made. */
export interface SecretPlan {
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
  readonly type?: string | undefined;
  readonly files: readonly FileReference[];
  readonly binaryFiles: readonly FileReference[];
  readonly envs: readonly FileReference[];
  readonly marks: ObjectOptions;
}

/** What is added to the objects that come out. */
export interface ObjectOptions {
  readonly needsHash: boolean;
  readonly behavior?: string | undefined;
  readonly immutable: boolean;
  /** `stringData` becomes `data`, which is all that kustomize merges. */
  readonly dataOnly: boolean;
}

export const NO_MARKS: ObjectOptions = { needsHash: false, immutable: false, dataOnly: false };

export interface GeneratorPlan {
  /** Whose rules hold: those of ksops for its kind, stricter ones for our own. */
  readonly dialect: 'ksops' | 'own';
  /** Encrypted files that hold whole objects. */
  readonly files: readonly FileReference[];
  readonly secrets: readonly SecretPlan[];
  /** For the objects of `files`. */
  readonly marks: ObjectOptions;
  readonly ignoreMac: boolean;
  /** Whether values take the place of references in all that comes out. */
  readonly resolvesReferences: boolean;
}

/** The annotations by which kustomize is told what to do with an object (docs/kubernetes/kustomize.md#what-kustomize-does-with-the-output). */
export const NEEDS_HASH = 'kustomize.config.k8s.io/needs-hash';
export const BEHAVIOR = 'kustomize.config.k8s.io/behavior';
export const BEHAVIORS: readonly string[] = ['create', 'merge', 'replace'];
