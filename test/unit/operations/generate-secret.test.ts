/** What `set --generate` makes up. */
import { describe, expect, test } from 'vitest';
import { generateSecret } from '../../../src/operations/write/generate-secret.js';

describe('a generated secret', () => {
  test.each([
    ['20', /^[A-Za-z0-9]{20}$/],
    ['1', /^[A-Za-z0-9]$/],
    ['4096', /^[A-Za-z0-9]{4096}$/],
    ['password', /^[A-Za-z0-9]{32}$/],
    ['password:12', /^[A-Za-z0-9]{12}$/],
    ['hex', /^[0-9a-f]{64}$/],
    ['hex:16', /^[0-9a-f]{32}$/],
    ['base64', /^[A-Za-z0-9+/]{43}=$/],
    ['base64:3', /^[A-Za-z0-9+/]{4}$/],
    ['uuid', /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/],
  ])('%s', (wish, form) => {
    expect(generateSecret(wish)).toMatch(form);
    if (wish !== '1') expect(generateSecret(wish)).not.toBe(generateSecret(wish));
  });

  test.each(
    [
      ['', '0', '4097', '-3', '1e9', '7x', '0x10', ' 8', '8\n', '1.5'],
      [
        'hex:',
        'hex:x',
        'hex:0',
        'hex:99999999',
        'hex16',
        'HEX',
        'uuid:4',
        'nope',
        'nope:8',
        ':8',
        'hex:8:8',
        '__proto__',
      ],
    ].flat(),
  )('%j is refused', (wish) => {
    expect(() => generateSecret(wish)).toThrow('is neither a length nor a kind for --generate');
  });
});
