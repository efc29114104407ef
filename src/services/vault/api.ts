/** One Vault server as a user of it sees it: reading, writing, and what its answers mean (docs/stores.md#vault). */
import { SopsError } from '../../errors.js';
import { answerMembers, objectMembers } from '../http/answer.js';
import type { HttpResponse } from '../http/request.js';
import type { ServiceCall } from '../service-call.js';
import { sendToVault, vaultRefusal } from './client.js';
import type { VaultSettings } from './settings.js';

/** A path below `/v1/`, not encoded, without slashes at its ends. */
export type VaultPath = string;

export interface VaultServer {
  readonly address: string;
  readonly viaAgent: boolean;
  readonly settings: VaultSettings;
}

/** An answer that the server did not refuse. */
export interface VaultAnswer {
  /** The text, for readers that are exact to the last digit. */
  readonly body: string;
  readonly members: ReadonlyMap<string, unknown>;
  /** When it was given, in milliseconds since 1970 by the server's clock, or by ours where it does not say. */
  readonly at: number;
}

export interface VaultOptions extends ServiceCall {
  /** Whether it makes something each time: it is not sent again when the connection was lost, as it may have been done. */
  readonly isOnce?: boolean;
  readonly query?: Readonly<Record<string, string>>;
}

/** What a path holds; null when there is nothing. Throws `store-denied`, `store-unreachable`, `failed`. */
export async function readVault(
  server: VaultServer,
  path: VaultPath,
  options: VaultOptions,
): Promise<VaultAnswer | null> {
  const { query } = options;
  const answer = await send(server, { method: 'GET', path, ...(query ? { query } : {}) }, options);
  if (answer.status === 404) return isDeletedVersion(answer) ? accepted(answer) : null;
  return checked(answer, server);
}

/** Writes to a path, and gives the answer. Throws as {@link readVault} does. */
export async function writeVault(
  server: VaultServer,
  path: VaultPath,
  body: Readonly<Record<string, unknown>>,
  options: VaultOptions,
): Promise<VaultAnswer> {
  return checked(await send(server, { method: 'PUT', path, body: JSON.stringify(body) }, options), server);
}

interface Sent {
  readonly method: 'GET' | 'PUT';
  readonly path: VaultPath;
  readonly body?: string;
  readonly query?: Readonly<Record<string, string>>;
}

async function send(
  { address, viaAgent, settings }: VaultServer,
  { path, ...sent }: Sent,
  { isOnce = false, ...call }: Omit<VaultOptions, 'query'>,
): Promise<HttpResponse> {
  const segments = path.split('/').filter((segment) => segment !== '');
  try {
    return await sendToVault({ ...sent, address, viaAgent, staysOnHost: true, isOnce, segments }, settings, call);
  } catch (error) {
    if (error instanceof SopsError && error.code === 'key') throw error.with('store-unreachable');
    throw error;
  }
}

/** KV 2 answers so for a version that was deleted: with what is known of it, and no data. */
function isDeletedVersion({ body }: HttpResponse): boolean {
  return objectMembers(answerMembers(body)?.get('data'))?.has('metadata') ?? false;
}

function checked(answer: HttpResponse, { settings }: VaultServer): VaultAnswer {
  const { status } = answer;
  if (status >= 200 && status < 300) return accepted(answer);
  const refusal = vaultRefusal(answer, settings);
  if (status === 403 || status === 401) throw refusal.with('store-denied');
  if (status === 429 || status >= 500) throw refusal.with('store-unreachable');
  throw refusal.with(status === 400 || status === 404 ? 'failed' : 'store-unreachable');
}

/** Without a body where there is nothing to say. Throws `store-unreachable` for what is no answer of Vault, or half of one. */
function accepted({ body, headers }: HttpResponse): VaultAnswer {
  const members = body === '' ? new Map<string, unknown>() : answerMembers(body);
  const said = Date.parse(headers.date ?? '');
  if (members) return { body, members, at: Number.isNaN(said) ? Date.now() : said };
  throw new SopsError('store-unreachable', 'Vault answers something that cannot be understood', {
    hint: 'See whether the address is that of Vault, and what is between you and it.',
  });
}
