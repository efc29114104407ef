/** The program as a process of its own: the bundle that `npm run build` makes, started by bin/sops-ts.js. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';
import { Program } from '../../support/program.js';

let program: Program;

beforeAll(() => {
  program = new Program();
});

function shell(script: string): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, NODE: process.execPath, PROGRAM: program.file };
  return spawnSync('bash', ['-c', script], { env, encoding: 'utf8' });
}

describe.skipIf(process.platform === 'win32')('the program', () => {
  test('prints and returns what main says', () => {
    const { status, stdout, stderr } = shell('"$NODE" "$PROGRAM" --version');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^sops 3\.13\.2 \(sops-ts .*\)\n$/);
  });

  test('shows no warnings of Node, unless somebody traces them', () => {
    const warn = "process.emitWarning('old', 'DeprecationWarning'); process.emitWarning('new', 'ExperimentalWarning')";
    const code = Buffer.from(warn).toString('base64');
    const told = (...flags: string[]) =>
      shell(`"$NODE" ${flags.join(' ')} --import data:text/javascript\\;base64,${code} "$PROGRAM" --version`).stderr;
    expect(told()).toBe('');
    expect(told('--trace-warnings')).toContain('DeprecationWarning: old');
  });

  test('that ends because nothing is left to wait for, before it has a status, has failed', () => {
    // As a promise that nobody settles makes it: no handle keeps the process.
    const script = 'require(process.env.DIST).cli_main.processStreams();';
    const { status, stderr } = shell(`DIST="$(dirname "$PROGRAM")/../dist/sops-ts.cjs" "$NODE" -e '${script}'`);
    expect([status, stderr]).toEqual([70, expect.stringContaining('the program ended before its work was done')]);
  });

  test.each([
    ['win32', { written: 0 }, ''],
    ['darwin', { auditConfig: '/etc/sops/audit.yaml', written: 1 }, 'x'],
  ])('on %s has its audit log and its output where they may be', (platform, told, written) => {
    const script = `const { auditConfig, writeDirectly, endWith } = require(process.env.DIST).cli_main.processStreams("", "${platform}");
      console.error(JSON.stringify({ auditConfig, written: writeDirectly(Buffer.from("x")) })); endWith(0);`;
    const ran = shell(`DIST="$(dirname "$PROGRAM")/../dist/sops-ts.cjs" "$NODE" -e '${script}'`);
    expect([ran.stdout, ran.status]).toEqual([written, 0]);
    expect(JSON.parse(ran.stderr)).toEqual(told);
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

  test('writes all of its output to a pipe that is full and does not wait', async () => {
    const desk = new Desk();
    try {
      const text = '0123456789abcdef'.repeat(40_000);
      const sealed = desk.write('big.bin', await desk.encrypt('big.bin', text));
      expect(await readLate(`"$NODE" "$PROGRAM" decrypt ${sealed} >&3`, desk)).toBe(text);
    } finally {
      desk.remove();
    }
  });

  test.runIf(existsSync('/dev/full'))('says that the disk is full', () => {
    const { status, stderr } = shell('"$NODE" "$PROGRAM" --version > /dev/full');
    expect({ status, stderr }).toEqual({ status: 1, stderr: 'write /dev/stdout: no space left on device\n' });
  });

  test('works in a folder that is gone', () => {
    expect(shell('cd "$(mktemp -d)" && rmdir "$PWD" && "$NODE" "$PROGRAM" --version').status).toBe(0);
  });
});

/** What a script writes to descriptor 3, a pipe of which every write returns at once and that is read only after a while. */
async function readLate(script: string, desk: Desk): Promise<string> {
  const fifo = desk.path('fifo');
  execFileSync('mkfifo', [fifo]);
  const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
  const env = { ...desk.env, NODE: process.execPath, PROGRAM: program.file };
  const child = spawn('bash', ['-c', script], { env, stdio: ['ignore', 'ignore', 'inherit', writer] });
  closeSync(writer);
  const ended = once(child, 'exit');
  await setTimeout(300);
  const chunks: Buffer[] = [];
  for await (const chunk of new Socket({ fd: reader, writable: false })) chunks.push(chunk as Buffer);
  expect(await ended).toEqual([0, null]);
  return Buffer.concat(chunks).toString('utf8');
}
