/** Annotations that must not be passed on. */

/** Clients keep the whole object in these, plaintext included. */
const COPIES: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'kubecfg.ksonnet.io/last-applied-configuration',
]);

/** The annotations without those that hold a copy of the object. */
export function withoutCopies(annotations: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...annotations].filter(([key]) => !COPIES.has(key)));
}
