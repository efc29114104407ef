import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { main } from '../../../src/cli/main.js';
import { run as runProgram, Sink } from '../../support/run.js';
import { runMain } from './run-main.js';

let server: Server;
let asked: string[];
let answer: { status: number; body: string };

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(answer.status).end(answer.body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
});

afterAll(() => {
  server.close();
});

beforeEach(() => {
  asked = [];
  answer = { status: 200, body: '{"version":"999.0.0"}' };
});

function run(...words: string[]) {
  const { port } = server.address() as AddressInfo;
  return runMain(words, { env: { npm_config_registry: `http://127.0.0.1:${port}/mirror` } });
}

test.each(['sops', 'sops-ts', 'mysops', undefined])(
  'called as %s, the first line begins like that of SOPS',
  async (programName) => {
    const stdout = new Sink();
    const name = programName === undefined ? {} : { programName };
    const streams = {
      stdin: process.stdin,
      stdout,
      stderr: new Sink(),
      env: {},
      cwd: '/',
      platform: 'linux',
      ...name,
    } as const;
    expect(await main(['--version'], streams)).toBe(0);
    expect(stdout.bytes().toString()).toMatch(/^sops 3\.13\.2 \(sops-ts \d+\.\d+\.\d+\)\n$/);
  },
);

describe('newer versions', () => {
  test.each([['--version'], ['--version', '--disable-version-check'], ['--disable-version-check', '-v']])(
    'are not asked for by %s %s',
    async (...words) => {
      expect((await run(...words)).status).toBe(0);
      expect(asked).toEqual([]);
    },
  );

  test('nor by a command, whatever it is given', async () => {
    await run('--check-for-updates', 'decrypt', 'f');
    expect(asked).toEqual([]);
  });

  test('are asked for when told to, and named', async () => {
    const { status, out, err } = await run('--check-for-updates', '--disable-version-check', '--version');
    expect([status, err]).toEqual([0, '']);
    expect(out).toContain('[info] a new version of sops-ts (999.0.0) is available\n');
    expect(asked).toEqual(['/mirror/sops-ts/latest']);
  });

  test.each(['0.0.1', '0.0.1-beta.2'])('%s is none', async (version) => {
    answer.body = JSON.stringify({ version });
    expect((await run('--version', '--check-for-updates')).out).toContain('is the latest version');
  });

  test.each([
    [404, '{}', 'answered 404'],
    [200, '<html>', 'names no version'],
    [200, '{"version":"1.0.0\\u001b[31m"}', 'names no version'],
  ])('answer %s %s: a warning, and all is well', async (status, body, reason) => {
    answer = { status, body };
    const result = await run('--version', '--check-for-updates');
    expect(result.status).toBe(0);
    expect(result.out).toMatch(/^sops .*\n\[warning\] failed to retrieve latest version from upstream: /);
    expect(result.out).toContain(reason);
  });

  test.skipIf(process.platform === 'win32')('without a variable npm is asked for its registry', async () => {
    const { port } = server.address() as AddressInfo;
    const folder = mkdtempSync(join(tmpdir(), 'sops-ts-npm-'));
    try {
      writeFileSync(join(folder, 'npm'), `#!/bin/sh\necho http://127.0.0.1:${port}/other/\n`, { mode: 0o755 });
      answer.body = JSON.stringify({ version: '999.0.0' });
      const words = ['--check-for-updates', '--version'];
      const asking = await runProgram(words, { cwd: folder, env: { PATH: folder } });
      expect(asking.stdout.toString()).toContain('(999.0.0) is available');
      expect(asked).toEqual(['/other/sops-ts/latest']);
      const without = await runMain(words, { env: { PATH: '/nonexistent' } });
      expect(without.out).toContain('npm is not on PATH to tell its registry');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
