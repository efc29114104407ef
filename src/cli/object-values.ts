/** Values for references in what generators make: what reads the stores is loaded when one asks for it. */
import type { ReferenceValues } from '../kubernetes/kustomize/reference-values.js';
import type { Session } from '../util/host/host.js';

export async function openValues(session: Session): Promise<ReferenceValues> {
  const { ObjectValues } = await import('../references/object-values.js');
  return new ObjectValues(session);
}
