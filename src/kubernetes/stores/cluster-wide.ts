/** Objects of the whole cluster that make others in namespaces: ClusterExternalSecrets and ClusterPushSecrets. */
import { type Branch, item, leaf, list } from '../../tree/tree.js';
import { textMap } from '../manifest/manifest.js';
import { type FieldValue, record } from '../object-literal.js';
import { checkNamespace } from './checks.js';
import { usage } from './settings.js';

/** The namespaces that get an object. */
export interface Spread {
  readonly namespaces: readonly string[];
  /** `KEY=VALUE`, all of which are needed. */
  readonly labels: readonly string[];
}

/** The label that the API server gives every namespace. */
const OWN_NAME = 'kubernetes.io/metadata.name';

/** The fields that say where; `takesNames` of a kind that has a list of names. Throws `usage`. */
export function spreadFields({ namespaces, labels }: Spread, takesNames: boolean): Record<string, FieldValue> {
  if (namespaces.length + labels.length === 0) {
    throw usage('--cluster-wide needs --namespaces or --namespace-labels', 'They say which namespaces get the object.');
  }
  const names = namespaces.map((name) => leaf(checkNamespace(name, '--namespaces')));
  const selectors = labels.length > 0 ? [record({ matchLabels: textMap(new Map(labels.map(labelIn))) })] : [];
  if (takesNames) {
    return {
      namespaces: names.length > 0 ? list(names) : undefined,
      namespaceSelectors: selectors.length > 0 ? selectors : undefined,
    };
  }
  const byName = record({
    matchExpressions: [record({ key: OWN_NAME, operator: 'In', values: list(names) })],
  });
  return { namespaceSelectors: [...(names.length > 0 ? [byName] : []), ...selectors] };
}

function labelIn(text: string): [string, string] {
  const [key = '', value, ...more] = text.split('=');
  if (key !== '' && value !== undefined && more.length === 0) return [key, value];
  throw usage(`--namespace-labels ${JSON.stringify(text)} is not of the form KEY=VALUE`);
}

/** An object of the cluster with the `spec` of another one in it. */
export function clusterObject(
  kind: { readonly apiVersion: string; readonly kind: string; readonly prefix: string },
  name: string,
  spec: Branch,
  fields: Record<string, FieldValue>,
): { root: Branch; spec: Branch } {
  const own = record({ [`${kind.prefix}Name`]: name, ...fields });
  own.items.push(item(`${kind.prefix}Spec`, spec));
  const root = record({ apiVersion: kind.apiVersion, kind: kind.kind, metadata: record({ name }), spec: own });
  return { root, spec: own };
}
