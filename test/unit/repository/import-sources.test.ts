import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { sourcesByContent } from '../../../src/repository/import/find-sources.js';
import { sessionOf } from '../../../src/util/host/session.js';
import { Desk } from '../../support/desk.js';
import { hostOf } from '../keys/host.js';

const desk = new Desk();
afterAll(() => desk.remove());

test('a file of a folder that cannot be read is told: it may be of the kind', async () => {
  desk.write('.env', 'A=b\n');
  // Nobody may read it, root neither.
  const path = 'x'.repeat(300);
  const files = [path, '.env'].map((name) => ({ path: name, absolute: join(desk.path('.'), name), isNamed: false }));
  const kind = { described: 'a file of the test', recognises: () => true };
  const found: unknown[] = [];
  for await (const { file, problem } of sourcesByContent(files, kind, sessionOf(hostOf({ cwd: desk.path('.') }))))
    found.push([file.path, problem?.message]);
  expect(found).toEqual([
    [path, expect.stringContaining('too long')],
    ['.env', undefined],
  ]);
});
