/** A plaintext for a program, with values in the place of its references; what was lent is kept as long as the program runs. */
import { dirname } from 'node:path';
import type { ResolvedPlaintext } from '../operations/programs/exec-file.js';
import { referenceTrail } from '../run/reference-trail.js';
import { resolve } from '../util/files/paths.js';
import type { Session } from '../util/host/host.js';
import { type PlainFile, plainBytes, type ReferencesRequest } from './evaluate.js';
import { grantsFor } from './grants.js';
import { LeaseKeeper } from './lease-keeper.js';
import { Resolver } from './resolver.js';
import { textOfValue } from './value-text.js';

/** Nothing is left behind when a reference fails: what was lent is given back. Throws SopsError that names the reference. */
export async function resolvePlaintext(
  { bytes, store, path }: PlainFile,
  { allowed, configPath }: ReferencesRequest,
  host: Session,
  signal: AbortSignal | undefined,
): Promise<ResolvedPlaintext> {
  const leases = new LeaseKeeper(host);
  const folder = path === undefined ? host.cwd : dirname(resolve(host.cwd, path));
  const texts = new Set<string>();
  const resolver = new Resolver({
    ...{ host, folder, leases, signal, allowed: new Set(allowed) },
    grants: grantsFor(path, configPath, host),
    note: referenceTrail(host),
    onValue: (value) => {
      const text = value.kind === 'leaf' ? textOfValue(value) : undefined;
      if (text !== undefined) texts.add(text);
    },
  });
  try {
    const resolved = await plainBytes({ bytes, store }, resolver);
    for (const result of await leases.noted()) if (result.status === 'rejected') throw result.reason;
    return { bytes: resolved, texts: [...texts], kept: leases };
  } catch (error) {
    await leases.close();
    throw error;
  }
}
