/** What the back ends on Google Cloud have in common: credentials, addresses, and what a refusal means (docs/stores.md#google-cloud). */
import { SopsError } from '../errors.js';
import { gcpFailure } from '../services/gcp/failure.js';
import { type GoogleApi, googleAccessTo, isGooglePassing, sendToGoogle } from '../services/gcp/json-api.js';
import { gcpRefusal } from '../services/gcp/refusal.js';
import { answerMembers, objectMembers, textMember } from '../services/http/answer.js';
import type { HttpResponse } from '../services/http/request.js';
import { crc32c } from '../util/text/crc32c.js';
import type { ReferenceContext } from './backend.js';
import { isConnectionLoss } from './connection-loss.js';

/** One service of Google Cloud. */
export interface GoogleService extends GoogleApi {
  /** How messages call it. */
  readonly title: string;
}

export interface GoogleQuestion {
  /** The secret, for messages. */
  readonly place: string;
  /** After the host, encoded. */
  readonly path: string;
  /** Posted as JSON; absent for a question without one. */
  readonly body?: Readonly<Record<string, unknown>>;
}

/** The cause of an error that the service itself gave. */
export class GoogleRefusal extends Error {
  constructor(readonly status: number) {
    super(`status ${status}`);
  }
}

/**
 * What a service answers with status 200. Throws `reference-not-found`, `store-denied`, `store-unreachable`, `reference-malformed`, which name
 * the service and the place.
 */
export async function askGoogle(
  service: GoogleService,
  { place, path, body }: GoogleQuestion,
  context: ReferenceContext,
): Promise<HttpResponse> {
  const doing = `${service.title} does not give ${place}`;
  const access = await googleAccessTo(service, path, context).catch((error: unknown) => {
    throw gcpFailure(doing, error).with(isConnectionLoss(error) ? 'store-unreachable' : 'store-denied');
  });
  const call =
    body === undefined ? ({ method: 'GET' } as const) : ({ method: 'POST', body, isRepeatable: true } as const);
  const answer = await sendToGoogle(access, call, context, 'store-unreachable').catch((error: unknown) => {
    const told = gcpFailure(doing, error);
    throw error instanceof SopsError && error.code !== 'key' ? told.with(error.code) : told.with('store-denied');
  });
  if (answer.status === 200) return answer;
  throw refusalOf(doing, answer);
}

/** The bytes of a member in base64, compared with their checksum, a number as text. Throws `store-unreachable` when they are not what was sent. */
export function checkedBytes(
  members: ReadonlyMap<string, unknown> | undefined,
  [field, checksum]: readonly [field: string, checksum: string],
  place: string,
): Buffer {
  const text = members?.get(field) ?? '';
  const bytes = Buffer.from(typeof text === 'string' ? text : '', 'base64');
  const said = members?.get(checksum);
  if (members && (typeof said === 'string' || typeof said === 'number') && Number(said) === crc32c(bytes)) return bytes;
  throw damagedOnTheWay(place);
}

/** The error for what arrived differently than it was sent. */
export function damagedOnTheWay(place: string): SopsError {
  return new SopsError('store-unreachable', `${place} arrived damaged: it does not fit its checksum`, {
    hint: 'Try again; if it stays so, see what is between you and Google (a proxy?).',
  });
}

function refusalOf(doing: string, answer: HttpResponse): SopsError {
  const { status, body } = answer;
  const reason = textMember(objectMembers(answerMembers(body)?.get('error')), 'status') ?? '';
  const told = gcpRefusal(answer);
  const error = told.reworded(`${doing}: ${told.message}`).with(told.code, { cause: new GoogleRefusal(status) });
  if (status === 404) return error.with('reference-not-found', { hint: 'See the project, the name and the version.' });
  if (reason === 'FAILED_PRECONDITION') {
    return error.with('reference-not-found', {
      hint: 'The version is disabled or destroyed: enable it, or name another.',
    });
  }
  if (status === 401 || status === 403) {
    return error.with('store-denied', {
      hint: 'Ask for the right to read it; Google says the same where a project does not have it. Or log in: gcloud auth application-default login',
    });
  }
  if (isGooglePassing(status)) return error.with('store-unreachable', { hint: 'Try again later.' });
  return error.with(status === 400 ? 'reference-malformed' : 'failed');
}
