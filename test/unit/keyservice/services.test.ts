/** Which key services a run has. */
import { describe, expect, test } from 'vitest';
import { LocalKeyService } from '../../../src/keyservice/local.js';
import { RemoteKeyService } from '../../../src/keyservice/remote.js';
import { keyServicesOf } from '../../../src/keyservice/services.js';
import { hostOf } from '../keys/host.js';

const kinds = (services: readonly object[]) => services.map((service) => service.constructor);

describe('the key services of a run', () => {
  test('are the local one, unless others are asked for', () => {
    expect(kinds(keyServicesOf(undefined, hostOf()))).toEqual([LocalKeyService]);
    expect(kinds(keyServicesOf({ enableLocal: false, uris: [] }, hostOf()))).toEqual([]);
  });

  test('are the local one first, then the others as given', () => {
    const uris = ['tcp://127.0.0.1:1', 'unix:///x'];
    expect(kinds(keyServicesOf({ enableLocal: true, uris }, hostOf()))).toEqual([
      LocalKeyService,
      RemoteKeyService,
      RemoteKeyService,
    ]);
    expect(kinds(keyServicesOf({ enableLocal: false, uris }, hostOf()))).toEqual([RemoteKeyService, RemoteKeyService]);
  });

  test('do not include what is no URI; a warning says so', () => {
    const host = hostOf();
    expect(keyServicesOf({ enableLocal: false, uris: ['127.0.0.1:5000', 'tcp://a:1'] }, host)).toHaveLength(1);
    expect(host.warned).toEqual([
      'Error parsing URI for keyservice, skipping: "127.0.0.1:5000" is not like tcp://host:port',
    ]);
  });
});
