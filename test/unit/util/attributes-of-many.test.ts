/** Files that are written side by side keep their extended attributes and modes, though one program copies those of many. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { writeFileSafely } from '../../../src/util/files/atomic-write.js';

const folder = mkdtempSync(join(tmpdir(), 'attributes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** More than one program takes at a time. */
const PATHS = Array.from({ length: 140 }, (_, at) => join(folder, `f${at}`));

/** Python can set and read what Node cannot; null where there is none, or the file system has no such attributes. */
function python(script: string): string | null {
  const done = spawnSync('python3', ['-c', `import os, sys\n${script}`, ...PATHS], { encoding: 'utf8' });
  return done.status === 0 ? done.stdout : null;
}

for (const [at, path] of PATHS.entries()) {
  writeFileSync(path, 'old');
  chmodSync(path, at % 2 === 0 ? 0o640 : 0o600);
}
const isPossible =
  process.platform === 'linux' && python('for p in sys.argv[1:]: os.setxattr(p, "user.note", p.encode())') !== null;

test.skipIf(!isPossible)('each keeps its own', async () => {
  await Promise.all(PATHS.map((path) => writeFileSafely(path, Buffer.from(`new ${path}`))));
  for (const [at, path] of PATHS.entries()) {
    expect(readFileSync(path, 'utf8')).toBe(`new ${path}`);
    expect(statSync(path).mode & 0o777).toBe(at % 2 === 0 ? 0o640 : 0o600);
  }
  expect(python('print(all(os.getxattr(p, "user.note") == p.encode() for p in sys.argv[1:]))')).toBe('True\n');
});
