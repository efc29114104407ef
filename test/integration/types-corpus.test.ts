/** Types of every encrypted file among the fixtures hold before a strict compiler. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SopsError } from '../../src/errors.js';
import { typesOfFiles } from '../../src/operations/explain/file-types.js';
import { sessionOf } from '../../src/util/host/session.js';
import { InstalledPackage } from '../support/installed-package.js';
import { ROOT } from '../support/program.js';

const FIXTURES = join(ROOT, 'fixtures');
const FEWEST = 100;

let app: InstalledPackage;
beforeAll(() => {
  app = new InstalledPackage();
});
afterAll(() => app.remove());

test('the types of the corpora compile', async () => {
  const host = sessionOf({
    env: {},
    cwd: ROOT,
    platform: process.platform,
    askSecret: () => Promise.reject(new Error('nobody')),
    warn: () => undefined,
  });
  const files = readdirSync(FIXTURES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).includes('ENC[AES256_GCM,'));
  const made: string[] = [];
  for (const [at, path] of files.entries()) {
    const request = { files: [path], format: 'ts', name: `T${at}`, integers: 'safe', literals: at % 2 === 0 } as const;
    // Some fixtures are broken on purpose.
    const text = await typesOfFiles(request, host).catch((error: unknown) => {
      if (!(error instanceof SopsError)) throw error;
      return '';
    });
    if (text !== '') made.push(app.put(`types/t${at}.ts`, text));
  }
  expect(made.length).toBeGreaterThanOrEqual(FEWEST);
  expect(app.compile(made, { noEmit: true, typeRoots: [] })).toBe('');
});
