/** Addresses of Vault servers, and of what they serve. */
import { SopsError } from '../../errors.js';

/**
 * The URL of a path below `/v1/` of a server; the segments are encoded here. Throws `key` for an address that is not one, and
 * for segments that are empty, `.` or `..`: a name must not lead to another endpoint with the user's token, as `../../sys/seal` would.
 */
export function apiUrl(address: string, segments: readonly string[]): URL {
  const url = serverUrl(address);
  if (!url) throw new SopsError('key', `not the address of a Vault server, got: ${JSON.stringify(address)}`);
  if (!segments.every(isPlainSegment)) {
    throw new SopsError('key', `not a path of a Vault server, got: ${JSON.stringify(segments.join('/'))}`);
  }
  url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/${segments.map(encodeURIComponent).join('/')}`;
  return url;
}

/** Whether a segment of a path stands for itself. */
export function isPlainSegment(segment: string): boolean {
  return !/^\.{0,2}$/.test(segment);
}

/** The URL of a server, or undefined for a text that is not one; no user name, query or fragment. */
export function serverUrl(address: string): URL | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined;
  return url.username || url.password || url.search || url.hash ? undefined : url;
}

/** Whether two addresses are one server, however they are written. */
export function isSameServer(one: string, other: string): boolean {
  const [first, second] = [serverUrl(one), serverUrl(other)];
  return !!first && !!second && withSlash(first.href) === withSlash(second.href);
}

/** A text that ends in a slash. */
export function withSlash(text: string): string {
  return text.endsWith('/') ? text : `${text}/`;
}
