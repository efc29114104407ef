/** From Ed25519 public keys to X25519 ones: the map between the two shapes of Curve25519 (RFC 7748 section 4.1). */

const P = 2n ** 255n - 19n;
const D = modulo(-121665n * inverse(121666n));

/**
 * The u-coordinate, 32 bytes little-endian, of the point with that encoding; null when it is not on the curve.
 * Works on public keys only, so it need not run in constant time.
 */
export function toMontgomery(point: Uint8Array): Buffer | null {
  const bytes = Buffer.from(point).reverse();
  bytes[0] = (bytes[0] ?? 0) & 0x7f; // the sign of x, which u does not depend on
  const y = modulo(BigInt(`0x${bytes.toString('hex')}`));
  // −x² + y² = 1 + d·x²·y², so x² = (y² − 1) / (d·y² + 1), which must be a square (Euler's criterion).
  const square = modulo((y * y - 1n) * inverse(D * y * y + 1n));
  if (power(square, (P - 1n) / 2n) > 1n) return null;
  const u = modulo((1n + y) * inverse(1n - y));
  return Buffer.from(u.toString(16).padStart(64, '0'), 'hex').reverse();
}

function modulo(value: bigint): bigint {
  return ((value % P) + P) % P;
}

/** The inverse modulo p; 0 for 0. */
function inverse(value: bigint): bigint {
  return power(modulo(value), P - 2n);
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let bits = exponent; bits > 0n; bits >>= 1n) {
    if (bits & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}
