import { describe, expect, test } from 'vitest';
import type { MasterKey } from '../../../src/keys/provider.js';
import { KEY_TYPES } from '../../../src/keys/registry.js';
import { keyStringOf } from '../../../src/keyservice/keyservice.js';
import { LocalKeyService } from '../../../src/keyservice/local.js';
import type { Host } from '../../../src/util/host.js';

const host: Host = {
  env: {},
  cwd: '/',
  platform: 'linux',
  askSecret: () => Promise.reject(new Error('no terminal')),
  warn: () => {},
};

const keyOf = (type: string): MasterKey => ({ type, fields: new Map([['name', 'some-key']]), enc: 'x' });

describe('the local key service', () => {
  const missing = KEY_TYPES.filter((row) => !row.load);

  test.each(['no_such_type', ...missing.map((row) => row.type)])(
    'refuses %s, which has no provider, by name',
    async (type) => {
      const service = new LocalKeyService(host);
      const title = KEY_TYPES.find((row) => row.type === type)?.title ?? type;
      for (const attempt of [service.wrap(keyOf(type), new Uint8Array(32)), service.unwrap(keyOf(type))]) {
        await expect(attempt).rejects.toMatchObject({
          code: 'key',
          message: `keys of ${title} cannot be used by this version of sops-ts yet`,
        });
      }
      expect(await keyStringOf(keyOf(type))).toBe('some-key');
    },
  );
});
