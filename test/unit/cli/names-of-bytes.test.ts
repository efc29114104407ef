/** Files whose names are not UTF-8: every command does with them what it does with others. Only Linux tells the words exactly. */
import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { printable } from '../../../src/cli/output/report.js';
import { rawEnvironment, rawWords } from '../../../src/cli/start/raw-words.js';
import { generateIdentity } from '../../../src/keys/age/x25519.js';
import { decodeText } from '../../../src/util/text/text.js';
import { Desk } from '../../support/desk.js';
import { Program } from '../../support/program.js';
import { inSweeps, sample, sampledTest } from '../../support/sweep.js';

const test = sampledTest(6);

/** What `printf` makes the names of: bytes alone, and beside letters, a surrogate's and a real U+FFFD. */
const STRANGE = ['\\377A', 'a\\200\\355\\240\\200\\303\\250\\357\\277\\275'];
const PLAIN = 'plain';
const other = generateIdentity();

let program: Program;
let desk: Desk;

beforeAll(() => {
  program = new Program();
  desk = new Desk();
});

afterEach(() => {
  desk.clear();
});

afterAll(() => {
  desk.remove();
});

/** What a name is in bytes. */
function bytesOf(name: string): Buffer {
  return Buffer.from(
    name.replace(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8))),
    'latin1',
  );
}

/** How messages show a name: the bytes that are not text by their numbers, or as JSON has them. */
function shown(name: string): string[] {
  const text = decodeText(bytesOf(name));
  const forms = [printable(text), JSON.stringify(text).slice(1, -1)];
  return forms.map((form) => Buffer.from(form).toString('latin1'));
}

/** A path on the desk, with a name in the place of each `@`. */
function filled(path: string, name: string): Buffer {
  const text = bytesOf(name).toString('latin1');
  return Buffer.from(`${desk.folder}/${path.replaceAll('@', text)}`, 'latin1');
}

/** The same for a shell, which makes the bytes. */
function filledIn(words: string, name: string): string {
  return words.replaceAll('@', `"$(printf '${name}')"`);
}

interface Printed {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the real main on words as `rawWords` gives them, with a name in the place of each `@`, and that taken out of what was printed. */
async function run(words: readonly string[], name: string): Promise<Ran> {
  const text = decodeText(bytesOf(name));
  const given = words.map((word) => word.replaceAll('@', text));
  const ran = await desk.run(given, { env: { SOPS_AGE_RECIPIENTS: '', EDITOR: 'sed -i s/x/y/' } });
  return neutral(name, { ...ran, stderr: Buffer.from(ran.stderr) });
}

/** Runs the program itself, through a shell that makes bytes of `@`. */
function runProgram(words: string, name: string, folder = '.'): Ran {
  const line = `cd ${filledIn(folder, name)} && exec "$NODE" "$PROGRAM" ${filledIn(words, name)}`;
  const env = {
    ...desk.env,
    SOPS_AGE_RECIPIENTS: '',
    NODE: process.execPath,
    PROGRAM: program.file,
    EDITOR: 'sed -i s/x/y/',
  };
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', line], { cwd: desk.folder, env });
  return neutral(name, { status, stdout, stderr });
}

/** What was printed without the name. */
function neutral(name: string, { status, stdout, stderr }: Pick<Ran, 'status'> & Printed): Ran {
  const own = bytesOf(name).toString('latin1');
  const without = (bytes: Buffer): string =>
    [own, ...shown(name)].reduce((text, form) => text.replaceAll(form, '@'), bytes.toString('latin1'));
  return { status, stdout: without(stdout), stderr: without(stderr) };
}

function configure(...recipients: string[]): void {
  desk.write('.sops.yaml', `creation_rules:\n  - path_regex: yaml$\n    age: ${recipients.join(',')}\n`);
}

/** The commands one after the other, each with what it needs of the one before; a text is a line for a shell. */
const STEPS: readonly (string | readonly string[])[] = [
  ['encrypt', '-i', '@.yaml'],
  ['encrypt', '-i', '@.yaml'],
  'decrypt @.yaml',
  ['decrypt', '--extract', '["a"]', '--output', '@.txt', '@.yaml'],
  ['--decrypt', '@.yaml'],
  ['filestatus', '@.yaml'],
  ['why', '@.yaml'],
  ['set', '@.yaml', '["c"]', '"x"'],
  ['unset', '@.yaml', '["a"]'],
  ['rotate', '-i', '@.yaml'],
  ['edit', '@.yaml'],
  "exec-env @.yaml -- sh -c 'echo $c'",
  'exec-file @.yaml -- cat {}',
  ['decrypt', '@.missing.yaml'],
  ['decrypt', '-i', '@.yaml'],
];

async function runSteps(name: string): Promise<Ran[]> {
  writeFileSync(filled('@.yaml', name), 'a: b\n');
  const all: Ran[] = [];
  for (const step of STEPS) all.push(typeof step === 'string' ? runProgram(step, name) : await run(step, name));
  return all;
}

describe.skipIf(process.platform !== 'linux')('names that are not UTF-8', () => {
  test('every command does what it does elsewhere', async () => {
    configure(desk.recipient);
    const wanted = await runSteps(PLAIN);
    expect(wanted.map(({ status }) => status)).toEqual([0, 203, ...Array(11).fill(0), 100, 0]);
    for (const name of sample(STRANGE, 2)) {
      expect(await runSteps(name), name).toEqual(wanted);
      expect(readFileSync(filled('@.yaml', name), 'utf8')).toBe('c: y\n');
      expect(readFileSync(filled('@.txt', name), 'utf8')).toBe('b');
    }
  }, 60_000);

  const LINES = [
    [['updatekeys', '-y', '@/@.yaml', '@/@/@.yaml']],
    [['revoke', '--yes', other.recipient, '@']],
    [['revoke', '--yes', other.recipient]],
    [['filestatus', '@/@.yaml', '@/@/@.yaml']],
  ];

  test.each(sample(LINES, 2))('folders of such names are gone through: %s', async (words) => {
    const look = async (name: string) => {
      const files = ['@/@.yaml', '@/@/@.yaml'];
      configure(desk.recipient, other.recipient);
      mkdirSync(filled('@/@', name), { recursive: true });
      for (const file of files) writeFileSync(filled(file, name), 'a: b\n');
      const before = await run(['encrypt', '-i', ...files], name);
      if (words[0] === 'updatekeys') configure(desk.recipient);
      const ran = await run(words, name);
      const holders = files.map((file) => readFileSync(filled(file, name), 'utf8').match(/age1\w+/g));
      desk.clear();
      return { before, ran, holders };
    };
    const wanted = await look(PLAIN);
    expect(await look('\\377')).toEqual(wanted);
    expect(wanted.ran.status).toBe(0);
    const left = words[0] === 'filestatus' ? [desk.recipient, other.recipient] : [desk.recipient];
    expect(wanted.holders).toEqual([left, left]);
  });

  test('a link of such a name, and one that leads to it, are followed', async () => {
    configure(desk.recipient);
    writeFileSync(filled('@.yaml', '\\377'), 'a: b\n');
    symlinkSync(filled('@.yaml', '\\377'), desk.path('link.yaml'));
    symlinkSync(filled('@.yaml', '\\377'), filled('@.link.yaml', '\\377'));
    expect(await run(['encrypt', '-i', 'link.yaml'], PLAIN)).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(await run(['decrypt', '-i', '@.link.yaml'], '\\377')).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(readFileSync(filled('@.yaml', '\\377'), 'utf8')).toBe('a: b\n');
    expect(lstatSync(desk.path('link.yaml')).isSymbolicLink()).toBe(true);
  });

  inSweeps(() => {
    test('a working directory of such a name', () => {
      configure(desk.recipient);
      mkdirSync(filled('@', '\\377'), { recursive: true });
      writeFileSync(filled('@/a.yaml', '\\377'), 'a: b\n');
      const steps = [
        'encrypt -i a.yaml',
        `set a.yaml '["a"]' '"x"'`,
        'edit a.yaml',
        'decrypt a.yaml',
        "exec-env a.yaml -- sh -c 'cat a.yaml | head -c 7'",
      ];
      const all = steps.map((step) => runProgram(step, '\\377', '@'));
      expect(all.map(({ status, stderr }) => [status, stderr])).toEqual(Array(steps.length).fill([0, '']));
    });
  });
});

describe.skipIf(process.platform !== 'linux')('names that are not UTF-8, to other programs', () => {
  test('publish refuses such a name, which no address can have', async () => {
    desk.write(
      '.sops.yaml',
      `creation_rules:\n  - age: ${desk.recipient}\ndestination_rules:\n  - vault_path: x\n    vault_address: http://127.0.0.1:1\n`,
    );
    writeFileSync(filled('@.yaml', '\\377'), 'a: b\n');
    const ran = await run(['publish', '--yes', '@.yaml'], '\\377');
    expect(ran.status).not.toBe(0);
    expect(ran.stderr).toContain('the name of @.yaml is not UTF-8');
  });

  test('programs get them as words, and a value cannot have them', async () => {
    configure(desk.recipient);
    desk.write('s.yaml', 'a: b\n');
    await run(['encrypt', '-i', 's.yaml'], PLAIN);
    const line = 'exec-env s.yaml -- sh -c \'printf "%s.%s" "$1" "$a"\' sh ';
    expect(runProgram(`${line} "$(printf '\\377\\n.')"`, PLAIN)).toEqual({
      status: 0,
      stdout: '\xff\n..b',
      stderr: '',
    });
    expect(runProgram(`exec-env s.yaml "printf %s @"`, '\\377')).toEqual({ status: 0, stdout: '@', stderr: '' });
    expect((await run(['set', 's.yaml', '["a"]', '--text', '@'], '\\377')).stderr).toContain(
      'bytes that are not UTF-8',
    );
  });

  inSweeps(() => {
    test('variables lead to files of such names, and programs that are run get them as they are', () => {
      const name = '\\377\\047\\012x';
      const env = 'export HOME="$PWD"/@ SOPS_AGE_KEY= ';
      mkdirSync(filled('@/.config/sops/age', name), { recursive: true });
      writeFileSync(filled('@/.config/sops/age/keys.txt', name), desk.identity);
      writeFileSync(filled('@/c.yaml', name), `creation_rules:\n  - age: ${desk.recipient}\n`);
      writeFileSync(filled('@/ed', name), '#!/bin/sh\nprintf %s "$HOME" > home; sed -i s/b/c/ "$1"\n', { mode: 0o700 });
      desk.write('s.yaml', 'a: b\n');
      const home = filled('@', name).toString('latin1');
      const steps: readonly [string, string][] = [
        ['SOPS_CONFIG="$PWD"/@/c.yaml', 'encrypt -i s.yaml'],
        ['EDITOR=ed PATH="$PWD"/@:"$PATH"', 'edit s.yaml'],
        ['SOPS_AGE_KEY_FILE="$PWD"/@/.config/sops/age/keys.txt HOME=/', 'decrypt s.yaml'],
        ['A.B=kept', 'exec-env s.yaml -- grep -ao A.B=kept /proc/self/environ'],
        ['', `exec-env --same-process s.yaml 'printf %s "$HOME"'`],
        ['', `exec-file s.yaml 'cat {}; printf %s "$HOME"'`],
      ];
      const all = steps.map(([variables, words]) => {
        const line = filledIn(`${env}; exec env ${variables} "$NODE" "$PROGRAM" ${words}`, name);
        const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', line], {
          cwd: desk.folder,
          env: { PATH: process.env.PATH, NODE: process.execPath, PROGRAM: program.file },
        });
        return [status, stdout.toString('latin1'), stderr.toString('latin1')];
      });
      expect(all).toEqual(['', '', 'a: c\n', 'A.B=kept\n', home, `a: c\n${home}`].map((out) => [0, out, '']));
      expect(desk.read('home').toString('latin1')).toBe(home);
    });
  });
});

describe('words of the command line', () => {
  test.each([
    ['the last ones', 'node\0--x\0main.js\0a\0\xff\0', ['a', '\ufffd'], ['a', '\udcff']],
    ['others than this process has', 'node\0main.js\0\xff\0', ['b\ufffd'], ['b\ufffd']],
    ['more than it has', '\xff\0', ['a', '\ufffd'], ['a', '\ufffd']],
    ['a real replacement character', 'node\0\xef\xbf\xbd\0', ['\ufffd'], ['\ufffd']],
    ['empty ones', 'node\0\0\xff\0\0', ['', '\ufffd', ''], ['', '\udcff', '']],
  ])('%s', (_, list, words, expected) => {
    expect(rawWords(words, desk.write('cmdline', Buffer.from(list, 'latin1')))).toEqual(expected);
  });

  test('stay as they are where the system does not tell', () => {
    expect(rawWords(['\ufffd'], desk.path('missing'))).toEqual(['\ufffd']);
  });
});

describe('variables', () => {
  test.each([
    ['the one that Node could not decode', 'A=x\0B=\xff=\0', { A: 'x', B: '\ufffd=' }, { A: 'x', B: '\udcff=' }],
    ['one that was changed since', 'B=\xff\0', { B: '\ufffd\ufffd' }, { B: '\ufffd\ufffd' }],
    ['a real replacement character', 'B=\xef\xbf\xbd\0', { B: '\ufffd' }, { B: '\ufffd' }],
    ['one that is not there', 'C=\xff\0', { A: '\ufffd' }, { A: '\ufffd' }],
  ])('%s', (_, list, env, expected) => {
    expect({ ...rawEnvironment(env, desk.write('environ', Buffer.from(list, 'latin1'))) }).toEqual(expected);
  });
});
