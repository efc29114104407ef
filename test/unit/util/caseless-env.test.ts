import { expect, test } from 'vitest';
import { sessionOf } from '../../../src/util/host/session.js';
import { hostOf } from '../keys/host.js';

test('on Windows variables are found in any case, also in a copy of those of the process', () => {
  const env = { Path: 'one', sops_age_key: 'k' };
  const on = (platform: NodeJS.Platform) => sessionOf(hostOf({ env, platform }));
  expect(on('linux').env.PATH).toBeUndefined();
  const { env: found } = on('win32');
  expect([found.PATH, found.Path, found.SOPS_AGE_KEY, 'path' in found, found.OTHER]).toEqual([
    'one',
    'one',
    'k',
    true,
    undefined,
  ]);
  const changed = sessionOf(hostOf({ platform: 'win32' })).fork({ env: { ...found, PATH: 'two' } }).env;
  expect([changed.PATH, changed.Path, changed.path]).toEqual(['two', 'one', 'one']);
});
