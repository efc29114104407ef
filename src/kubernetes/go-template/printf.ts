/** `printf`, as far as it prints what its format means: where Go prints a mark of an error, the template is refused. */
import { encodeText } from '../../util/text/text.js';
import { goText, quote, shortestFloatText } from './print.js';
import { GoInteger, GoList, GoMap, type GoValue, refusal } from './values.js';

/** `%`, flags, width, precision, verb. */
const DIRECTIVE = /%([-+# 0]*)([0-9]*)(?:\.([0-9]*))?(.|$)/gsu;
/** JavaScript prints no more of them. */
const MOST_DECIMALS = 100;
const MOST_WIDTH = 10_000;

interface Directive {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly verb: string;
}

/** Formats values. Throws for verbs that do not fit their value, and for too few or too many values. */
export function printf(format: string, values: readonly GoValue[]): string {
  let next = 0;
  const text = format.replaceAll(
    DIRECTIVE,
    (_, flags: string, width: string, precision: string | undefined, verb: string) => {
      if (verb === '%') return '%';
      const value = values[next++];
      if (value === undefined) throw refusal('printf is given fewer values than its format names');
      const directive = {
        // The names of fields, which our values have none of.
        flags: verb === 'v' ? flags.replaceAll('+', '') : flags,
        width: Number(width),
        precision: precision === undefined ? undefined : Number(precision),
        verb,
      };
      if (directive.width > MOST_WIDTH || (directive.precision ?? 0) > MOST_WIDTH)
        throw refusal('printf is given too large a width');
      return padded(formatted(value, directive), directive, value);
    },
  );
  if (next < values.length) throw refusal('printf is given more values than its format names');
  return text;
}

function padded(text: string, { flags, width, verb }: Directive, value: GoValue): string {
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  if (flags.includes('-')) return text + ' '.repeat(missing);
  if (!flags.includes('0')) return ' '.repeat(missing) + text;
  const isNumber = value instanceof GoInteger || typeof value === 'number';
  if (!isNumber || verb === 'c' || verb === 'q' || !/[0-9]/.test(text)) return zeroPaddedText(text, missing, value);
  const [, sign = '', digits = ''] = /^([-+ ]?)(.*)$/s.exec(text) ?? [];
  return sign + '0'.repeat(missing) + digits;
}

/** Since Go 1.23 zeros stand before numbers alone, as earlier for the `-` flag; older ones padded strings so, too. */
function zeroPaddedText(text: string, missing: number, value: GoValue): string {
  if (typeof value === 'string') throw refusal('printf pads a string with zeros, which releases of Go do differently');
  return ' '.repeat(missing) + text;
}

function formatted(value: GoValue, directive: Directive): string {
  const { verb, flags } = directive;
  // Go pads each of their elements.
  if (directive.width > 0 && (value instanceof GoList || value instanceof GoMap)) throw misfit(directive);
  if (verb === 'v' && !flags.includes('#') && directive.precision === undefined && !isNumber(value))
    return goText(value);
  if (typeof value === 'string') return formattedText(value, directive);
  if (value instanceof GoInteger) return formattedInteger(value.value, directive);
  if (typeof value === 'number') return formattedFloat(value, directive);
  if (typeof value === 'boolean' && verb === 't') return String(value);
  throw misfit(directive);
}

function isNumber(value: GoValue): boolean {
  return value instanceof GoInteger || typeof value === 'number';
}

function formattedText(value: string, directive: Directive): string {
  const { verb, precision, flags } = directive;
  const cut = precision === undefined ? value : [...value].slice(0, precision).join('');
  if (/[+#]/.test(flags)) throw misfit(directive);
  switch (verb) {
    case 's':
    case 'v':
      return cut;
    case 'q':
      return quote(cut);
    case 'x':
    case 'X': {
      if (flags.includes(' ')) throw misfit(directive);
      const hex = encodeText(value).subarray(0, precision).toString('hex');
      return verb === 'X' ? hex.toUpperCase() : hex;
    }
    default:
      throw misfit(directive);
  }
}

const BASES: Readonly<Record<string, number>> = { d: 10, v: 10, b: 2, o: 8, x: 16, X: 16 };

function formattedInteger(value: bigint, directive: Directive): string {
  const { verb, flags, precision } = directive;
  if (verb === 'c') return String.fromCodePoint(Number(value));
  const base = BASES[verb];
  if (base === undefined || flags.includes('#')) throw misfit(directive);
  const digits = (value < 0n ? -value : value).toString(base).padStart(precision ?? 0, '0');
  const text = precision === 0 && value === 0n ? '' : digits;
  return signOf(value < 0n, flags) + (verb === 'X' ? text.toUpperCase() : text);
}

function signOf(isNegative: boolean, flags: string): string {
  if (isNegative) return '-';
  return flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
}

function formattedFloat(value: number, directive: Directive): string {
  const { flags } = directive;
  if (!Number.isFinite(value) || flags.includes('#')) throw misfit(directive);
  const size = Math.abs(value);
  return signOf(value < 0 || Object.is(value, -0), flags) + digitsOf(size, directive);
}

function digitsOf(size: number, directive: Directive): string {
  const { verb, precision = 6 } = directive;
  if ((verb === 'v' || verb === 'g') && directive.precision === undefined) return shortestFloatText(size);
  if ((verb !== 'f' && verb !== 'F') || precision >= MOST_DECIMALS || size >= 1e21) throw misfit(directive);
  const exact = size.toFixed(MOST_DECIMALS);
  const cut = exact.slice(0, exact.length - MOST_DECIMALS + precision).replace(/\.$/, '');
  const rest = exact.slice(exact.length - MOST_DECIMALS + precision);
  // Halves go to the even digit in Go, and up in JavaScript.
  return /^50*$/.test(rest) && /[02468]$/.test(cut) ? cut : size.toFixed(precision);
}

function misfit({ verb }: Directive): Error {
  return refusal(`printf is given a value that %${verb} does not fit, or in a form that sops-ts does not print`);
}
