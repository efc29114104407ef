/** Which key services a run has. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { keyServicesOf } from '../../../src/keyservice/services.js';
import { hostOf } from '../keys/host.js';
import { keyNamed, serve, standIn } from './services.js';

afterEach(() => vi.restoreAllMocks());

describe('the key services of a run', () => {
  test('are the local one, unless others are asked for', async () => {
    standIn('age');
    const [local, ...others] = keyServicesOf(undefined, hostOf());
    expect(others).toEqual([]);
    expect(await local?.unwrap(keyNamed('age', 'one', '0102'))).toEqual(Uint8Array.of(1, 2));
    expect(keyServicesOf({ enableLocal: false, uris: [] }, hostOf())).toEqual([]);
  });

  test('are the local one first, then the others as given', async () => {
    const unwrap = vi.fn(async () => Uint8Array.of(7));
    standIn('age', { unwrap });
    const servers = [await serve(), await serve()];
    try {
      const services = keyServicesOf({ enableLocal: true, uris: servers.map(({ uri }) => uri) }, hostOf());
      expect(services).toHaveLength(3);
      // The same question to each: an answer is remembered for the service that gave it, not for the others.
      for (const service of services) expect([...(await service.unwrap(keyNamed('age', 'one', '00')))]).toEqual([7]);
      expect(unwrap).toHaveBeenCalledTimes(3);
      expect(keyServicesOf({ enableLocal: false, uris: ['tcp://127.0.0.1:1'] }, hostOf())).toHaveLength(1);
    } finally {
      await Promise.all(servers.map((server) => server.close()));
    }
  });

  test('do not include what is not a URI; a warning says so', () => {
    const host = hostOf();
    expect(keyServicesOf({ enableLocal: false, uris: ['127.0.0.1:5000', 'tcp://a:1'] }, host)).toHaveLength(1);
    expect(host.warned).toEqual([
      'Error parsing URI for keyservice, skipping: "127.0.0.1:5000" is not like tcp://host:port',
    ]);
  });
});
