/** A stand-in for the secrets of Azure Key Vault, with its challenge, versions, tags and deleted secrets. */
import { TENANT, TLS, TOKEN } from '../unit/keys/azure-service.js';
import { HttpService, type Received, type Reply } from '../unit/keys/http-service.js';

interface StoredVersion {
  readonly id: string;
  readonly value: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly contentType?: string;
}

const json = (body: object, status = 200, headers: Record<string, string> = {}): Reply => ({
  status,
  headers,
  body: JSON.stringify(body),
});
const refusal = (status: number, code: string): Reply =>
  json({ error: { code, message: `the words of the vault, Bearer ${TOKEN}` } }, status);

export class KeyVaultSecrets {
  readonly secrets = new Map<string, StoredVersion[]>();
  readonly deleted = new Set<string>();
  /** Called with each request that has a token before it is answered; what it gives is the answer instead. */
  before: (request: Received) => Reply | undefined = () => undefined;
  /** Called when a token is refused. */
  refused: () => void = () => undefined;
  #made = 0;

  private constructor(readonly http: HttpService) {}

  static async start(): Promise<KeyVaultSecrets> {
    const vault: KeyVaultSecrets = new KeyVaultSecrets(
      await HttpService.start((request) => vault.answer(request), TLS),
    );
    return vault;
  }

  get writings(): string[] {
    return this.http.received.flatMap(({ method, path, headers }) =>
      method === 'GET' || !headers.authorization ? [] : [`${method} ${path.split('?')[0]}`],
    );
  }

  values(name: string): string[] {
    return this.secrets.get(name)?.map(({ value }) => value) ?? [];
  }

  put(name: string, value: string, tags: Record<string, string> = {}, contentType?: string): StoredVersion {
    this.#made += 1;
    const version = String(this.#made).padStart(32, '0');
    const made = {
      id: `${this.http.url}/secrets/${name}/${version}`,
      value,
      tags,
      ...(contentType ? { contentType } : {}),
    };
    this.secrets.set(name, [...(this.secrets.get(name) ?? []), made]);
    return made;
  }

  private answer(request: Received): Reply {
    const url = new URL(request.path, this.http.url);
    if (request.headers.authorization !== `Bearer ${TOKEN}`) {
      if (request.headers.authorization) this.refused();
      // A real vault does not read what comes without a token.
      const resource = url.host.slice('127.'.length);
      const challenge = `Bearer authorization="https://login.microsoftonline.com/${TENANT}", resource="https://${resource}"`;
      return json({ error: { code: 'Unauthorized' } }, 401, { 'www-authenticate': challenge });
    }
    const early = this.before(request);
    if (early) return early;
    if (url.searchParams.get('api-version') !== '7.4') return refusal(400, 'BadParameter');
    const [, name = '', below = ''] = /^\/secrets(?:\/([^/]+))?(?:\/(\w+))?$/.exec(url.pathname) ?? [];
    if (name === '')
      return this.page(
        url,
        [...this.secrets].map(([one, versions]) => ({ ...versions.at(-1), id: `${this.http.url}/secrets/${one}` })),
      );
    if (!/^[0-9a-zA-Z-]+$/.test(name)) return refusal(400, 'BadParameter');
    const versions = this.secrets.get(name);
    if (below === 'versions') return this.page(url, versions ?? []);
    return this.work(request, name, versions);
  }

  private work({ method, body }: Received, name: string, versions: StoredVersion[] | undefined): Reply {
    if (method === 'PUT') {
      if (this.deleted.has(name)) return refusal(409, 'ObjectIsDeletedButRecoverable');
      const { value, tags, contentType } = JSON.parse(body);
      return json(this.put(name, value, tags, contentType));
    }
    if (!versions) return refusal(404, 'SecretNotFound');
    if (method !== 'DELETE') return json(versions.at(-1) ?? {});
    this.deleted.add(name);
    this.secrets.delete(name);
    return json({ recoveryId: `${this.http.url}/deletedsecrets/${name}` });
  }

  /** Two a page; the values are not in lists. */
  private page(url: URL, all: readonly object[]): Reply {
    const from = Number(url.searchParams.get('skip') ?? 0);
    const value = all.slice(from, from + 2).map((one) => ({ ...one, value: undefined }));
    url.searchParams.set('skip', String(from + 2));
    return json({ value, nextLink: from + 2 < all.length ? url.href : null });
  }
}
