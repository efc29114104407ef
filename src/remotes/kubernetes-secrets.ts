/** Secrets of a Kubernetes cluster: each key on its own, under the version of the object that was read (docs/publish.md#kubernetes). */
import { SopsError } from '../errors.js';
import { answerMembers, objectMembers, textMember } from '../services/http/answer.js';
import type { HttpResponse } from '../services/http/request.js';
import { callKubernetes, clusterOf, type KubernetesCall, kubernetesRefusal } from '../services/kubernetes/client.js';
import type { Session } from '../util/host/host.js';
import type { PlaceWishes, PlainValues, PutResult, Remnant, Remote } from './remote.js';
import { clusterPlace } from './secret-names.js';
import { changedThere, isWholeFile, MAKER } from './secret-parts.js';

const NAME = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;
const KEY = /^[-._a-zA-Z0-9]{1,253}$/;
const MANAGER = 'app.kubernetes.io/managed-by';
/** The keys that publications wrote: others are nobody's here. */
const PUBLISHED = 'sops-ts.dev/published-keys';
const MERGE = 'application/merge-patch+json';
/** A version that changed without a change of values, by a label or an annotation, is tried again. */
const TRIES = 4;

export const kubernetesSecretsRemote: Remote<PlainValues> = {
  open(settings, host, wishes) {
    const target = clusterPlace(settings.get('kubernetes') ?? '');
    if (!target) {
      throw new SopsError('config', 'kubernetes names no Secret', {
        hint: 'Write NAMESPACE/NAME, or NAMESPACE/ for the names of the files.',
      });
    }
    const isJson = isWholeFile(settings);
    const place = (fileName: string): Secret => {
      const name = target.nameFor(fileName);
      if (!NAME.test(name)) throw new SopsError('config', `${JSON.stringify(name)} is not a name of a Secret`);
      return new Secret(
        { namespace: target.namespace, name, context: settings.get('kubernetes_context') ?? '' },
        host,
        wishes,
      );
    };
    const dataOf = (fileName: string, values: PlainValues): Map<string, string> =>
      isJson ? new Map([[jsonKey(fileName), base64(values.json)]]) : dataIn(values);
    return {
      url: (name) => place(name).url,
      put: (name, values) => place(name).put(dataOf(name, values), values.secretType),
      leftovers: (name, values) => place(name).leftovers(dataOf(name, values)),
    };
  },
};

function dataIn({ entries }: PlainValues): Map<string, string> {
  const wrong = entries.find(({ key }) => !KEY.test(key));
  if (wrong) {
    throw new SopsError('config', 'a key is not one that a Secret takes', {
      path: [wrong.key],
      hint: 'Keys of Secrets are made of letters, digits and -_. (253 at most).',
    });
  }
  return new Map(
    entries.map(({ key, text, bytes }) => [key, bytes ? Buffer.from(bytes).toString('base64') : base64(text)]),
  );
}

/** `app.enc.yaml` is `app.json`. */
function jsonKey(fileName: string): string {
  return `${fileName.split('/').at(-1)?.split('.', 1)[0] || 'values'}.json`;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

interface SecretPlace {
  readonly namespace: string;
  readonly name: string;
  readonly context: string;
}

/** A Secret as it is in the cluster. */
interface Found {
  readonly version: string;
  readonly data: ReadonlyMap<string, unknown>;
  readonly published: readonly string[];
  readonly isImmutable: boolean;
}

class Secret {
  readonly url: string;
  readonly #path: string;

  constructor(
    private readonly place: SecretPlace,
    private readonly host: Session,
    private readonly wishes: PlaceWishes,
  ) {
    const { namespace, name, context } = place;
    this.url = `kubernetes://${context === '' ? '' : `${context}/`}${namespace}/secrets/${name}`;
    this.#path = `/api/v1/namespaces/${namespace}/secrets`;
  }

  async put(data: ReadonlyMap<string, string>, type: string | undefined): Promise<PutResult> {
    let before = await this.#read();
    if (!before) return this.#make(data, type);
    const first = before.data;
    for (let tries = 0; tries < TRIES; tries++) {
      if (isIn(data, before.data)) return 'unchanged';
      if (!isSameData(first, before.data)) throw changedThere(this.url);
      if (before.isImmutable) {
        throw new SopsError('failed', `${this.url} is immutable`, { hint: 'Delete it, or choose another name.' });
      }
      const kept = before.published.filter((key) => before?.data.has(key));
      const published = [...new Set([...kept, ...data.keys()])];
      if (await this.#patch(before, Object.fromEntries(data), published)) return 'written';
      before = await this.#read();
      if (!before) break;
    }
    throw changedThere(this.url);
  }

  async leftovers(data: ReadonlyMap<string, string>): Promise<Remnant[]> {
    const found = await this.#read();
    const old = found?.published.filter((key) => !data.has(key) && found.data.has(key)) ?? [];
    return old.map((key) => ({ name: `the key ${key}`, remove: () => this.#remove(key, found?.data.get(key)) }));
  }

  async #remove(key: string, value: unknown): Promise<void> {
    const found = await this.#read();
    if (!found?.data.has(key)) return;
    const published = found.published.filter((one) => one !== key);
    if (found.data.get(key) !== value || !(await this.#patch(found, { [key]: null }, published))) {
      throw changedThere(this.url);
    }
  }

  async #make(data: ReadonlyMap<string, string>, type = 'Opaque'): Promise<PutResult> {
    const body = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: this.place.name,
        labels: { [MANAGER]: this.wishes.managedBy ?? MAKER },
        annotations: { [PUBLISHED]: [...data.keys()].join(',') },
      },
      type,
      data: Object.fromEntries(data),
    };
    const answer = await this.#send({ method: 'POST', path: this.#path, body });
    if (answer.status === 409) throw changedThere(this.url);
    if (answer.status !== 201 && answer.status !== 200) throw this.#refusal(answer);
    return 'written';
  }

  /** Whether it was taken: the server compares the version. */
  async #patch(
    { version }: Found,
    data: Record<string, string | null>,
    published: readonly string[],
  ): Promise<boolean> {
    const metadata = { resourceVersion: version, annotations: { [PUBLISHED]: published.join(',') } };
    const path = `${this.#path}/${this.place.name}`;
    const answer = await this.#send({ method: 'PATCH', path, body: { metadata, data }, contentType: MERGE });
    if (answer.status === 409) return false;
    if (answer.status !== 200) throw this.#refusal(answer);
    return true;
  }

  /** Undefined for one that is not there. */
  async #read(): Promise<Found | undefined> {
    const answer = await this.#send({ method: 'GET', path: `${this.#path}/${this.place.name}` });
    if (answer.status === 404) return undefined;
    const object = answerMembers(answer.body);
    const metadata = objectMembers(object?.get('metadata'));
    const version = textMember(metadata, 'resourceVersion');
    if (answer.status !== 200 || version === undefined) throw this.#refusal(answer);
    const published = textMember(objectMembers(metadata?.get('annotations')), PUBLISHED);
    return {
      version,
      data: objectMembers(object?.get('data')) ?? new Map(),
      published: published?.split(',') ?? [],
      isImmutable: object?.get('immutable') === true,
    };
  }

  async #send(call: KubernetesCall): Promise<HttpResponse> {
    try {
      const { host } = this;
      return await callKubernetes(clusterOf({ context: this.place.context }, { host }), call, { host });
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      throw error.reworded(`failed to reach ${this.url}: ${error.message}`).with('failed');
    }
  }

  #refusal(answer: HttpResponse): SopsError {
    const told = kubernetesRefusal(answer);
    const error = told.reworded(`failed to write ${this.url}: ${told.message}`);
    if (answer.status !== 403 && answer.status !== 401) return error.with('failed');
    const verbs = `kubectl auth can-i get,create,patch secrets/${this.place.name} -n ${this.place.namespace}`;
    return error.with('failed', { hint: `Who publishes needs get, create and patch on Secrets there: ${verbs}` });
  }
}

function isIn(data: ReadonlyMap<string, string>, found: ReadonlyMap<string, unknown>): boolean {
  return [...data].every(([key, value]) => found.get(key) === value);
}

function isSameData(one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): boolean {
  return one.size === other.size && [...one].every(([key, value]) => other.get(key) === value);
}
