/** Which errors say that a store was not reached, and which that there is nobody to ask for. */
import { describe, expect, test } from 'vitest';
import { SopsError } from '../../../src/errors.js';
import { isConnectionLoss } from '../../../src/references/connection-loss.js';

const systemError = (code: string): Error => Object.assign(new Error(code), { code });

describe('a lost connection', () => {
  test.each([
    'ECONNREFUSED',
    'ENOTFOUND',
    'EAI_AGAIN',
    'ETIMEDOUT',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'CERT_HAS_EXPIRED',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  ])('is %s, also behind an error of ours', (code) => {
    expect(isConnectionLoss(systemError(code))).toBe(true);
    expect(isConnectionLoss(new SopsError('key', 'cannot reach it', { cause: systemError(code) }))).toBe(true);
  });

  test.each(['ENOENT', 'EACCES', 'EISDIR', '403'])('is not %s', (code) => {
    expect(isConnectionLoss(systemError(code))).toBe(false);
    expect(isConnectionLoss(new SopsError('key', 'cannot read the credentials', { cause: systemError(code) }))).toBe(
      false,
    );
  });

  test('is time that ran out, and not an error that tells of nothing', () => {
    expect(isConnectionLoss(new DOMException('late', 'TimeoutError'))).toBe(true);
    expect(isConnectionLoss(new SopsError('key', 'no credentials'))).toBe(false);
    expect(isConnectionLoss(undefined)).toBe(false);
  });
});
