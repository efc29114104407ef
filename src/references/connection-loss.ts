/** Whether a store was not reached at all, as told from the error. */
import { SopsError } from '../errors.js';
import { isError } from '../util/realms.js';

const LOST =
  /^(?:ECONN(?:REFUSED|RESET|ABORTED)|ENOTFOUND|EAI_AGAIN|E(?:HOST|NET)UNREACH|ETIMEDOUT|EPIPE|EPROTO|(?:.*_)?CERT(?:_.*)?|UNABLE_TO_.*|ERR_TLS.*)$/;

/** Errors of the network, of TLS and of time that ran out; also where one of ours tells of them. */
export function isConnectionLoss(error: unknown): boolean {
  if (!isError(error)) return false;
  if (error instanceof SopsError) return isConnectionLoss(error.cause);
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return true;
  return 'code' in error && typeof error.code === 'string' && LOST.test(error.code);
}
