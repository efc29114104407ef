/**
 * Shamir's secret sharing over GF(2^8) with the polynomial of AES, byte by byte (docs/keys/README.md#key-groups).
 * A part is the y values in the secret's byte order and then its x, which is the group's number from 1.
 * Secret bytes take the same steps whatever they are: no branches, no table look-ups.
 */
import { randomBytes } from 'node:crypto';

const POLYNOMIAL = 0x11b;
const MOST_PARTS = 255;

/**
 * Splits a secret into parts any `threshold` of which give it back. Throws RangeError, in SOPS's words,
 * unless 2 ≤ threshold ≤ parts ≤ 255.
 */
export function splitSecret(secret: Uint8Array, parts: number, threshold: number): Uint8Array[] {
  if (parts < threshold) throw new RangeError('parts cannot be less than threshold');
  if (parts > MOST_PARTS) throw new RangeError('parts cannot exceed 255');
  if (threshold < 2) throw new RangeError('threshold must be at least 2');
  // One polynomial for each byte of the secret; its value at 0 is that byte.
  const higher = Array.from({ length: threshold - 1 }, () => randomBytes(secret.length));
  const coefficients = [...higher, secret];
  return Array.from({ length: parts }, (_, index) => {
    const x = index + 1;
    const part = new Uint8Array(secret.length + 1);
    for (const coefficient of coefficients) {
      for (let at = 0; at < secret.length; at++) part[at] = multiply(part[at] ?? 0, x) ^ (coefficient[at] ?? 0);
    }
    part[secret.length] = x;
    return part;
  });
}

/**
 * The secret behind some parts, by Lagrange interpolation at 0 over all of them. Nothing tells whether they belong
 * together. Throws RangeError for fewer than two parts, differing lengths, or an x that repeats or is 0.
 */
export function combineParts(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  if (!first || parts.length < 2) {
    throw new RangeError('less than two parts cannot be used to reconstruct the secret');
  }
  if (parts.some((part) => part.length !== first.length)) throw new RangeError('all parts must be the same length');
  if (first.length < 2) throw new RangeError('parts must be at least two bytes');
  const xs = parts.map((part) => part.at(-1) ?? 0);
  if (new Set(xs).size !== xs.length || xs.includes(0)) throw new RangeError('duplicate part detected');
  const secret = new Uint8Array(first.length - 1);
  for (const [index, part] of parts.entries()) {
    const weight = weightAtZero(xs, index);
    for (let at = 0; at < secret.length; at++) secret[at] = (secret[at] ?? 0) ^ multiply(part[at] ?? 0, weight);
  }
  return secret;
}

/**
 * Every choice of one part each from `size` of the groups, the first parts of each first; there may be very many, so take them one
 * by one.
 */
export function* chooseParts<Part>(groups: readonly (readonly Part[])[], size: number): Generator<Part[]> {
  if (size === 0) yield [];
  for (let at = 0; size > 0 && at + size <= groups.length; at++) {
    for (const part of groups[at] ?? []) {
      for (const rest of chooseParts(groups.slice(at + 1), size - 1)) yield [part, ...rest];
    }
  }
}

/** The Lagrange basis polynomial of one x, at 0. In this field −a is a, and x's are no secret. */
function weightAtZero(xs: readonly number[], index: number): number {
  const own = xs[index] ?? 0;
  let weight = 1;
  for (const [at, x] of xs.entries()) if (at !== index) weight = multiply(weight, multiply(x, invert(x ^ own)));
  return weight;
}

/** The product in GF(2^8), by shifting and adding under masks. */
function multiply(one: number, other: number): number {
  let product = 0;
  let shifted = one;
  for (let bit = 0; bit < 8; bit++) {
    product ^= shifted & -((other >> bit) & 1);
    shifted = (shifted << 1) ^ (POLYNOMIAL & -(shifted >> 7));
  }
  return product;
}

/** The inverse in GF(2^8): the 254th power, since the 255th of every number but 0 is 1. */
function invert(value: number): number {
  let power = value;
  for (let step = 0; step < 6; step++) power = multiply(multiply(power, power), value);
  return multiply(power, power);
}
