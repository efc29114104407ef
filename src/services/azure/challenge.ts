/** The challenge with which a vault says what token it wants (docs/keys/azure-kv.md#calls). */
import { SopsError } from '../../errors.js';

/** What to ask a token for. */
export interface TokenRequest {
  readonly tenant: string;
  readonly scope: string;
}

const ADVICE = { hint: 'Is the URL that of a key vault? Its name must end in the domain that its tokens are for.' };

/**
 * Reads the header `WWW-Authenticate` of a vault's 401. The token is only asked for if the vault lies in the domain that the
 * token is for: else any server could ask for tokens of others. Throws `key`.
 */
export function readChallenge(header: string | undefined, vault: URL): TokenRequest {
  if (!header)
    throw new SopsError('key', 'response has no WWW-Authenticate header for challenge authentication', ADVICE);
  const values = new Map<string, string>();
  for (const [, name = '', quoted, plain] of header.matchAll(/(?<![\w-])([\w-]+)=(?:"([^"]*)"|([^\s,"]+))/g)) {
    values.set(name, quoted ?? plain ?? '');
  }
  const resource = values.get('scope') ?? values.get('resource') ?? '';
  if (resource === '') {
    throw new SopsError('key', 'could not find a valid resource in the WWW-Authenticate header', ADVICE);
  }
  // Compared as text: a URL's host may be read in other ways, and what matters is that the vault's own name ends in it.
  const domain = /^https?:\/\/([^/?#]+)/i.exec(resource)?.[1]?.toLowerCase();
  if (domain === undefined || !vault.host.endsWith(`.${domain}`)) {
    throw new SopsError(
      'key',
      `challenge resource ${JSON.stringify(resource)} doesn't match the requested domain`,
      ADVICE,
    );
  }
  return { tenant: tenantOf(values.get('authorization') ?? ''), scope: withDefault(resource) };
}

/** The first segment of the login URL's path. */
function tenantOf(authorization: string): string {
  return URL.canParse(authorization) ? (new URL(authorization).pathname.split('/')[1] ?? '') : '';
}

function withDefault(resource: string): string {
  return resource.endsWith('/.default') ? resource : `${resource}/.default`;
}
