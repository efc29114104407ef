/** A stand-in for Google Secret Manager: secrets, numbered versions, checksums and etags. */
import { crc32c } from '../../src/util/text/crc32c.js';
import { HttpService, type Received, type Reply } from '../unit/keys/http-service.js';

export const GOOGLE_TOKEN = 'ya29.of-the-user';

interface StoredVersion {
  readonly data: string;
  state: 'ENABLED' | 'DISABLED' | 'DESTROYED';
}

interface StoredSecret {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly versions: StoredVersion[];
}

const json = (body: object, status = 200): Reply => ({ status, body: JSON.stringify(body) });
const refusal = (status: number, name: string): Reply =>
  json({ error: { code: status, message: `the words of the service for ${name}`, status: name } }, status);

export class GoogleSecretManager {
  readonly secrets = new Map<string, StoredSecret>();
  /** Called with each request before it is answered; what it gives is the answer instead. */
  before: (request: Received) => Reply | undefined = () => undefined;

  private constructor(readonly http: HttpService) {}

  static async start(): Promise<GoogleSecretManager> {
    const service: GoogleSecretManager = new GoogleSecretManager(
      await HttpService.start((request) => service.before(request) ?? service.answer(request)),
    );
    return service;
  }

  /** What a run needs to find it. */
  get env(): Record<string, string> {
    return {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER: this.http.url,
      GOOGLE_OAUTH_ACCESS_TOKEN: GOOGLE_TOKEN,
      GOOGLE_CLOUD_PROJECT: 'team',
    };
  }

  get requests(): string[] {
    return this.http.received.map(({ method, path }) => `${method} ${path}`);
  }

  /** The texts of a secret's versions. */
  texts(name: string): string[] {
    return this.secrets.get(name)?.versions.map(({ data }) => Buffer.from(data, 'base64').toString()) ?? [];
  }

  add(name: string, text: string): void {
    const secret = this.secrets.get(name) ?? { labels: {}, annotations: {}, versions: [] };
    this.secrets.set(name, secret);
    secret.versions.push({ data: Buffer.from(text).toString('base64'), state: 'ENABLED' });
  }

  private answer({ method, path, headers, body }: Received): Reply {
    if (headers.authorization !== `Bearer ${GOOGLE_TOKEN}`) return refusal(401, 'UNAUTHENTICATED');
    const url = new URL(path, 'http://server');
    const [, rest = ''] = /^\/v1\/projects\/team\/secrets(.*)$/.exec(url.pathname) ?? [];
    if (!url.pathname.startsWith('/v1/projects/team/secrets')) return refusal(403, 'PERMISSION_DENIED');
    if (rest === '') return method === 'GET' ? this.list(url) : this.make(url, JSON.parse(body));
    const [, name = '', below = ''] = /^\/([\w-]+)(.*)$/.exec(rest) ?? [];
    const secret = this.secrets.get(name);
    if (!secret) return refusal(404, 'NOT_FOUND');
    if (method === 'DELETE') return this.remove(name, url);
    if (below === '') return json({ name: `projects/1/secrets/${name}` });
    return this.version(name, secret, below, body);
  }

  private list(url: URL): Reply {
    const wanted = (url.searchParams.get('filter') ?? '').replace('name:', '');
    const found = [...this.secrets].filter(([name]) => name.includes(wanted));
    const from = Number(url.searchParams.get('pageToken') ?? 0);
    // One a page, so that pages are gone through.
    const secrets = found.slice(from, from + 1).map(([name, { labels, annotations }]) => ({
      name: `projects/1/secrets/${name}`,
      etag: `"${name}"`,
      labels,
      annotations,
    }));
    return json({ secrets, ...(from + 1 < found.length ? { nextPageToken: String(from + 1) } : {}) });
  }

  private make(
    url: URL,
    { labels = {}, annotations = {}, replication }: Record<string, Record<string, string>>,
  ): Reply {
    const name = url.searchParams.get('secretId') ?? '';
    if (this.secrets.has(name)) return refusal(409, 'ALREADY_EXISTS');
    if (!replication) return refusal(400, 'INVALID_ARGUMENT');
    this.secrets.set(name, { labels, annotations, versions: [] });
    return json({ name: `projects/1/secrets/${name}` });
  }

  private remove(name: string, url: URL): Reply {
    if (url.searchParams.get('etag') !== `"${name}"`) return refusal(400, 'FAILED_PRECONDITION');
    this.secrets.delete(name);
    return json({});
  }

  private version(name: string, { versions }: StoredSecret, below: string, body: string): Reply {
    const named = (number: number) => ({ name: `projects/1/secrets/${name}/versions/${number}` });
    if (below === ':addVersion') {
      const { data, dataCrc32c } = JSON.parse(body).payload;
      if (Number(dataCrc32c) !== crc32c(Buffer.from(data, 'base64'))) return refusal(400, 'INVALID_ARGUMENT');
      versions.push({ data, state: 'ENABLED' });
      return json(named(versions.length));
    }
    if (below === '/versions') {
      return json({ versions: versions.map(({ state }, at) => ({ ...named(at + 1), state, etag: `"v${at + 1}"` })) });
    }
    const [, which = '', action = ''] = /^\/versions\/(latest|\d+)(?::(\w+))?$/.exec(below) ?? [];
    const number = which === 'latest' ? versions.length : Number(which);
    const version = versions[number - 1];
    if (!version) return refusal(404, 'NOT_FOUND');
    if (action === 'disable') version.state = 'DISABLED';
    if (action !== 'access') return json({ ...named(number), state: version.state });
    if (version.state !== 'ENABLED') return refusal(400, 'FAILED_PRECONDITION');
    const dataCrc32c = String(crc32c(Buffer.from(version.data, 'base64')));
    return json({ ...named(number), payload: { data: version.data, dataCrc32c } });
  }
}
