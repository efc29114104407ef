/** How long services are waited for. */
import { SopsError } from '../errors.js';
import { DeadlineError, withDeadline } from '../util/deadline.js';
import type { Host } from '../util/host.js';

export const TIMEOUT_VARIABLE = 'SOPS_TS_KEY_TIMEOUT';
const DEFAULT_SECONDS = 15;

/**
 * How long one answer of a cloud service, and one connection to a key service, may take, in milliseconds; Infinity for
 * `SOPS_TS_KEY_TIMEOUT=0`. Throws `usage` when that is no number of seconds.
 */
export function keyTimeout(host: Host): number {
  const text = host.env[TIMEOUT_VARIABLE];
  if (!text) return DEFAULT_SECONDS * 1000;
  const seconds = /^\d{1,6}(?:\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(seconds)) {
    throw new SopsError('usage', `${TIMEOUT_VARIABLE} must be a number of seconds, or 0 for no limit`);
  }
  return seconds === 0 ? Number.POSITIVE_INFINITY : seconds * 1000;
}

/**
 * What an action that asks a service gives, if that comes in time (milliseconds). Throws `key` when the time is up; `about` begins the
 * sentence.
 */
export async function inTime<T>(
  milliseconds: number,
  signal: AbortSignal | undefined,
  action: (signal: AbortSignal) => Promise<T>,
  about = '',
): Promise<T> {
  try {
    return await withDeadline(milliseconds, signal, action);
  } catch (error) {
    throw error instanceof DeadlineError ? noAnswer(milliseconds, about) : error;
  }
}

function noAnswer(milliseconds: number, about: string): SopsError {
  const limit = `${about}no answer within ${milliseconds / 1000} s`;
  return new SopsError('key', `${limit} (${TIMEOUT_VARIABLE} sets another limit, in seconds)`, {
    hint: 'Check the address, the network and the proxy (HTTPS_PROXY, NO_PROXY).',
  });
}
