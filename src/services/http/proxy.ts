/** Proxies as the environment names them, by the rules that Go, curl and most tools share. */
import type { RequestOptions } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { HttpFailure } from './failure.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The proxy for a URL, or null. This machine is always reached directly. */
export function proxyFor(url: URL, env: Environment): URL | null {
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const text = env[name] || env[name.toLowerCase()];
  if (!text || isDirect(url, env.NO_PROXY || env.no_proxy || '')) return null;
  const proxy = URL.canParse(text) && /^[a-z0-9]+:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(proxy)) throw new HttpFailure(`the proxy in ${name} is not a URL`);
  return new URL(proxy);
}

function isDirect(url: URL, exceptions: string): boolean {
  const name = nameOf(url);
  if (name === 'localhost' || isIn('127.0.0.0', 8, name) || name === '::1') return true;
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return exceptions
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== '' && isException(entry, name, port));
}

/** The host of a URL without the brackets of an IPv6 address. */
function nameOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
}

/** One entry of NO_PROXY: `*`, an address, a network, a domain with all below it, or `.domain` for those below it only. */
function isException(entry: string, name: string, port: string): boolean {
  if (entry === '*') return true;
  const [network = '', bits] = entry.split('/');
  if (bits !== undefined) return isIn(network, Number(bits), name);
  const [, host = '', only] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
  if (only !== undefined && only !== port) return false;
  const domain = host.replace(/^\*\./, '.');
  if (domain.startsWith('.')) return name.endsWith(domain);
  return name === domain || (isIP(name) === 0 && name.endsWith(`.${domain}`));
}

function isIn(network: string, bits: number, name: string): boolean {
  const family = isIP(network);
  if (family === 0 || family !== isIP(name) || !(bits >= 0 && bits <= (family === 4 ? 32 : 128))) return false;
  const list = new BlockList();
  list.addSubnet(network, bits, family === 4 ? 'ipv4' : 'ipv6');
  return list.check(name, family === 4 ? 'ipv4' : 'ipv6');
}

export interface ProxyUse {
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** For the server behind the proxy. */
  readonly tls: ConnectionOptions;
  readonly signal: AbortSignal;
}

/** The options that send a request by a proxy: through a tunnel for https, as an absolute URL for http. */
export async function throughProxy(url: URL, proxy: URL, use: ProxyUse): Promise<RequestOptions> {
  if (proxy.protocol !== 'http:') throw new HttpFailure('a proxy must be of the form http://host:port');
  const { username, password } = proxy;
  const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  const authorization: Record<string, string> = username === '' ? {} : { 'Proxy-Authorization': `Basic ${login}` };
  const target = { hostname: nameOf(proxy), port: proxy.port || '80' };
  if (url.protocol === 'http:') {
    return { ...target, path: url.href, headers: { ...use.headers, Host: url.host, ...authorization } };
  }
  const { request } = await import('node:http');
  const { connect } = await import('node:tls');
  const place = `${url.hostname}:${url.port || '443'}`;
  const socket = await new Promise<Duplex>((settle, reject) => {
    const { signal } = use;
    const headers = { Host: place, ...authorization };
    const tunnel = request({ ...target, method: 'CONNECT', path: place, headers, signal, agent: false });
    tunnel.on('error', reject);
    tunnel.on('connect', (answer, tunnelled) => {
      if (answer.statusCode === 200) return settle(tunnelled);
      tunnelled.destroy();
      reject(new HttpFailure(`the proxy ${proxy.host} answered ${answer.statusCode}`));
    });
    tunnel.end();
  });
  const name = nameOf(url);
  const servername = isIP(name) === 0 ? { servername: name } : {};
  // Without an agent, since agents make connections their own way.
  const agent = undefined;
  return { agent, createConnection: () => connect({ ...servername, host: name, ...use.tls, socket }) };
}
