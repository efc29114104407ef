/** The text of a float as go-yaml v3 writes it (docs/format.md#writing-yaml). */

/** Decimal exponents outside -4…5 are written in exponent form. */
const SMALLEST = -4;
const LARGEST = 5;

/**
 * The shortest digits that read back as the same double, `.inf`, `-.inf` or `.nan`. Negative zero is `-0.0`: SOPS
 * writes `-0`, which reads as an integer and breaks the MAC (docs/format.md#d4-negative-zero). Other whole numbers get a fraction too where the text `isRead` again.
 */
export function yamlFloatText(value: number, isRead?: boolean): string {
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
  if (Object.is(value, -0)) return '-0.0';
  const [mantissa = '', exponentText = ''] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent >= SMALLEST && exponent <= LARGEST)
    return isRead && Number.isInteger(value) ? `${value}.0` : String(value);
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${Math.abs(exponent).toString().padStart(2, '0')}`;
}
