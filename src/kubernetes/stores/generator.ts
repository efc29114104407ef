/** Generators: objects by which the operator makes values, or lends them, instead of reading them (docs/kubernetes/external-secrets.md#generators). */
import { branch, item } from '../../tree/tree.js';
import { printManifests } from '../manifest/print.js';
import { record } from '../object-literal.js';
import { finish } from './checked-object.js';
import { checkedName, checkNamespace } from './checks.js';
import { References } from './references.js';
import { usage } from './settings.js';
import type { Assignment } from './shapes/assignment.js';
import { GENERATORS } from './shapes/generator-shapes.js';

const API = 'generators.external-secrets.io/v1alpha1';

export interface GeneratorRequest {
  /** As the user wrote it; undefined for none. */
  readonly kind: string | undefined;
  readonly name: string | undefined;
  readonly namespace: string | undefined;
  /** Makes a ClusterGenerator of it, which every namespace can use. */
  readonly clusterWide: boolean;
  readonly sets: readonly Assignment[];
  readonly form: 'yaml' | 'json';
}

/** The manifest of a generator. Throws `usage`. */
export function generatorText(request: GeneratorRequest): string {
  const { clusterWide, sets } = request;
  const kind = kindOf(request.kind);
  if (request.name === undefined) throw usage('--name is missing: what the generator is called in the cluster');
  const name = checkedName(request.name, '--name');
  const namespace = request.namespace === undefined ? undefined : checkNamespace(request.namespace, '--namespace');
  const shape = GENERATORS[kind];
  if (shape === undefined) throw usage(`${kind} is not a generator`);
  const references = new References(clusterWide, namespace);
  const spec = finish(branch(), { shape, sets, references });
  if (!clusterWide) {
    const root = record({ apiVersion: API, kind, metadata: record({ name, namespace }), spec });
    return printManifests([root], { form: request.form });
  }
  const generator = branch([item(`${fieldOf(kind)}Spec`, spec)]);
  const root = record({
    apiVersion: API,
    kind: 'ClusterGenerator',
    metadata: record({ name }),
    spec: record({ kind, generator }),
  });
  return printManifests([root], { form: request.form });
}

function kindOf(given: string | undefined): string {
  const kinds = Object.keys(GENERATORS);
  const found = kinds.find((kind) => kind.toLowerCase() === given?.toLowerCase());
  if (found !== undefined) return found;
  const what = given === undefined ? 'no kind of generator is named' : `${JSON.stringify(given)} is not a generator`;
  throw usage(what, `Generators are ${kinds.join(', ')}.`);
}

/** `ECRAuthorizationToken` is `ecrAuthorizationToken`, `UUID` is `uuid`. */
function fieldOf(kind: string): string {
  return kind.replace(/^[A-Z]+(?=[A-Z][a-z])|^[A-Z]+$|^[A-Z]/, (start) => start.toLowerCase());
}
