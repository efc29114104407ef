/** `ref+k8s://v1/Secret/NAMESPACE/NAME/KEY`: Secrets and ConfigMaps of a cluster. */
import { resolve } from 'node:path';
import { SopsError } from '../../errors.js';
import { answerMembers, objectMembers, textMember } from '../../services/http/answer.js';
import { type Branch, branch, item, itemOf, leaf } from '../../tree/tree.js';
import { LastingAnswers } from '../../util/answer-memory.js';
import { decodeText } from '../../util/text.js';
import { type Backend, type BackendKind, parameterOf, type ReferenceContext } from '../backend.js';
import { accessOfContext, accessOfPod, type ClusterAccess, isInPod } from '../cluster-access.js';
import { jsonLine } from '../json-line.js';
import { chooseContext, kubeconfigPaths } from '../kubeconfig.js';
import { askStore, strangeAnswer } from '../rest-store.js';
import { textOfValue } from '../value-text.js';

const TITLE = 'Kubernetes';
/** The API server takes objects of 1.5 MiB, and shows them with what manages their fields. */
const MOST_BYTES = 8 << 20;
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
  #access: Promise<ClusterAccess> | undefined;

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
    throw new SopsError('reference-malformed', 'the key of a Secret stands behind its name or behind #/, not both');
  }

  /** Once for all keys of an object. */
  #data(place: Place): Promise<Branch> {
    return this.#objects.get(`${place.kind}/${place.namespace}/${place.name}`, () => this.#read(place));
  }

  async #read(place: Place): Promise<Branch> {
    this.#access ??= this.#connect();
    const { address, headers, tls, proxy, secrets } = await this.#access;
    const { plural = '', decode } = KINDS.get(place.kind) ?? {};
    const shown = `the ${called(place)}`;
    const body = await askStore(
      {
        ...{ title: TITLE, place: shown, headers, tls, secrets, mostBytes: MOST_BYTES },
        url: new URL(`${address}/api/v1/namespaces/${place.namespace}/${plural}/${place.name}`),
        ...(proxy ? { proxy } : {}),
        deniedHint: `Ask for the right to get ${plural} in ${place.namespace}: sops-ts emit rbac prints a Role for it.`,
        wordsOf: (answer) => textMember(answerMembers(answer), 'message') ?? '',
      },
      this.#context,
    );
    const answer = answerMembers(body);
    if (textMember(answer, 'kind') !== place.kind || !decode) throw strangeAnswer(TITLE, shown);
    const entries = [...(objectMembers(answer?.get('data')) ?? [])];
    return branch(entries.map(([key, value]) => item(key, leaf(decode(String(value))))));
  }

  /** A kubeconfig that the reference names, or a context of the user's own, decides whose credentials go where. */
  async #connect(): Promise<ClusterAccess> {
    const { host } = this.#context;
    const own = (name: string): string | undefined => parameterOf(name, this.#parameters, this.#context);
    const inPod = this.#parameters.get('inCluster') ?? host.env.VALS_INCLUSTER;
    if (inPod !== undefined && inPod !== 'false') return accessOfPod(host);
    if (this.#parameters.has('kubeConfigPath')) {
      this.#context.demand('a kubeconfig, which says who asks which server, and can run programs');
    }
    if (this.#parameters.has('kubeContext')) {
      this.#context.demand('the context of your kubeconfig, which says whom you ask as whom');
    }
    const path = own('kubeConfigPath');
    const paths = path === undefined ? kubeconfigPaths(host) : [resolve(host.cwd, path)];
    const chosen = await chooseContext(paths, own('kubeContext'));
    if (chosen) return accessOfContext(chosen, host);
    if (path === undefined && isInPod(host)) return accessOfPod(host);
    throw new SopsError('store-denied', `there is no kubeconfig${path === undefined ? '' : ` at ${path}`}`, {
      hint: 'Name one in KUBECONFIG, or put it at ~/.kube/config; in a pod its service account is taken.',
    });
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
