/** Finding and running programs, and splitting commands into words. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { findProgram, stepForAbsent } from '../../../src/exec/find-program.js';
import { describeOutcome, runProgram } from '../../../src/exec/run-program.js';
import { splitWords } from '../../../src/exec/shell-words.js';
import fc from '../../support/fast-check.js';
import { hostOf } from '../keys/host.js';
import { ProgramFolder } from '../keys/programs.js';

const folder = new ProgramFolder();
const program = folder.addScript('program', 'process.stdout.write("hi")');
folder.write('not-executable', 'x');
mkdirSync(join(folder.path, 'a-folder'));
symlinkSync(program, join(folder.path, 'link'));
afterAll(() => folder.remove());

describe('findProgram', () => {
  const find = (name: string, path: string, cwd = '/') => findProgram(name, hostOf({ env: { PATH: path }, cwd }));

  test('looks into the folders of PATH, in their order', async () => {
    expect(await find('program', `/nonexistent:${folder.path}`)).toBe(program);
    expect(await find('link', folder.path)).toBe(join(folder.path, 'link'));
  });

  test.each(['', '.', './', ':', 'relative', '~'])('not into the working directory by PATH=%j', async (path) => {
    expect(await find('program', path, folder.path)).toBeNull();
  });

  test.each(['not-executable', 'a-folder', 'absent', ''])('%j is not a program', async (name) => {
    expect(await find(name, folder.path)).toBeNull();
  });

  test('one that may not be run is told, where what is absent is to be installed', async () => {
    const host = hostOf({ env: { PATH: `/nonexistent:${folder.path}` }, cwd: folder.path });
    const path = join(folder.path, 'not-executable');
    const step = `${path} is there, but may not be run: chmod +x ${path}`;
    expect(await stepForAbsent('not-executable', host, 'Install it.')).toBe(step);
    expect(await stepForAbsent('./not-executable', host, 'Install it.')).toBe(step);
    expect(await stepForAbsent('absent', host, 'Install it.')).toBe('Install it.');
    expect(await stepForAbsent('a-folder', host, 'Install it.')).toBe('Install it.');
  });

  test('a name with a separator is a path', async () => {
    expect(await find('./program', '', folder.path)).toBe(program);
    expect(await find(program, '')).toBe(program);
    expect(await find('./program', folder.path)).toBeNull();
  });

  test('without PATH nothing is found', async () => {
    expect(await findProgram('program', hostOf({ env: { PATH: undefined } }))).toBeNull();
  });

  test('Windows: any spelling of PATH, and endings', async () => {
    folder.addScript('tool.exe', '');
    const host = hostOf({ env: { Path: folder.path }, platform: 'win32' });
    expect(await findProgram('tool', host)).toBe(join(folder.path, 'tool.exe'));
  });
});

describe('runProgram', () => {
  const run = (script: string, more: { input?: Uint8Array; env?: Record<string, string>; args?: string[] } = {}) =>
    runProgram(
      { ...more, file: process.execPath, args: ['-e', script, '--', ...(more.args ?? [])] },
      hostOf({ env: { A: '1' }, cwd: folder.path }),
    );

  test('collects what the program writes, whatever its status', async () => {
    const outcome = await run('process.stdout.write("out"); process.stderr.write("err"); process.exit(7)');
    expect({ ...outcome, stdout: `${outcome.stdout}`, stderr: `${outcome.stderr}` }).toEqual({
      status: 7,
      signal: null,
      stdout: 'out',
      stderr: 'err',
    });
    expect(describeOutcome(outcome)).toBe('exit status 7');
  });

  test('gives it input, variables and the working directory', async () => {
    const script =
      'process.stdout.write(JSON.stringify([process.env.A, process.env.B, process.cwd(), require("fs").readFileSync(0, "utf8")]))';
    const { stdout } = await run(script, { input: Buffer.from('in'), env: { B: '2' } });
    expect(JSON.parse(`${stdout}`)).toEqual(['1', '2', expect.stringContaining('programs-'), 'in']);
  });

  test('without input it reads nothing, and never waits', async () => {
    expect((await run('process.stdout.write(String(require("fs").readFileSync(0).length))')).stdout.toString()).toBe(
      '0',
    );
  });

  test('large input and output do not block each other', async () => {
    const input = Buffer.alloc(3_000_000, 'abc');
    const { stdout } = await run('process.stdin.pipe(process.stdout)', { input });
    expect(stdout.equals(input)).toBe(true);
  });

  test('a signal is told', async () => {
    expect(describeOutcome(await run('process.kill(process.pid, "SIGTERM"); setTimeout(() => {}, 5000)'))).toBe(
      'signal: SIGTERM',
    );
  });

  test('arguments are not looked at by a shell', async () => {
    const args = ['$HOME', '; exit 1', '`id`', "'", '*'];
    const { stdout } = await run('process.stdout.write(JSON.stringify(process.argv.slice(1)))', { args });
    expect(JSON.parse(`${stdout}`)).toEqual(args);
  });

  test('what cannot be started rejects', async () => {
    await expect(runProgram({ file: join(folder.path, 'not-executable'), args: [] }, hostOf())).rejects.toThrow(
      'EACCES',
    );
  });
});

describe('splitWords', () => {
  test.each<[string, string[] | null]>([
    ['', []],
    [' \t\n ', []],
    ['a b\tc\nd', ['a', 'b', 'c', 'd']],
    [`'a b' "c d" e' 'f`, ['a b', 'c d', 'e f']],
    [`'' "" a''`, ['', '', 'a']],
    [`a\\ b "c\\"d" 'e\\f'`, ['a b', 'c"d', 'e\\f']],
    [`"it's" 'say "x"'`, ["it's", 'say "x"']],
    ['a # b c', ['a']],
    ['a#b c', ['a#b', 'c']],
    ['# x\nb', ['b']],
    ['a "#" \\#', ['a', '#', '#']],
    ['$HOME `id` $(id) a;b|c>d&', ['$HOME', '`id`', '$(id)', 'a;b|c>d&']],
    [`'a`, null],
    ['"a', null],
    ['a\\', null],
    [`"a\\`, null],
  ])('%j', (command, words) => {
    expect(splitWords(command)).toEqual(words);
  });

  test('quoted words come back', () => {
    const quote = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        expect(splitWords(words.map(quote).join(' '))).toEqual(words);
      }),
    );
  });
});
