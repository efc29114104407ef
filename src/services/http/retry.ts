/** Sending a request again where the first answer says that later may be better. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '../../util/host.js';
import { type HttpRequest, type HttpResponse, isTransient, sendRequest } from './request.js';

export interface RetryRule {
  /** How often, after the first time. */
  readonly retries: number;
  /** Milliseconds to wait before try 1, 2, …, unless the answer says how long. */
  wait(retry: number): number;
  /** Whether an answer of that status is worth another try. */
  isPassing(status: number): boolean;
  /** Whether a request whose connection was lost is not sent again, since it may have been done. */
  readonly onlyAnswered?: boolean;
}

/** A server that asks for more patience is not waited for. */
const LONGEST_WAIT = 30_000;

/** As {@link sendRequest}, again while the rule says so; then the last answer or error stands. */
export async function sendWithRetries(request: HttpRequest, rule: RetryRule, host: Host): Promise<HttpResponse> {
  for (let retry = 1; ; retry++) {
    let asked: string | undefined;
    try {
      const answer = await sendRequest(request, host);
      if (retry > rule.retries || !rule.isPassing(answer.status)) return answer;
      asked = answer.headers['retry-after'];
      if (waitOf(asked, 0) > LONGEST_WAIT) return answer;
    } catch (error) {
      if (retry > rule.retries || rule.onlyAnswered || !isTransient(error)) throw error;
    }
    const { signal } = request;
    await sleep(waitOf(asked, rule.wait(retry)), undefined, signal ? { signal } : {});
  }
}

/** The header `Retry-After` as seconds; its other form, a date, is not used by these services. */
function waitOf(header: string | undefined, otherwise: number): number {
  return header !== undefined && /^\d+$/.test(header) ? Number(header) * 1000 : otherwise;
}
