/** Google's package for credentials writes no token to a log, whatever the environment wants. It is asked before the package is loaded. */
import { afterEach, expect, test, vi } from 'vitest';
import { findGoogleCredentials } from '../../../src/services/gcp/credentials.js';
import { hostOf } from './host.js';
import { HttpService } from './http-service.js';

const TOKEN = 'the-access-token-of-a-machine';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

test('the token of a machine of Google is in no output', async () => {
  const written: string[] = [];
  vi.spyOn(console, 'error').mockImplementation((...said) => void written.push(said.map(String).join(' ')));
  const machine = await HttpService.start(() => ({
    headers: { 'Metadata-Flavor': 'Google', 'Content-Type': 'application/json' },
    body: JSON.stringify({ access_token: TOKEN, expires_in: 3600, token_type: 'Bearer' }),
  }));
  const address = new URL(machine.url).host;
  vi.stubEnv('GOOGLE_SDK_NODE_LOGGING', 'all');
  vi.stubEnv('GCE_METADATA_HOST', address);
  try {
    const client = await findGoogleCredentials(hostOf({ env: { GCE_METADATA_HOST: address, HOME: '/nobody' } }));
    expect(Object.fromEntries(await client.getRequestHeaders())).toEqual({ authorization: `Bearer ${TOKEN}` });
  } finally {
    await machine.close();
  }
  expect(written).toEqual([]);
  // What other packages of the process make of the variable is not ours to say.
  expect(process.env.GOOGLE_SDK_NODE_LOGGING).toBe('all');
});
