/** The program as a process of its own: the bundle that `npm run build` makes, started by bin/sops-ts.js. */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = new URL('../../..', import.meta.url).pathname;

let folder: string;
let program: string;

beforeAll(() => {
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  folder = mkdtempSync(join(cache, 'sops-ts-program-'));
  program = join(folder, 'bin', 'sops-ts.js');
  mkdirSync(join(folder, 'bin'));
  copyFileSync(join(root, 'bin', 'sops-ts.js'), program);
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
  copyFileSync(join(root, 'bin', 'package.json'), join(folder, 'bin', 'package.json'));
  execFileSync(process.execPath, [join(root, '.ci', 'build.mjs'), join(folder, 'dist')]);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function shell(script: string): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, NODE: process.execPath, PROGRAM: program };
  return spawnSync('bash', ['-c', script], { env, encoding: 'utf8' });
}

describe.skipIf(process.platform === 'win32')('the program', () => {
  test('prints and returns what main says', () => {
    const { status, stdout, stderr } = shell('"$NODE" "$PROGRAM" --version');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^sops-ts .* \(SOPS 3\.13\.2 compatible\)\nsops 3\.13\.2\n$/);
  });

  test('prints help', () => {
    expect(shell('"$NODE" "$PROGRAM" help encrypt').stdout).toContain('Usage: sops-ts encrypt');
  });

  test('ends quietly with 141 when the reader of its output is gone', () => {
    const { stdout, stderr } = shell('(sleep 0.2; exec "$NODE" "$PROGRAM" help) | true; echo "${PIPESTATUS[0]}"');
    expect({ stdout, stderr }).toEqual({ stdout: '141\n', stderr: '' });
  });

  test('survives that nobody reads its errors', () => {
    const { stdout } = shell(
      '(sleep 0.2; exec "$NODE" "$PROGRAM" --nope 2>&1 >/dev/null) | true; echo "${PIPESTATUS[0]}"',
    );
    expect(stdout).toBe('1\n');
  });

  test.runIf(existsSync('/dev/full'))('says that the disk is full', () => {
    const { status, stderr } = shell('"$NODE" "$PROGRAM" --version > /dev/full');
    expect({ status, stderr }).toEqual({ status: 1, stderr: 'write /dev/stdout: no space left on device\n' });
  });

  test('works in a folder that is gone', () => {
    expect(shell('cd "$(mktemp -d)" && rmdir "$PWD" && "$NODE" "$PROGRAM" --version').status).toBe(0);
  });
});
