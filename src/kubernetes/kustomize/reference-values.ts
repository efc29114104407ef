/** Values in the place of references, as the plug-in asks for them (`resolveRefs: true`). What reads the stores is given to it from outside. */
import type { FormatStore } from '../../formats/store.js';
import type { Branch } from '../../tree/tree.js';
import type { Session } from '../../util/host/host.js';
import type { GeneratorPlan } from './plan.js';

/** All methods reject with SopsError, which names the reference and nothing that it leads to. */
export interface ReferenceValues {
  /** The bytes of a file's plaintext. */
  inFile(bytes: Uint8Array, store: FormatStore): Promise<Uint8Array>;
  /** A text that was taken out of a file. */
  inText(text: string): Promise<string>;
  /** Objects, which are changed. */
  inObjects(roots: readonly Branch[]): Promise<void>;
  /** Gives back what was lent; `failed`: all of it, since nothing comes out. */
  close(failed: boolean): Promise<void>;
}

export type OpenValues = (host: Session) => Promise<ReferenceValues>;

/** Does a task with values where one of the plans asks for them. */
export async function withValues<T>(
  plans: readonly GeneratorPlan[],
  open: OpenValues | undefined,
  host: Session,
  task: (values: ReferenceValues | undefined) => Promise<T>,
): Promise<T> {
  if (!open || !plans.some(({ resolvesReferences }) => resolvesReferences)) return task(undefined);
  const values = await open(host);
  try {
    const done = await task(values);
    await values.close(false);
    return done;
  } catch (error) {
    await values.close(true);
    throw error;
  }
}
