/** `ref+k8s://v1/Secret/NAMESPACE/NAME/KEY`: Secrets and ConfigMaps of a cluster. */
import { SopsError } from '../../errors.js';
import { answerMembers, objectMembers, textMember } from '../../services/http/answer.js';
import { type Cluster, callKubernetes, clusterOf, kubernetesWords } from '../../services/kubernetes/client.js';
import { type Branch, branch, item, itemOf, leaf } from '../../tree/tree.js';
import { resolve } from '../../util/files/paths.js';
import { decodeText } from '../../util/text/text.js';
import { LastingAnswers } from '../../util/waiting/answer-memory.js';
import { type Backend, type BackendKind, parameterOf, type ReferenceContext } from '../backend.js';
import { jsonLine } from '../json-line.js';
import { bodyOf, strangeAnswer } from '../rest-store.js';
import { textOfValue } from '../value-text.js';

const TITLE = 'Kubernetes';
const CODES = { access: 'store-denied', lost: 'store-unreachable' } as const;
/** Plural names below `/api/v1/namespaces/…`, and what a value of `data` is. */
const KINDS: ReadonlyMap<string, { readonly plural: string; readonly decode: (text: string) => string }> = new Map([
  ['Secret', { plural: 'secrets', decode: (text: string) => decodeText(Buffer.from(text, 'base64')) }],
  ['ConfigMap', { plural: 'configmaps', decode: (text: string) => text }],
]);
const NAME = /^[a-z0-9](?:[-.a-z0-9]{0,251}[a-z0-9])?$/;

export const kubernetesObject: BackendKind = {
  open: (parameters, context) => new ObjectReader(parameters, context),
};

interface Place {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly key: string | undefined;
}

class ObjectReader implements Backend {
  readonly #parameters: ReadonlyMap<string, string>;
  readonly #context: ReferenceContext;
  readonly #objects = new LastingAnswers<Branch>();
  #cluster: Cluster | undefined;

  constructor(parameters: ReadonlyMap<string, string>, context: ReferenceContext) {
    this.#parameters = parameters;
    this.#context = context;
  }

  /** A value, or all as JSON. */
  async text(path: string): Promise<string> {
    const place = placeOf(path);
    const data = await this.#data(place);
    if (place.key === undefined) return jsonLine(data);
    const found = itemOf(data, place.key)?.value;
    const text = found?.kind === 'leaf' ? textOfValue(found) : undefined;
    if (text !== undefined) return text;
    throw new SopsError('reference-not-found', `the ${called(place)} has no key ${place.key}`);
  }

  async values(path: string): Promise<Branch> {
    const place = placeOf(path);
    if (place.key === undefined) return this.#data(place);
    throw new SopsError('reference-malformed', 'the key of a Secret comes after its name or after #/, not both');
  }

  /** Once for all keys of an object. */
  #data(place: Place): Promise<Branch> {
    return this.#objects.get(`${place.kind}/${place.namespace}/${place.name}`, () => this.#read(place));
  }

  async #read(place: Place): Promise<Branch> {
    this.#cluster ??= this.#choose();
    const { plural = '', decode } = KINDS.get(place.kind) ?? {};
    const shown = `the ${called(place)}`;
    const path = `/api/v1/namespaces/${place.namespace}/${plural}/${place.name}`;
    const body = await bodyOf(callKubernetes(this.#cluster, { method: 'GET', path }, this.#context, CODES), {
      ...{ title: TITLE, place: shown, wordsOf: kubernetesWords },
      deniedHint: `Ask for the right to get ${plural} in ${place.namespace}: sops-ts emit rbac prints a Role for it.`,
    });
    const answer = answerMembers(body);
    if (textMember(answer, 'kind') !== place.kind || !decode) throw strangeAnswer(TITLE, shown);
    const entries = [...(objectMembers(answer?.get('data')) ?? [])];
    return branch(entries.map(([key, value]) => item(key, leaf(decode(String(value))))));
  }

  /** A kubeconfig that the reference names, or a context of the user's own, decides whose credentials go where. */
  #choose(): Cluster {
    const { host } = this.#context;
    const own = (name: string): string | undefined => parameterOf(name, this.#parameters, this.#context);
    const inPod = this.#parameters.get('inCluster') ?? host.env.VALS_INCLUSTER;
    if (inPod !== undefined && inPod !== 'false') return clusterOf({ context: '', ofPod: true }, { host });
    if (this.#parameters.has('kubeConfigPath')) {
      this.#context.demand('a kubeconfig, which says who asks which server, and can run programs');
    }
    if (this.#parameters.has('kubeContext')) {
      this.#context.demand('the context of your kubeconfig, which says whom you ask as whom');
    }
    const path = own('kubeConfigPath');
    return clusterOf(
      { context: own('kubeContext') ?? '', path: path === undefined ? undefined : resolve(host.cwd, path) },
      { host },
    );
  }
}

function called({ kind, namespace, name }: Place): string {
  return `${kind} ${namespace}/${name}`;
}

/** Throws `reference-malformed`: a name must not lead to another endpoint of the server. */
function placeOf(path: string): Place {
  const [apiVersion, kind = '', namespace = '', name = '', key, ...more] = path.split('/');
  if (apiVersion === 'v1' && KINDS.has(kind) && NAME.test(namespace) && NAME.test(name) && more.length === 0) {
    return { kind, namespace, name, key: key === '' ? undefined : key };
  }
  throw new SopsError(
    'reference-malformed',
    'what Kubernetes has is named v1/Secret/NAMESPACE/NAME or v1/Secret/NAMESPACE/NAME/KEY',
    {
      hint: 'It can be a Secret or a ConfigMap.',
    },
  );
}
