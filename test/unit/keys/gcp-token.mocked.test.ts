/** An access token that is given is all that a call to Google needs: the package for credentials takes a third of its time to load. */
import { expect, test, vi } from 'vitest';
import { findGoogleCredentials } from '../../../src/services/gcp/credentials.js';
import { hostOf } from './host.js';

vi.mock('../../../src/services/gcp/auth-library.js', () => ({
  importAuthLibrary: () => Promise.reject(new Error('the package was loaded')),
}));

const TOKEN = 'ya29.the-access-token';

test('a given token is shown without it', async () => {
  const client = await findGoogleCredentials(hostOf({ env: { GOOGLE_OAUTH_ACCESS_TOKEN: ` ${TOKEN}\n` } }));
  expect(client.universeDomain).toBe('googleapis.com');
  expect(Object.fromEntries(await client.getRequestHeaders())).toEqual({ authorization: `Bearer ${TOKEN}` });
});

test('with the project that pays, where one is named', async () => {
  const env = { GOOGLE_OAUTH_ACCESS_TOKEN: TOKEN, GOOGLE_CLOUD_QUOTA_PROJECT: 'payer' };
  const client = await findGoogleCredentials(hostOf({ env }));
  expect(Object.fromEntries(await client.getRequestHeaders())).toEqual({
    authorization: `Bearer ${TOKEN}`,
    'x-goog-user-project': 'payer',
  });
  await expect(findGoogleCredentials(hostOf({ env: { ...env, GOOGLE_CLOUD_QUOTA_PROJECT: 'a\nb' } }))).rejects.toThrow(
    'GOOGLE_CLOUD_QUOTA_PROJECT is not a project',
  );
});

test('and credentials that make tokens are not', async () => {
  const GOOGLE_CREDENTIALS = JSON.stringify({ type: 'authorized_user' });
  await expect(findGoogleCredentials(hostOf({ env: { GOOGLE_CREDENTIALS } }))).rejects.toThrow('was loaded');
});
