/** Questions to stores that speak JSON over HTTP, and what their answers mean. */
import { SopsError } from '../errors.js';
import { serviceWords } from '../services/http/answer.js';
import type { HttpRequest, HttpResponse } from '../services/http/request.js';
import { sendWithRetries } from '../services/http/retry.js';
import { answerTime } from '../util/waiting/timeout.js';
import type { ReferenceContext } from './backend.js';

const TIMEOUT_MS = 30_000;
const RETRY = {
  retries: 3,
  wait: (retry: number) => 250 * 2 ** retry,
  isPassing: (status: number) => status === 408 || status === 429 || (status >= 500 && status !== 501),
};

/** What messages about a question say. */
export interface QuestionWords {
  /** How messages call the store. */
  readonly title: string;
  /** What is read, for messages. */
  readonly place: string;
  /** What to do when the store refuses. */
  readonly deniedHint: string;
  /** What the store says, of the body of an answer that refuses. */
  wordsOf(body: string): string;
}

export type StoreQuestion = QuestionWords & Pick<HttpRequest, 'url' | 'headers'>;

/**
 * The body of an answer with status 200. Redirects are not followed: they would take the credentials to another server. Throws as
 * {@link bodyOf}.
 */
export function askStore(question: StoreQuestion, { host, signal }: ReferenceContext): Promise<string> {
  const { url, headers } = question;
  const request: HttpRequest = {
    method: 'GET',
    url,
    headers: { Accept: 'application/json', ...headers },
    timeout: answerTime(host, TIMEOUT_MS),
    signal,
    errorCode: 'store-unreachable',
  };
  return bodyOf(sendWithRetries(request, RETRY, host), question);
}

/**
 * The body of an answer with status 200. Throws `reference-not-found`, `store-denied`, `store-unreachable` and `reference-malformed`, which
 * name the store and the place; errors of ours keep their code.
 */
export async function bodyOf(waitedFor: Promise<HttpResponse>, words: QuestionWords): Promise<string> {
  const doing = `${words.title} does not give ${words.place}`;
  const { status, body } = await waitedFor.catch((error: unknown) => {
    throw error instanceof SopsError ? error.reworded(`${doing}: ${error.message}`) : error;
  });
  if (status === 200) return body;
  const said = serviceWords(words.wordsOf(body));
  const { code, hint } = meaningOf(status, words.deniedHint);
  throw new SopsError(code, `${doing}: it answered ${status}${said && `: ${said}`}`, { hint });
}

function meaningOf(status: number, deniedHint: string) {
  if (status === 404)
    return { code: 'reference-not-found', hint: 'See the name, and where it is looked for.' } as const;
  if (status === 401 || status === 403) return { code: 'store-denied', hint: deniedHint } as const;
  if (RETRY.isPassing(status)) return { code: 'store-unreachable', hint: 'Try again later.' } as const;
  return { code: 'reference-malformed', hint: 'See the path of the reference, and the address of the store.' } as const;
}

/** The error for an answer that is not what the store is known to send. */
export function strangeAnswer(title: string, place: string): SopsError {
  return new SopsError('store-unreachable', `${title} does not give ${place}: its answer cannot be understood`, {
    hint: 'See whether the address leads to the store itself, and what is between you and it.',
  });
}
