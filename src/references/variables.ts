/** References in the variables of a program: they are resolved before it is started, and what was lent is kept as long as it runs. */
import { dirname } from 'node:path';
import { SopsError } from '../errors.js';
import type { ResolvedVariables } from '../operations/programs/variables.js';
import { referenceTrail } from '../run/reference-trail.js';
import { resolve } from '../util/files/paths.js';
import type { Session } from '../util/host/host.js';
import type { ReferencesRequest } from './evaluate.js';
import { mayHoldReference } from './expression.js';
import { grantsFor } from './grants.js';
import { LeaseKeeper } from './lease-keeper.js';
import { Resolver, SharedReads } from './resolver.js';
import { textOfValue } from './value-text.js';

/**
 * Resolves the references in variables. Nothing is left behind when one of them fails: what was lent is given back. Throws SopsError that names the
 * variable.
 * @param origins the file of each variable: relative paths begin at its folder, and what is allowed is asked of its configuration.
 */
export async function resolveVariables(
  variables: ReadonlyMap<string, string>,
  { allowed, configPath }: ReferencesRequest,
  origins: ReadonlyMap<string, string>,
  host: Session,
  signal: AbortSignal | undefined,
): Promise<ResolvedVariables> {
  const leases = new LeaseKeeper(host);
  const note = referenceTrail(host);
  const shared = new SharedReads();
  const resolvers = new Map<string, Resolver>();
  const resolverOf = (name: string): Resolver => {
    const file = origins.get(name);
    const folder = dirname(resolve(host.cwd, file ?? '.'));
    const known = resolvers.get(folder);
    if (known) return known;
    const grants = grantsFor(file, configPath, host);
    const made = new Resolver({ host, folder, allowed: new Set(allowed), grants, leases, signal, note, shared });
    resolvers.set(folder, made);
    return made;
  };
  const results = await Promise.allSettled(
    [...variables].map((variable) => resolved(variable, resolverOf(variable[0]))),
  );
  const failure = [...results, ...(await leases.noted())].find((result) => result.status === 'rejected');
  if (failure) {
    await leases.close();
    throw failure.reason;
  }
  const entries = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  return { variables: new Map(entries), kept: leases, changed: () => firstChanged([...resolvers.values()]) };
}

async function firstChanged(resolvers: readonly Resolver[]): Promise<string | undefined> {
  const found = await Promise.all(resolvers.map((resolver) => resolver.changed()));
  return found.find((shown) => shown !== undefined);
}

/** Numbers and booleans are texts in an environment; nothing else but text is. */
async function resolved(
  [name, text]: readonly [string, string],
  resolver: Resolver,
): Promise<readonly [string, string]> {
  if (!mayHoldReference(text)) return [name, text];
  try {
    const value = await resolver.value(text);
    const scalar = value.kind === 'leaf' ? textOfValue(value) : undefined;
    if (scalar !== undefined) return [name, scalar];
    throw new SopsError('reference-not-found', 'the reference leads to no text, number or truth value', {
      hint: 'A variable holds one value: name it with #/KEY.',
    });
  } catch (error) {
    throw error instanceof SopsError ? error.reworded(`${name}: ${error.message}`) : error;
  }
}
