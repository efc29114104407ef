/** Leaf values as the formats without types of their own print them. */
import { SopsError } from '../errors.js';
import type { KeyPath, Timestamp, Value } from '../tree/tree.js';
import { textOf, typeWordOf } from '../tree/value.js';
import { formatRfc3339 } from '../util/text/rfc3339.js';

/**
 * The RFC 3339 text of a time, as SOPS prints it outside YAML. Throws `output-format` for a time that has none.
 */
export function timeText(time: Timestamp, precision: 'nano' | 'seconds', path: KeyPath): string {
  const text = formatRfc3339(time, precision);
  if (text === null)
    throw new SopsError('output-format', 'a time outside the years 0 to 9999 cannot be printed', { path });
  return text;
}

/**
 * The text of a value in dotenv and INI (docs/format.md#dotenv). With `sealed` the text goes into an
 * encrypted file, where everything is read back as a string and the MAC covers that: a value whose
 * text differs from what the MAC covers is refused (docs/format.md#d8-values-that-flat-formats-change). Throws `output-format` for that and for maps and lists.
 */
export function flatText(value: Value, sealed: boolean, format: string, path: KeyPath): string {
  if (value.kind !== 'leaf') {
    throw new SopsError('output-format', `cannot use complex value in ${format} file; offending key ${path.at(-1)}`, {
      path,
      hint: 'Choose another output format with --output-type.',
    });
  }
  const plain = value.value;
  if (typeof plain === 'string') return plain;
  if (typeof plain === 'bigint') return plain.toString();
  const text = plainText(plain, path);
  if (sealed && (plain === null || text !== textOf(plain))) {
    const type = plain === null ? 'null' : typeWordOf(plain);
    throw new SopsError('output-format', `a plain ${type} value cannot be kept in an encrypted ${format} file`, {
      path,
      hint: 'Write it as a string, or choose another format.',
    });
  }
  return text;
}

function plainText(value: number | boolean | Timestamp | null, path: KeyPath): string {
  if (value === null) return '<nil>';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return floatText(value);
  return timeText(value, 'seconds', path);
}

/** Go's shortest `G` form: an exponent below -4 and from 6 on, at least two digits of it, `.0` when no point is left. */
function floatText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [digits = '', power = ''] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 6) {
    return `${digits}E${exponent < 0 ? '-' : '+'}${Math.abs(exponent).toString().padStart(2, '0')}`;
  }
  const text = String(value);
  return text.includes('.') ? text : `${text}.0`;
}
