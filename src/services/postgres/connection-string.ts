/** Connection strings of PostgreSQL, as libpq has them: URLs, and pairs of keyword and value (libpq documentation, section 34.1.1). */

/** Parameters by keyword; of several with one keyword the last counts. */
export type ConnectionParameters = ReadonlyMap<string, string>;

/** One pair: the value plain, with escapes, or in quotes. */
const PAIR = /\s*([A-Za-z_]\w*)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))(?=\s|$)/suy;

/** Reads a connection string; null for any other text. What it holds may be a password, so nothing of it is ever quoted. */
export function parseConnectionString(text: string): ConnectionParameters | null {
  return /^postgres(?:ql)?:\/\//.test(text) ? parseUrl(text) : parsePairs(text);
}

/** `postgresql://user:password@host:port/dbname?keyword=value`, each part encoded with `%`. */
function parseUrl(text: string): ConnectionParameters | null {
  const parts = /^[a-z]+:\/\/([^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?$/.exec(text);
  if (!parts) return null;
  const [, authority = '', path = '', query = ''] = parts;
  const at = authority.lastIndexOf('@');
  const [user = '', ...password] = at < 0 ? [''] : authority.slice(0, at).split(':');
  const server = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(authority.slice(at + 1));
  if (!server) return null;
  const [, host = '', port = ''] = server;
  const pairs: [string, string][] = [
    ['user', user],
    ['password', password.join(':')],
    ['host', host.replace(/^\[(.*)\]$/, '$1')],
    ['port', port],
    ['dbname', path.slice(1)],
    ...query.split('&').map((pair): [string, string] => {
      const cut = pair.indexOf('=');
      return cut < 0 ? [pair, ''] : [pair.slice(0, cut), pair.slice(cut + 1)];
    }),
  ];
  try {
    const decoded = pairs.map(([name, value]) => [decodeURIComponent(name), decodeURIComponent(value)] as const);
    return new Map(decoded.filter(([name, value]) => name !== '' && value !== ''));
  } catch {
    return null;
  }
}

/** `host=db port=5432 password='with \' quote'`. */
function parsePairs(text: string): ConnectionParameters | null {
  const parameters = new Map<string, string>();
  const end = text.trimEnd().length;
  PAIR.lastIndex = 0;
  for (let at = 0; at < end; at = PAIR.lastIndex) {
    const [, name = '', quoted, plain = ''] = PAIR.exec(text) ?? [];
    if (name === '') return null;
    parameters.set(name, (quoted ?? plain).replaceAll(/\\(.)/gsu, '$1'));
  }
  return parameters;
}
