/** The same program under Bun: every vector, and what differs between the runtimes. Bun is found by `BUN_BIN` or on PATH. */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Desk } from '../support/desk.js';
import { Program } from '../support/program.js';
import { announceSkipped, findTool } from '../support/programs.js';
import type { Ran } from '../support/run.js';
import { run } from '../support/run.js';
import { hasGpg, needsGpg, readCase, VECTORS, type Vector, Workshop } from '../support/vectors.js';

const BUN = findTool('bun', 'BUN_BIN', ['--version']);
const cases = VECTORS.filter((vector) => hasGpg || !needsGpg(vector));
if (!BUN) announceSkipped(cases.length + 8, 'there is no bun program');

const workshop = new Workshop();
const desk = new Desk();
let program: Program;
beforeAll(() => {
  program = new Program();
});
afterAll(() => {
  workshop.remove();
  desk.remove();
});

interface BunOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin?: Uint8Array | string;
}

function bun(words: readonly string[], { cwd, env, stdin = '' }: BunOptions): Ran {
  const { status, stdout, stderr } = spawnSync(BUN ?? 'bun', [program.file, ...words], {
    cwd,
    env,
    input: stdin,
    maxBuffer: 2 ** 28,
  });
  return { status: status ?? -1, stdout, stderr: stderr.toString('utf8') };
}

function inputType({ decrypt }: Vector): string[] {
  const args = decrypt?.args ?? [];
  const at = args.findIndex((word) => word.startsWith('--input-type'));
  return at < 0 ? [] : args.slice(at, args[at]?.includes('=') ? at + 1 : at + 2);
}

/** Whether flags ask for another text than the one that was encrypted. */
function isOtherTextBack({ decrypt, encrypt }: Vector): boolean {
  const words = [...(encrypt?.args ?? []), ...(encrypt?.global_args ?? []), ...(decrypt?.args ?? [])];
  return words.some((word) => /output-type|extract|--indent/.test(word));
}

describe.skipIf(!BUN)('vectors', () => {
  test.each(cases)('$name', async (vector) => {
    const { decrypt, encrypt, failure, expect: kind } = vector;
    const cwd = workshop.layOut(vector);
    if (decrypt && existsSync(join(cwd, decrypt.file))) {
      const words = [...decrypt.global_args, 'decrypt', ...decrypt.args, decrypt.file];
      const env = workshop.env(decrypt.keys ?? []);
      const ran = bun(words, { cwd, env });
      const byNode = await run(words, { cwd, env });
      expect([ran.status, ran.stdout.toString('latin1')], ran.stderr).toEqual([
        byNode.status,
        byNode.stdout.toString('latin1'),
      ]);
      // What gpg says depends on what it did before.
      if (!needsGpg(vector)) expect(ran.stderr).toBe(byNode.stderr);
      if (failure?.stage === 'decrypt' && kind !== 'defect') expect(ran.status).toBe(failure.exit_code);
    }
    if (!encrypt || kind === 'decrypt-fails') return;
    const sealed = bun([...encrypt.global_args, 'encrypt', ...encrypt.args, encrypt.file], {
      cwd,
      env: workshop.env(['pgp-1']),
    });
    if (failure?.stage === 'encrypt') {
      expect(sealed.status, sealed.stderr).toBe(failure.exit_code);
      return;
    }
    expect(sealed.status, sealed.stderr).toBe(0);
    if (isOtherTextBack(vector)) return;
    const name = `bun${extname(encrypt.output ?? '')}`;
    writeFileSync(join(cwd, name), sealed.stdout);
    const back = await run(['decrypt', ...inputType(vector), name], {
      cwd,
      env: workshop.env(decrypt?.keys ?? ['age-1']),
    });
    expect(back.status, back.stderr).toBe(0);
    expect(back.stdout.equals(readCase(cwd, encrypt.file))).toBe(true);
  });
});

describe.skipIf(!BUN)('what differs between the runtimes', () => {
  const onDesk = (words: readonly string[], stdin: Uint8Array | string = ''): Ran =>
    bun(words, { cwd: desk.folder, env: desk.env, stdin });

  test('an IV of any length opens, as with Node', async () => {
    const sealed = (await desk.encrypt('p.yaml', 'a: text\n')).toString();
    for (const iv of ['AA==', 'AAAAAAAAAAAAAAAA', `${'A'.repeat(43)}=`, 'A'.repeat(172)]) {
      const changed = sealed.replace(/iv:[^,]*/, `iv:${iv}`);
      const ran = onDesk(['decrypt', '--filename-override', 'p.yaml'], changed);
      const byNode = await desk.decrypt('p.yaml', changed);
      expect({ status: ran.status, stderr: ran.stderr }).toEqual({ status: byNode.status, stderr: byNode.stderr });
    }
  });

  test('bytes that are not UTF-8, in every format that takes them', () => {
    for (const [name, bytes] of [
      ['p.bin', '\xff\xfe\0x'],
      ['p.env', 'A=\xff\xfe\n'],
      ['p.ini', '[s]\na = \xff\xfe\n'],
      ['p.json', '{"a": "\xff"}'],
    ] as const) {
      const plain = Buffer.from(bytes, 'latin1');
      const sealed = onDesk(['encrypt', '--filename-override', name], plain);
      expect(sealed.status, sealed.stderr).toBe(0);
      expect(onDesk(['decrypt', '--filename-override', name], sealed.stdout).stdout.equals(plain)).toBe(true);
    }
  });

  test('a rule in RE2 syntax', () => {
    const sealed = onDesk(['encrypt', '--encrypted-regex', '(?i)^A$', '--filename-override', 'p.yaml'], 'a: 1\nb: 2\n');
    expect(sealed.stdout.toString()).toMatch(/^a: ENC.*\nb: 2\n/);
    expect(onDesk(['decrypt', '--filename-override', 'p.yaml'], sealed.stdout).stdout.toString()).toBe('a: 1\nb: 2\n');
  });

  test('--in-place', () => {
    desk.write('p.yaml', 'a: 1.10 # c\n');
    expect(onDesk(['encrypt', '-i', 'p.yaml']).status).toBe(0);
    expect(desk.text('p.yaml')).toContain('sops_ts_layout');
    expect(onDesk(['decrypt', '-i', 'p.yaml']).status).toBe(0);
    expect(desk.text('p.yaml')).toBe('a: 1.10 # c\n');
  });

  test.skipIf(process.platform === 'win32')('a full disk', () => {
    const plain = 'a: some words\n'.concat(...[...Array(500).keys()].map((n) => `k${n}: some words\n`));
    desk.write('p.yaml', plain);
    const { status, stderr } = spawnSync(
      'bash',
      ['-c', 'ulimit -f 8; exec "$0" "$@"', BUN ?? 'bun', program.file, 'encrypt', '-i', 'p.yaml'],
      { cwd: desk.folder, env: desk.env },
    );
    expect({ status, stderr: stderr.toString() }).toMatchObject({ status: 1 });
    expect(stderr.toString()).toContain('Nothing was changed');
    expect(desk.text('p.yaml')).toBe(plain);
  });

  test.runIf(existsSync('/dev/full'))('a full output', async () => {
    desk.write('q.yaml', await desk.encrypt('q.yaml', 'a: 1\n'));
    const { status, stderr } = spawnSync(
      'bash',
      ['-c', '"$0" "$@" > /dev/full', BUN ?? 'bun', program.file, 'decrypt', 'q.yaml'],
      { cwd: desk.folder, env: desk.env },
    );
    expect({ status, stderr: stderr.toString() }).toEqual({
      status: 1,
      stderr: 'write /dev/stdout: no space left on device\n',
    });
  });

  test('a large output through a pipe', async () => {
    const plain = [...Array(20_000).keys()].map((n) => `k${n}: some words of it\n`).join('');
    const ran = onDesk(['decrypt', '--filename-override', 'p.yaml'], await desk.encrypt('p.yaml', plain));
    expect(ran.stdout.toString()).toBe(plain);
  });

  test('wrong words, help and version', async () => {
    for (const words of [['--nope'], ['encrypt', '--help'], ['help'], ['decrypt', 'absent.yaml']]) {
      const ran = onDesk(words);
      const byNode = await desk.run(words);
      expect({ ...ran, stdout: ran.stdout.toString() }).toEqual({ ...byNode, stdout: byNode.stdout.toString() });
    }
    expect(onDesk(['--version']).stdout.toString()).toMatch(/^sops 3\.13\.2 \(sops-ts /);
  });
});
