/** Where a certificate comes from: a file, a `file://` URL, or a server. */

import { fileURLToPath } from 'node:url';
import { SopsError } from '../../errors.js';
import { systemReason } from '../../util/files/files.js';
import { readFile } from '../../util/files/fs-promises.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { parseCertificate, type SealingCertificate } from './certificate.js';

/** Where the controller answers its certificate. */
const CONTROLLER_PATH = '/v1/cert.pem';
const TIMEOUT = 30_000;
/** `C:\cert.pem` is a path. */
const URL_SCHEME = /^[a-z][a-z0-9+.-]+:\/\//i;

/** What flags say about the certificate. */
export interface CertificateChoice {
  /** A path or URL of the certificate itself. */
  readonly certificate?: string | undefined;
  /** The URL of a controller, or of the certificate itself: an address without a path gets the controller's. */
  readonly controller?: string | undefined;
}

/** The certificate to seal for, checked. Its warnings are told. Throws `usage` without a choice, and `key`. */
export async function loadCertificate(choice: CertificateChoice, host: Host): Promise<SealingCertificate> {
  const { certificate, controller } = choice;
  if (certificate !== undefined && controller !== undefined) {
    throw new SopsError('conflict', 'Error: cannot use both --cert and --fetch-from');
  }
  const source = certificate ?? (controller === undefined ? undefined : controllerUrl(controller));
  if (source === undefined) {
    throw new SopsError('usage', 'Incorrect Usage: sealing needs a certificate', {
      hint: "Name it with --cert FILE, or the controller's address with --fetch-from URL.",
    });
  }
  const found = parseCertificate(await readSource(source, host), nameOf(source));
  for (const warning of found.warnings) host.warn(warning);
  return found;
}

function controllerUrl(text: string): string {
  const url = urlOf(text);
  if (url === undefined) {
    throw new SopsError('usage', `Incorrect Usage: --fetch-from needs a URL, not ${JSON.stringify(text)}`, {
      hint: 'A file is named with --cert.',
    });
  }
  if (url.pathname === '/') url.pathname = CONTROLLER_PATH;
  return url.href;
}

async function readSource(source: string, host: Host): Promise<string> {
  const url = urlOf(source);
  if (url && url.protocol !== 'file:') return fetchText(url, host);
  try {
    return await readFile(url ? fileURLToPath(url) : resolve(host.cwd, source), 'utf8');
  } catch (cause) {
    const message = `cannot read the certificate: ${source}: ${systemReason(cause)}`;
    throw new SopsError('key', message, { file: source, cause });
  }
}

function urlOf(source: string): URL | undefined {
  return URL_SCHEME.test(source) && URL.canParse(source) ? new URL(source) : undefined;
}

/** The certificate is public, but one that was swapped on the way makes its owner the reader of what is sealed. */
async function fetchText(url: URL, host: Host): Promise<string> {
  const { sendRequest } = await import('../../services/http/request.js');
  const local = /^(?:localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'http:' && !local) {
    host.warn(`${url.origin} answers without TLS: check that the certificate is your controller's`);
  }
  const headers = { Accept: 'application/x-pem-file, */*' };
  const answer = await sendRequest({ method: 'GET', url, headers, timeout: TIMEOUT }, host);
  if (answer.status === 200) return answer.body;
  throw new SopsError('key', `cannot fetch ${JSON.stringify(nameOf(url.href))}: status ${answer.status}`, {
    ...(answer.status >= 300 && answer.status < 400 ? { hint: 'Redirects are not followed: name the last URL.' } : {}),
  });
}

/** A source as messages may show it: without the password that a URL can hold. */
function nameOf(source: string): string {
  const url = urlOf(source);
  return url && url.protocol !== 'file:' ? `${url.origin}${url.pathname}` : source;
}
