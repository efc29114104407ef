/** Sending a request again where the first answer says that later may be better. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '../../util/host/host.js';
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
export const LONGEST_WAIT = 30_000;

/** As {@link sendRequest}, again while the rule says so; then the last answer or error stands. */
export async function sendWithRetries(request: HttpRequest, rule: RetryRule, host: Host): Promise<HttpResponse> {
  const sent: HttpRequest = { ...request, isRepeatable: !rule.onlyAnswered };
  for (let retry = 1; ; retry++) {
    let asked: number | undefined;
    try {
      const answer = await sendRequest(sent, host);
      if (retry > rule.retries || !rule.isPassing(answer.status)) return answer;
      asked = askedWait(answer);
      if (asked !== undefined && asked > LONGEST_WAIT) return answer;
    } catch (error) {
      if (retry > rule.retries || rule.onlyAnswered || !isTransient(error)) throw error;
    }
    const { signal } = request;
    await sleep(asked ?? rule.wait(retry), undefined, signal ? { signal } : {});
  }
}

/** The header `Retry-After` in milliseconds: seconds, or a date, which is compared with the server's own clock, as this machine's may be wrong (RFC 9110, 10.2.3). */
export function askedWait({ headers }: HttpResponse): number | undefined {
  const header = headers['retry-after'];
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const wait = Date.parse(header) - Date.parse(headers.date ?? '');
  return Number.isNaN(wait) ? undefined : Math.max(wait, 0);
}
