/** The seam of what references read from: what a row says, and the contract of a back end. */
import type { Branch } from '../tree/tree.js';
import type { Session } from '../util/host/host.js';
import type { Leases } from './lease.js';

/** What a back end works with. */
export interface ReferenceContext {
  readonly host: Session;
  /** Where relative paths begin, absolute: the folder of the file that holds the references, or the working directory. */
  readonly folder: string;
  /** Whether what a path names may be read although it is outside of that folder: the user wrote the reference, or allowed it. */
  readonly readsEverywhere: boolean;
  /** Ends requests when aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Takes what must be kept alive, and be given back in the end. Absent where nothing outlives the call, as for a print. */
  readonly leases?: Leases | undefined;
  /**
   * Called by a back end before it lets a reference choose what its writer must not choose alone: a server that gets the user's
   * credentials, a file or variable that holds them. `what` completes "lets a reference choose …". Throws `reference-not-allowed` unless the
   * user wrote the reference, or allowed its scheme, or `of`: the absolute path, or the server ({@link serverWord}), that would be chosen.
   */
  demand(what: string, of?: string): void;
}

/**
 * Reads secrets of one store. Made once a run for each scheme with its parameters; both methods are called once for each path, several
 * at a time. They reject with a SopsError that names the store and the path, and holds no value and no parameter:
 * `reference-not-found` for what is not there, `store-denied` where the store refuses, `store-unreachable` where it does not answer.
 */
export interface Backend {
  /** The whole secret as text: for a reference without a fragment. */
  text(path: string): Promise<string>;
  /** The secret as a map: for a reference with a fragment. */
  values(path: string): Promise<Branch>;
  /** Lets go of what was read, so that it is read anew; not of what was lent, which would be made anew. Absent where another instance does it. */
  forget?(): void;
}

/** What makes back ends of a kind; one instance serves a whole process. */
export interface BackendKind {
  /** `parameters`: those of the reference; one that is not given there is looked up as `VALS_NAME` in the environment, by {@link parameterOf}. */
  open(parameters: ReadonlyMap<string, string>, context: ReferenceContext): Backend;
}

/** One kind of back end. A new one is a row in registry.ts and one file. */
export interface BackendRow {
  /** The words between `ref+` and `://`. */
  readonly schemes: readonly string[];
  /** How users call it. */
  readonly title: string;
  /** The parameters that it knows, by names or beginnings with `*`; another one is told, since a misspelt `version` would read another secret. */
  readonly parameters: readonly string[];
  /** Whether reading again tells no change: the path says what is read, or reading does something. */
  readonly isFixed?: boolean;
  /** Whether its references work only where the user wrote them or allowed the scheme: they run programs, or read the environment. */
  readonly onlyAllowed?: boolean;
  /** Whether what the user allows of that, `exec://PROGRAM`, allows longer paths of the same beginning; absent for no path. */
  readonly takesMore?: (path: string) => boolean;
  /** Whether nobody but this machine gets to know the paths that are read. */
  readonly tellsNobody?: boolean;
  /** Whether its paths are files: a part of it that is allowed is one, or a folder, seen from where that is said. */
  readonly namesFiles?: boolean;
  /** Whether a path is or may hold the value itself, which belongs into no log. */
  readonly pathIsValue?: boolean;
  /** The npm packages that it loads when it is used; absent for none. */
  readonly packages?: readonly string[];
  load(): Promise<BackendKind>;
}

/** A server as configurations allow it: its host and port; with the scheme only where that is not https, which an allowance of the host does not cover. */
export function serverWord({ protocol, host, origin }: URL): string {
  return protocol === 'https:' ? host : origin;
}

/** A parameter, or what the environment says for all references; undefined for neither. */
export function parameterOf(
  name: string,
  parameters: ReadonlyMap<string, string>,
  { host }: Pick<ReferenceContext, 'host'>,
): string | undefined {
  return parameters.get(name) || host.env[`VALS_${name.toUpperCase()}`] || undefined;
}
