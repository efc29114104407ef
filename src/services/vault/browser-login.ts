/** Logging in at Vault with a browser, by OpenID Connect, as `vault login -method=oidc` does (docs/stores.md#in-a-browser). */
import { randomBytes } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { SopsError } from '../../errors.js';
import { openInBrowser } from '../../exec/open-browser.js';
import { systemCode } from '../../util/files/files.js';
import { waitFor } from '../../util/waiting/timeout.js';
import { objectMembers, serviceWords, textMember } from '../http/answer.js';
import type { ServiceCall } from '../service-call.js';
import { readVault, type VaultServer, writeVault } from './api.js';
import { tokenIn, type VaultToken, withToken } from './login.js';

export interface BrowserLogin {
  /** Where the method is mounted below `auth/`. */
  readonly mount: string;
  /** Empty for the one that the server takes by itself. */
  readonly role: string;
  /** Where the browser comes back to; the roles of the server name it. */
  readonly port: number;
}

const CALLBACK = '/oidc/callback';

/** What the browser brings. */
interface Returned {
  readonly state: string;
  readonly code: string;
}

/** Has a person log in. Throws `store-denied` when the server or the person does not want to, or nobody comes. */
export async function logInByBrowser(
  server: VaultServer,
  { mount, role, port }: BrowserLogin,
  call: ServiceCall,
): Promise<VaultToken> {
  const { host } = call;
  if (host.isUnattended) throw new SopsError('store-denied', 'the log-in by oidc needs a person, and nobody is there');
  const bare = withToken(server, '');
  const nonce = randomBytes(20).toString('hex');
  const secrets = [nonce];
  const listener = createServer();
  try {
    await listen(listener, port);
    const redirect = `http://localhost:${port}${CALLBACK}`;
    const page = await pageOf(bare, { mount, role, redirect, nonce }, call);
    const returned = returnOf(listener, page.searchParams.get('state'));
    host.warn(`log in at Vault in your browser, at ${page.href}`);
    await openInBrowser(page, host);
    const { state, code } = await waitFor({ who: 'the log-in in the browser', telling: 'both' }, host, (late) =>
      Promise.race([returned, untilAborted(late, call.signal)]),
    );
    secrets.push(code);
    const query = { state, code, client_nonce: nonce };
    const answer = await readVault(bare, `auth/${mount}/oidc/callback`, { ...call, query });
    if (answer) return tokenIn(answer);
    throw new SopsError('store-denied', `Vault has no log-in at auth/${mount}`);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    const code = error.code === 'failed' || error.code === 'key' ? 'store-denied' : error.code;
    const words = secrets.reduce((text, secret) => text.replaceAll(secret, '…'), error.message);
    throw error.with(code).reworded(`the log-in at auth/${mount}/oidc failed: ${words}`);
  } finally {
    listener.close();
    listener.closeAllConnections();
  }
}

async function listen(listener: Server, port: number): Promise<void> {
  await new Promise<void>((ready, reject) => {
    listener.once('error', reject);
    listener.listen(port, 'localhost', ready);
  }).catch((cause: unknown) => {
    throw new SopsError('store-denied', `localhost:${port} cannot be listened at: ${systemCode(cause) ?? 'unknown'}`, {
      hint: 'SOPS_TS_OIDC_PORT names another port; the role must allow http://localhost:PORT/oidc/callback.',
      cause,
    });
  });
}

interface PageRequest {
  readonly mount: string;
  readonly role: string;
  readonly redirect: string;
  readonly nonce: string;
}

/** The page of the provider. A server says nothing of what it does not know. */
async function pageOf(
  server: VaultServer,
  { mount, role, redirect, nonce }: PageRequest,
  call: ServiceCall,
): Promise<URL> {
  const body = { role, redirect_uri: redirect, client_nonce: nonce };
  const { members } = await writeVault(server, `auth/${mount}/oidc/auth_url`, body, call);
  const page = textMember(objectMembers(members.get('data')), 'auth_url') ?? '';
  if (URL.canParse(page)) return new URL(page);
  throw new SopsError('store-denied', `Vault gives no page for ${role === '' ? 'its own role' : `the role ${role}`}`, {
    hint: `See the role (VAULT_ROLE), and that its allowed_redirect_uris have ${redirect}.`,
  });
}

/** What comes back to the listener. Whoever else calls it, without the state of this log-in, is turned away. */
function returnOf(listener: Server, state: string | null): Promise<Returned> {
  return new Promise((settle, reject) => {
    listener.on('request', (incoming, response) => {
      const url = new URL(incoming.url ?? '/', 'http://localhost');
      const query = url.searchParams;
      if (incoming.method !== 'GET' || url.pathname !== CALLBACK) return say(response, 404, 'There is nothing here.');
      if (state === null || query.get('state') !== state) return say(response, 400, 'This is of another log-in.');
      const code = query.get('code');
      if (code !== null && code !== '') {
        say(response, 200, 'You are logged in, and can close this page.');
        return settle({ state, code });
      }
      say(response, 400, 'The log-in failed. You can close this page.');
      const words = serviceWords(query.get('error_description') ?? query.get('error') ?? 'there is no code');
      reject(new SopsError('store-denied', `the provider says: ${words}`));
    });
  });
}

function say(response: ServerResponse, status: number, words: string): void {
  const headers = { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store', Connection: 'close' };
  response.writeHead(status, headers).end(`${words}\n`);
}

function untilAborted(...signals: readonly (AbortSignal | undefined)[]): Promise<never> {
  const all = AbortSignal.any(signals.filter((signal) => signal !== undefined));
  return new Promise((_, reject) => {
    all.addEventListener('abort', () => reject(all.reason as unknown), { once: true });
  });
}
