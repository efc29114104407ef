/** What a sealed value is bound to: its object, its namespace, or nothing but the cluster (docs/kubernetes/sealed-secrets.md#scopes). */
import { SopsError } from '../../errors.js';

/** The scopes by name, as `--scope` takes them: one row each. */
export const SCOPES = [
  { name: 'strict', annotation: undefined },
  { name: 'namespace-wide', annotation: 'sealedsecrets.bitnami.com/namespace-wide' },
  { name: 'cluster-wide', annotation: 'sealedsecrets.bitnami.com/cluster-wide' },
] as const;

export type Scope = (typeof SCOPES)[number]['name'];

/** The scope that a word names. Throws `usage`. */
export function parseScope(word: string): Scope {
  const row = SCOPES.find(({ name }) => name === word);
  if (row) return row.name;
  throw new SopsError('usage', `Incorrect Usage: ${JSON.stringify(word)} is not a scope for --scope`, {
    hint: `The scopes are ${SCOPES.map(({ name }) => name).join(', ')}.`,
  });
}

/** The scope that annotations ask for; undefined without one. Only the text `true` counts, and the widest scope wins. */
export function scopeOfAnnotations(annotations: ReadonlyMap<string, string>): Scope | undefined {
  return SCOPES.findLast(({ annotation }) => annotation !== undefined && annotations.get(annotation) === 'true')?.name;
}

/** The annotations with those of the scope in place of all other scopes'. */
export function withScope(annotations: ReadonlyMap<string, string>, scope: Scope): Map<string, string> {
  const result = new Map(annotations);
  for (const { name, annotation } of SCOPES) {
    if (annotation === undefined) continue;
    result.delete(annotation);
    if (name === scope) result.set(annotation, 'true');
  }
  return result;
}

/** The text that values of an object are bound to. A narrow scope needs the names: callers have checked that they are there. */
export function labelOf(scope: Scope, { name, namespace }: { name: string; namespace: string }): string {
  if (scope === 'cluster-wide') return '';
  return scope === 'namespace-wide' ? namespace : `${namespace}/${name}`;
}
