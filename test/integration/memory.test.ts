/** Memory for files of many keys: of 300,000 about as much as with SOPS, 1.2 to 1.6 kilobytes a key; of fewer, the collector has a larger part. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Desk } from '../support/desk.js';

const PROGRAM = fileURLToPath(new URL('../../bin/sops-ts.js', import.meta.url));
const KEYS = 100_000;
const TIMEOUT_MILLISECONDS = 900_000;

let desk: Desk;
let reporter: string;
beforeAll(() => {
  desk = new Desk();
  reporter = join(desk.folder, 'report-peak.cjs');
  // In the process itself, so that no other program and no clock is asked.
  writeFileSync(
    reporter,
    `process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(join(desk.folder, 'peak'))}, String(process.resourceUsage().maxRSS)));`,
  );
});
afterAll(() => desk.remove());

/** The most memory of a run, in kilobytes. */
function peakOf(words: readonly string[]): number {
  execFileSync(process.execPath, ['--require', reporter, PROGRAM, ...words], {
    cwd: desk.folder,
    env: desk.env,
    stdio: 'pipe',
  });
  return Number(readFileSync(join(desk.folder, 'peak'), 'utf8'));
}

function linesOf(section: number, mark: string): string {
  const lines = Array.from(
    { length: 1000 },
    (_, at) => `KEY_${section * 1000 + at}${mark}value-${section * 1000 + at}\n`,
  );
  return lines.join('');
}

const SECTIONS = Array.from({ length: KEYS / 1000 }, (_, at) => at);
const FILES: [string, string, string][] = [
  ['many.env', SECTIONS.map((at) => linesOf(at, '=')).join(''), '["KEY_7001"]'],
  ['many.ini', SECTIONS.map((at) => `[s${at}]\n${linesOf(at, ' = ')}\n`).join(''), '["s7"]["KEY_7001"]'],
];

describe.each(FILES)('%s', (name, text, place) => {
  test(
    'takes less than 2,000 bytes a key',
    () => {
      const idle = peakOf(['--version']);
      desk.write(name, text);
      const peaks = [
        ['encrypt', '-i', name],
        ['rotate', '-i', name],
        ['set', name, place, '"other"'],
        ['decrypt', '-i', name],
      ].map((words) => [words[0], Math.round(((peakOf(words) - idle) * 1024) / KEYS)] as const);
      expect(desk.text(name)).toBe(text.replace('value-7001\n', 'other\n'));
      const most = Object.fromEntries(peaks);
      if (process.env.SOPS_TS_PEAKS) console.log(name, most);
      for (const [verb, bytes] of peaks) expect(bytes, `bytes a key to ${verb}`).toBeLessThan(2000);
    },
    TIMEOUT_MILLISECONDS,
  );
});
