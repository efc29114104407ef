/** Lines of the audit file when several processes write at a time, and when the disk takes no more. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

const root = new URL('../../..', import.meta.url).pathname;
/** `node CHILD LOG COUNT LENGTH`: notes so many events of files with names so long. */
const SOURCE = `
import { AuditFile } from './src/run/audit-file.ts';
process.on('SIGXFSZ', () => undefined);
const [log, count, length] = process.argv.slice(2);
const user = { name: 'u', id: 1, process: process.pid };
try {
  for (let at = 0; at < Number(count); at += 1) {
    await new AuditFile(log, 'x').record({ time: new Date(), user, action: 'decrypt', subject: '/' + at + '/' + 'n'.repeat(Number(length)) });
  }
} catch (error) {
  console.log(error.message);
}
`;
let folder: string;
let child: string;
let log: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sops-ts-audit-'));
  child = join(folder, 'child.mjs');
  await build({
    stdin: { contents: SOURCE, resolveDir: root, loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    outfile: child,
    logLevel: 'error',
  });
});
beforeEach(() => {
  log = join(folder, 'log.jsonl');
  rmSync(log, { force: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('four processes at a time give whole lines', async () => {
  const COUNT = 40;
  await Promise.all([0, 1, 2, 3].map(() => promisify(execFile)(process.execPath, [child, log, `${COUNT}`, '5000'])));
  const events = readFileSync(log, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { pid: number; file: string });
  expect(events).toHaveLength(4 * COUNT);
  expect(new Set(events.map(({ pid, file }) => `${pid} ${file}`)).size).toBe(4 * COUNT);
});

test('a disk that takes a part of the line, or nothing: an error, and the next line stands alone', () => {
  const limited = (): string =>
    spawnSync('bash', ['-c', 'ulimit -f 2; exec "$0" "$@"', process.execPath, child, log, '1', '800'], {
      encoding: 'utf8',
    }).stdout;
  writeFileSync(log, `${JSON.stringify({ x: 'x'.repeat(1900) })}\n`);
  expect(limited()).toContain(`the audit log ${log} cannot be written: the disk is full`);
  expect(limited()).toContain(`the audit log ${log} cannot be written: `);
  expect(spawnSync(process.execPath, [child, log, '1', '8']).status).toBe(0);
  const [first = '', cut = '', last = ''] = readFileSync(log, 'utf8').split('\n');
  expect(JSON.parse(first)).toHaveProperty('x');
  expect(() => JSON.parse(cut)).toThrow();
  expect(JSON.parse(last)).toMatchObject({ action: 'decrypt', file: '/0/nnnnnnnn' });
});
