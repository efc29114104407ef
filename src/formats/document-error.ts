/** The error for a text that is not of its format: where it fails, and never what stands there. */
import { type ErrorDetails, SopsError } from '../errors.js';

/** The `document-invalid` error for a problem at an offset of a text. */
export function documentError(text: string, at: number, problem: string, details?: ErrorDetails): SopsError {
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  const column = at - before.lastIndexOf('\n');
  return new SopsError('document-invalid', `line ${line}, column ${column}: ${problem}`, details);
}
