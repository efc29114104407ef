/** A stand-in for the API server of a cluster: Secrets with versions, merge patches and conflicts. */
import { TLS } from '../unit/keys/azure-service.js';
import { HttpService, type Received, type Reply } from '../unit/keys/http-service.js';

export const CLUSTER_TOKEN = 'token-of-the-user';

export interface StoredObject {
  metadata: {
    name: string;
    resourceVersion: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  data: Record<string, string>;
  type?: string;
  immutable?: boolean;
}

const status = (code: number, reason: string): Reply => ({
  status: code,
  body: JSON.stringify({
    kind: 'Status',
    status: 'Failure',
    message: `the words of the cluster: ${reason}`,
    reason,
    code,
  }),
});

export class TestCluster {
  readonly objects = new Map<string, StoredObject>();
  before: (request: Received) => Reply | undefined = () => undefined;
  /** The token that lets in. */
  token: () => string = () => CLUSTER_TOKEN;
  #version = 100;

  private constructor(readonly http: HttpService) {}

  static async start(): Promise<TestCluster> {
    const cluster: TestCluster = new TestCluster(await HttpService.start((request) => cluster.answer(request), TLS));
    return cluster;
  }

  /** A kubeconfig for it, as whoever `user` is. */
  config(user: object = { token: CLUSTER_TOKEN }, context = 'test'): string {
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': context,
      contexts: [{ name: context, context: { cluster: 'c', user: 'u' } }],
      clusters: [
        {
          name: 'c',
          cluster: { server: this.http.url, 'certificate-authority-data': Buffer.from(TLS.cert).toString('base64') },
        },
      ],
      users: [{ name: 'u', user }],
    });
  }

  get writings(): string[] {
    return this.http.received.flatMap(({ method, path }) => (method === 'GET' ? [] : [`${method} ${path}`]));
  }

  put(path: string, data: Record<string, string>, more: Partial<StoredObject> = {}): void {
    this.#version += 1;
    const encoded = Object.fromEntries(
      Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
    );
    const name = path.split('/').at(-1) ?? '';
    this.objects.set(path, { metadata: { name, resourceVersion: String(this.#version) }, data: encoded, ...more });
  }

  /** The texts of a Secret. */
  texts(path: string): Record<string, string> {
    const data = Object.entries(this.objects.get(path)?.data ?? {});
    return Object.fromEntries(data.map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]));
  }

  private answer(request: Received): Reply {
    const { method, path, headers, body } = request;
    if (headers.authorization !== `Bearer ${this.token()}`) return status(401, 'Unauthorized');
    const early = this.before(request);
    if (early) return early;
    const [, namespace = '', name = ''] = /^\/api\/v1\/namespaces\/([^/]+)\/secrets(?:\/([^/]+))?$/.exec(path) ?? [];
    if (namespace === '') return status(404, 'NotFound');
    if (method === 'POST') return this.make(namespace, JSON.parse(body));
    const found = this.objects.get(`${namespace}/${name}`);
    if (!found) return status(404, 'NotFound');
    if (method === 'PATCH') return this.patch(found, headers['content-type'], JSON.parse(body));
    const shown = JSON.stringify({ apiVersion: 'v1', kind: 'Secret', ...found });
    return { headers: { 'content-type': 'application/json' }, body: shown };
  }

  private make(namespace: string, object: StoredObject): Reply {
    const path = `${namespace}/${object.metadata.name}`;
    if (this.objects.has(path)) return status(409, 'AlreadyExists');
    this.#version += 1;
    object.metadata.resourceVersion = String(this.#version);
    this.objects.set(path, object);
    return { status: 201, body: JSON.stringify(object) };
  }

  private patch(found: StoredObject, type: string | undefined, patch: StoredObject): Reply {
    if (type !== 'application/merge-patch+json') return status(415, 'UnsupportedMediaType');
    if (patch.metadata.resourceVersion !== found.metadata.resourceVersion) return status(409, 'Conflict');
    for (const [key, value] of Object.entries(patch.data as Record<string, string | null>)) {
      if (value === null) delete found.data[key];
      else found.data[key] = value;
    }
    this.#version += 1;
    found.metadata.annotations = { ...found.metadata.annotations, ...patch.metadata.annotations };
    found.metadata.resourceVersion = String(this.#version);
    return { body: JSON.stringify(found) };
  }
}
