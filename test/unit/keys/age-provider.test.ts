/** The age provider as its callers see it: recipients in, entries out, and back with the user's identities. */
import { describe, expect, test } from 'vitest';
import { ageProvider, generateIdentity } from '../../../src/keys/age/age.js';
import { hostOf } from './host.js';

describe('X25519', () => {
  test('what is wrapped for a recipient opens with its identity', async () => {
    const { identity, recipient } = generateIdentity();
    const host = hostOf({ env: { SOPS_AGE_KEY: identity } });
    const [key] = await ageProvider.parse(` ${recipient} `, host);
    if (key === undefined) throw new Error('no key');
    expect(ageProvider.keyString(key)).toBe(recipient);
    const part = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
    const enc = await ageProvider.wrap(key, part, host);
    expect(enc).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n[\s\S]+\n-----END AGE ENCRYPTED FILE-----\n$/);
    expect(await ageProvider.unwrap({ ...key, enc }, host)).toEqual(part);
  });
});
