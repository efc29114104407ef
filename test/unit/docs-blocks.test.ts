/** Runs the shell blocks of README and pages that are marked as runnable. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Block, runnableBlocks } from '../support/docs.js';
import { Program, ROOT } from '../support/program.js';
import { sample } from '../support/sweep.js';

const BLOCK_TIMEOUT = 60_000;

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

const blocks = runnableBlocks(ROOT);
const ofReadme = blocks.filter(({ place }) => place.startsWith('README.md:'));
const others = blocks.filter(({ place }) => !place.startsWith('README.md:'));

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'sops-ts-blocks-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Runs a block as somebody would who pastes it into an empty folder, but that it ends with the first command that fails. */
function runBlock({ script }: Block, programs: string): Promise<Ended> {
  const cwd = mkdtempSync(join(scratch, 'block-'));
  const home = join(cwd, 'home');
  mkdirSync(home);
  const env = { PATH: [programs, process.env.PATH].join(delimiter), HOME: home, USER: 'reader' };
  return new Promise((resolve) => {
    const child = spawn('sh', ['-eu', '-c', script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('close', (status) => resolve({ status, output: Buffer.concat(chunks).toString('utf8') }));
  });
}

describe.skipIf(process.platform === 'win32')('shell blocks that can be run', () => {
  let program: Program;
  let programs: string;
  beforeAll(() => {
    program = new Program();
    programs = join(scratch, 'bin');
    mkdirSync(programs);
    for (const name of ['sops-ts', 'sops-ts-kustomize']) {
      const script = `#!/bin/sh\nexec "${process.execPath}" "${join(dirname(program.file), name)}.js" "$@"\n`;
      writeFileSync(join(programs, name), script);
      chmodSync(join(programs, name), 0o755);
    }
  });

  test('there are some', () => {
    expect(ofReadme.length).toBeGreaterThan(0);
    expect(others.length).toBeGreaterThan(10);
  });

  // Those of the README always: they are the first that anybody runs.
  test.each([...ofReadme, ...sample(others, 8)])('$place', { timeout: BLOCK_TIMEOUT }, async (block) => {
    const { status, output } = await runBlock(block, programs);
    expect(status, output).toBe(0);
  });

  test('one that fails in the middle is found', async () => {
    const script = 'sops-ts decrypt absent.yaml\ntrue\n';
    const { status, output } = await runBlock({ place: 'here', script }, programs);
    expect(output).toContain('absent.yaml');
    expect(status).toBe(100);
  });
});
