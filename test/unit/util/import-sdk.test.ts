/** Optional packages: there, absent, and broken. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { gcpFailure } from '../../../src/services/gcp/failure.js';
import { importSdk, withInstallAdvice } from '../../../src/services/import-sdk.js';

const folder = mkdtempSync(join(tmpdir(), 'sdk-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A module outside the project, so that what it imports is searched there. */
function moduleOf(name: string, text: string): string {
  mkdirSync(join(folder, name));
  const file = join(folder, name, 'index.mjs');
  writeFileSync(file, text);
  return pathToFileURL(file).href;
}

describe('an optional package', () => {
  test('is loaded', async () => {
    const { posix } = await importSdk<typeof import('node:path')>('node:path');
    expect(posix.sep).toBe('/');
  });

  test.each([
    ['@example/absent', '@example/absent'],
    ['@example/absent/part', '@example/absent'],
    ['absent-package', 'absent-package'],
  ])('%s that is absent comes with the command that installs it', async (name, packageName) => {
    await expect(importSdk(name)).rejects.toMatchObject({
      code: 'key',
      message: `the package ${packageName} is not installed`,
      hint: `Install it beside sops-ts: npm install ${packageName}`,
    });
    await expect(importSdk(name, 'failed')).rejects.toMatchObject({ code: 'failed' });
  });

  test('that lacks a package itself is not called absent', async () => {
    await expect(importSdk(moduleOf('a', `import 'absent-dependency';`))).rejects.toMatchObject({
      code: 'key',
      message: expect.stringMatching(/cannot be loaded: .*absent-dependency/),
    });
  });

  test('that fails while loading says why', async () => {
    await expect(importSdk(moduleOf('b', `throw new Error('no luck\\nmore');`))).rejects.toMatchObject({
      code: 'key',
      message: expect.stringMatching(/cannot be loaded: no luck$/),
    });
  });
});

describe('advice for a row', () => {
  const row = { title: 'Some KMS', packages: ['@example/absent', '@example/other'] };

  test('names the row and all that it needs, whoever worded the error meanwhile', async () => {
    const asking = withInstallAdvice(row, () =>
      importSdk('@example/absent/part').catch((error: unknown) => {
        throw gcpFailure('cannot ask', error);
      }),
    );
    await expect(asking).rejects.toMatchObject({
      code: 'key',
      message: 'cannot ask: the package @example/absent is not installed',
      hint: 'Some KMS needs it; beside sops-ts: npm install @example/absent @example/other',
    });
  });

  test.each([
    ['a package that is not among them', { title: 'Another', packages: ['@example/other'] }, '@example/absent'],
    ['a row that needs none', { title: 'Another' }, '@example/absent'],
  ])('is not given for %s', async (_, other, name) => {
    await expect(withInstallAdvice(other, () => importSdk(name))).rejects.toMatchObject({
      hint: `Install it beside sops-ts: npm install ${name}`,
    });
  });

  test('leaves other errors and results alone', async () => {
    const error = new TypeError('no');
    await expect(withInstallAdvice(row, () => Promise.reject(error))).rejects.toBe(error);
    await expect(withInstallAdvice(row, async () => 1)).resolves.toBe(1);
  });
});
