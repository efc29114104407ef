/** Proxies and getters that throw, wherever callers may put them: an error of ours, and not theirs. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  decrypt,
  decryptData,
  decryptFile,
  defineConfig,
  encrypt,
  encryptFile,
  execEnv,
  findConfig,
  generateAgeKey,
  inspect,
  loadEnv,
  open,
  rotate,
  updateKeys,
  verify,
} from '../../../src/index.js';
import { revoked, throwing } from '../../support/hostile-objects.js';
import { LibraryDesk } from '../../support/library-desk.js';

let desk: LibraryDesk;
beforeAll(() => {
  desk = new LibraryDesk();
});
beforeEach(() => desk.clear());
afterAll(() => desk.remove());

describe('what throws when it is looked at', () => {
  const calls: Readonly<Record<string, (first: never, options: never) => Promise<unknown>>> = {
    decryptFile,
    decryptData,
    decrypt,
    encrypt,
    encryptFile,
    execEnv,
    findConfig,
    inspect,
    open,
    rotate,
    updateKeys,
    verify,
    loadEnv: (options) => loadEnv(options),
    generateAgeKey: (options) => generateAgeKey(options),
    defineConfig: async (config) => defineConfig(config),
  };
  const hostile: [string, never][] = [
    ['throws', throwing()],
    ['is revoked', revoked({})],
    ['is a revoked list', revoked([])],
  ];
  const all = Object.entries(calls).flatMap(([name, call]) =>
    hostile.map(([how, what]) => [name, how, call, what] as const),
  );

  test.each(all)('%s refuses what %s', async (_, __, call, what) => {
    const kept = [decrypt, decryptData, encrypt].includes(call as never) ? { format: 'yaml' } : {};
    const message = expect.stringMatching(/must be|without an error/);
    const refused = { code: 'usage', message };
    await expect(call(what, kept as never)).rejects.toMatchObject(refused);
    if (call.length === 1) return;
    await expect(call('a.yaml' as never, what)).rejects.toMatchObject(refused);
    if (call !== inspect)
      await expect(call('a.yaml' as never, { ...kept, identities: what } as never)).rejects.toMatchObject(refused);
  });

  test.each(hostile)('as a path or value of an open file that %s', async (_, what) => {
    await desk.seal('s.yaml', 'a: [1]\n');
    const file = await open('s.yaml', desk.options);
    const steps = [() => file.get(what), () => file.has(what), () => file.keys(what), () => file.unset(what)];
    for (const step of [...steps, () => file.set(what, 1), () => file.set('a', what), () => file.set('a', [what])])
      expect(step).toThrow(expect.objectContaining({ code: 'usage' }));
    file.close();
  });
});
