/** Parameters that are true or false. */
import { SopsError } from '../errors.js';
import { parameterOf, type ReferenceContext } from './backend.js';

/** Absent for no; the words are those of Go's ParseBool. Throws `reference-malformed` for others. */
export function isParameterTrue(
  name: string,
  parameters: ReadonlyMap<string, string>,
  context: Pick<ReferenceContext, 'host'>,
): boolean {
  const text = (parameterOf(name, parameters, context) ?? 'false').toLowerCase();
  if (['true', 't', '1'].includes(text)) return true;
  if (['false', 'f', '0'].includes(text)) return false;
  throw new SopsError('reference-malformed', `${name} is true or false`);
}
