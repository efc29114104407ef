/** How long services are waited for. */
import { SopsError } from '../errors.js';
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

/** The reason to give when the time is up. */
export function noAnswer(milliseconds: number): SopsError {
  const limit = `no answer within ${milliseconds / 1000} s`;
  return new SopsError('key', `${limit} (${TIMEOUT_VARIABLE} sets another limit, in seconds)`);
}
