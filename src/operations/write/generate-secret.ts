/** Random secrets for `set --generate`. */
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { SopsError } from '../../errors.js';

const LETTERS_AND_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const MOST = 4096;

/** The kinds, each with its usual size and what makes a text of a size. */
const KINDS: ReadonlyMap<string, { readonly size: number; make(size: number): string }> = new Map([
  ['password', { size: 32, make: (size: number) => Array.from({ length: size }, letterOrDigit).join('') }],
  ['hex', { size: 32, make: (size: number) => randomBytes(size).toString('hex') }],
  ['base64', { size: 32, make: (size: number) => randomBytes(size).toString('base64') }],
  ['uuid', { size: 0, make: () => randomUUID() }],
]);

/**
 * A new secret. `wish` is a length (of letters and digits), a kind, or both (`hex:16`): `password` counts characters,
 * `hex` and `base64` count random bytes, `uuid` has its one form. Throws `usage` for anything else.
 */
export function generateSecret(wish: string): string {
  const [name = '', sizeText] = /^[0-9]+$/.test(wish) ? ['password', wish] : wish.split(/:(.*)/s, 2);
  const kind = KINDS.get(name);
  if (kind && sizeText === undefined) return kind.make(kind.size);
  const size = /^[0-9]+$/.test(sizeText ?? '') ? Number(sizeText) : 0;
  if (kind && name !== 'uuid' && size >= 1 && size <= MOST) return kind.make(size);
  throw new SopsError(
    'usage',
    `Incorrect Usage: ${JSON.stringify(wish)} is neither a length nor a kind for --generate`,
    {
      hint: `Give a length from 1 to ${MOST}, or one of ${[...KINDS.keys()].join(', ')}, e.g. hex or hex:16.`,
    },
  );
}

function letterOrDigit(): string {
  return LETTERS_AND_DIGITS.charAt(randomInt(LETTERS_AND_DIGITS.length));
}
