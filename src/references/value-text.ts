/** Scalars as text, as Go prints them. */
import { isTimestamp, type Leaf } from '../tree/tree.js';
import { formatRfc3339 } from '../util/text/rfc3339.js';

/** The text of a scalar; undefined for null, which is not text. */
export function textOfValue({ value }: Leaf): string | undefined {
  if (value === null) return undefined;
  if (typeof value === 'number') return goNumber(value);
  return isTimestamp(value) ? (formatRfc3339(value) ?? undefined) : String(value);
}

/** A float as Go's `%v` has it: the shortest digits, with an exponent below 1e-4 and from 1e21 on. */
function goNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const size = Math.abs(value);
  if (size !== 0 && size < 1e-4) return value.toExponential().replace(/e-(\d)$/, 'e-0$1');
  return Object.is(value, -0) ? '-0' : String(value);
}
