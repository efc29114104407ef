/** What Google's services say over HTTP when they refuse. */
import { SopsError } from '../../errors.js';
import { answerMembers, objectMembers, textMember } from '../http/answer.js';
import type { HttpResponse } from '../http/request.js';

/** The error for a refusal, in the service's own words: `{"error":{"code":403,"message":"…","status":"PERMISSION_DENIED"}}`. */
export function gcpRefusal({ status, body }: Pick<HttpResponse, 'status' | 'body'>): SopsError {
  const message = textMember(objectMembers(answerMembers(body)?.get('error')), 'message')
    ?.trim()
    .split('\n', 1)[0];
  return new SopsError('key', `googleapi: Error ${status}${message ? `: ${message}` : ''}`);
}
