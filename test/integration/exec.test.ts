/** `exec-env` and `exec-file` next to the real sops: the same environments, files and statuses, but where SOPS loses. */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Desk } from '../support/desk.js';
import { Program } from '../support/program.js';
import { announceSkipped, SOPS } from '../support/programs.js';

const DOCUMENT = `A: plain
I: 42
F: 1.0
G: 1e30
H: 0.000001
J: 1234567.25
B: true
T: 2001-12-14T21:59:43.1-05:00
D: 2001-12-14
M: "line 1\\nline 2"
E: ""
with blank: x
U: ünï
`;

/** Command texts, and the statuses of SOPS and sops-ts. */
const ENDINGS: readonly [command: string, sops: number, ours: number][] = [
  ['exit 0', 0, 0],
  ['exit 3', 3, 3],
  ['', 0, 0],
  ['no-such-program', 127, 127],
  ['kill -9 $$', 255, 137],
  ['kill -TERM $$', 255, 143],
];

interface Ran {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

let program: Program;
let desk: Desk;

beforeAll(async () => {
  program = new Program();
  desk = new Desk();
  desk.write('e.yaml', await desk.encrypt('e.yaml', DOCUMENT));
  desk.write('null.yaml', await desk.encrypt('null.yaml', 'N: null\nA: x\n'));
  desk.write('nested.yaml', await desk.encrypt('nested.yaml', 'a: {b: 1}\n'));
  desk.write('e.env', await desk.encrypt('e.env', 'A=1\nB=two words\n'));
});

afterAll(() => {
  desk.remove();
});

function ours(words: readonly string[]): Ran {
  const { status, signal, stdout, stderr } = program.run(words, { cwd: desk.folder, env: desk.env });
  return { status, signal, stdout: `${stdout}`, stderr: `${stderr}` };
}

function theirs(words: readonly string[]): Ran {
  const env = { ...desk.env, SOPS_DISABLE_VERSION_CHECK: '1' };
  return spawnSync(SOPS ?? '', words, { cwd: desk.folder, env, encoding: 'utf8', timeout: 20_000 });
}

/** Without what the two set on purpose: the user's own key goes on to the program in SOPS alone. */
function sortedEnvironment({ stdout }: Ran): string[] {
  return stdout
    .split('\0')
    .filter((line) => line !== '' && !/^(?:PWD|_|SHLVL|OLDPWD|SOPS_DISABLE_VERSION_CHECK|SOPS_AGE_KEY)=/.test(line))
    .sort();
}

const COUNT = 12 + ENDINGS.length;
if (!SOPS) announceSkipped(COUNT, 'sops is neither in SOPS_BIN nor on PATH');

// Once, on a busy machine, the real sops ended exec-file with 1 where it ends with 127 else.
describe.runIf(SOPS)('exec-env and exec-file next to sops', { retry: 1 }, () => {
  test.each([['e.yaml'], ['e.env']])('%s gives the same environment', (file) => {
    for (const flags of [[], ['--pristine']]) {
      const words = ['exec-env', ...flags, file, 'env -0'];
      expect(sortedEnvironment(ours(words))).toEqual(sortedEnvironment(theirs(words)));
    }
  });

  test('null is the empty text, which SOPS writes as <nil>', () => {
    const words = ['exec-env', '--pristine', 'null.yaml', 'env -0'];
    expect(sortedEnvironment(theirs(words))).toEqual(['A=x', 'N=<nil>']);
    expect(sortedEnvironment(ours(words))).toEqual(['A=x', 'N=']);
  });

  test.each(ENDINGS)('%j ends sops with %i and sops-ts with %i, with the same last line', (command, sops, status) => {
    for (const name of ['exec-env', 'exec-file']) {
      const [one, other] = [theirs([name, 'e.yaml', command]), ours([name, 'e.yaml', command])];
      expect([one.status, other.status]).toEqual([sops, status]);
      expect(other.stderr.split('\n').at(-2)).toBe(one.stderr.split('\n').at(-2));
    }
    const words = ['exec-env', '--same-process', 'e.yaml', command];
    if ('execve' in process) {
      // The program has taken the place of both, and a signal ends it as nothing else.
      const [its, own] = [theirs(words), ours(words)];
      expect([own.status, own.signal]).toEqual([its.status, its.signal]);
    }
  });

  test.each([
    [['exec-env', 'nested.yaml', 'env']],
    [['exec-env', 'e.yaml']],
    [['exec-env', 'e.yaml', 'a', 'b']],
    [['exec-env', 'absent.yaml', 'env']],
    [['exec-file', 'absent.yaml', 'env']],
    [['exec-env', '--same-process', '--background', 'e.yaml', 'env']],
    [['exec-file', '--filename', '../x', 'e.yaml', 'cat {}']],
    [['exec-env', '--decryption-order', 'age,age', 'e.yaml', 'env']],
  ])('%j fails alike', (words) => {
    expect(ours(words).status).toBe(theirs(words).status);
  });

  test('the file holds the same text; a second reader gets it too', () => {
    // A file of SOPS's own: one of sops-ts keeps the author's text.
    desk.write('p.yaml', DOCUMENT);
    desk.write('s.yaml', theirs(['encrypt', 'p.yaml']).stdout);
    for (const flags of [[], ['--no-fifo'], ['--output-type', 'json'], ['--filename', 'x.yaml']]) {
      const words = ['exec-file', ...flags, 's.yaml', 'basename {} | cut -c 1-6; cat {}'];
      expect(ours(words).stdout).toBe(theirs(words).stdout);
    }
    const text = ours(['exec-file', 'e.yaml', 'cat {}']).stdout;
    expect(ours(['exec-file', 'e.yaml', 'cat {}; cat {}']).stdout).toBe(text + text);
  });
});
