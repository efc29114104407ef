/** References in encrypted files: for programs, and in a plaintext that is printed. */
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';

const desk = new Desk();
afterAll(() => desk.remove());

beforeAll(async () => {
  desk.write('n.yaml', 'n: 5\nlist: [1]\n');
  const text = '# why\nA: x ref+file://n.yaml#/n+ y   # kept\nB:   ref+file://n.yaml#/n\nC: "1.10"\n';
  desk.write('a.enc.yaml', await desk.encrypt('a.enc.yaml', text));
  desk.write('l.enc.yaml', await desk.encrypt('l.enc.yaml', 'L: ref+file://n.yaml#/list\n'));
});

describe('exec-env --resolve-refs', () => {
  const exec = (file: string, ...flags: string[]) =>
    desk.run(['exec-env', ...flags, file, '--', 'sh', '-c', 'echo "$A|$B|$L"']);

  test('passes the values on', async () => {
    const ran = await exec('a.enc.yaml', '--resolve-refs');
    expect([ran.stderr, ran.status, ran.stdout.toString()]).toEqual(['', 0, 'x 5 y|5|\n']);
  });

  test('without it references stay what they are', async () => {
    expect((await exec('a.enc.yaml')).stdout.toString()).toBe('x ref+file://n.yaml#/n+ y|ref+file://n.yaml#/n|\n');
  });

  test('starts nothing for what is not text, and names the variable', async () => {
    const ran = await exec('l.enc.yaml', '--resolve-refs');
    expect([ran.status, ran.stdout.toString()]).toEqual([66, '']);
    expect(ran.stderr).toContain('L: ');
  });

  test('begins at the folder of each file, and stays below it', async () => {
    for (const folder of ['one', 'two']) mkdirSync(desk.path(folder));
    desk.write('one/v.txt', 'of one');
    desk.write('two/v.txt', 'of two');
    const sealed = async (path: string, text: string): Promise<void> => {
      desk.write(path, await desk.encrypt(path, text));
    };
    await sealed('one/a.enc.yaml', 'A: ref+file://v.txt\n');
    await sealed('two/b.enc.yaml', 'B: ref+file://v.txt\n');
    await sealed('two/out.enc.yaml', 'B: ref+file://../one/v.txt\n');
    const words = (second: string): string[] => [
      'exec-env',
      '--resolve-refs',
      'one/a.enc.yaml',
      second,
      '--',
      'sh',
      '-c',
      'echo "$A|$B"',
    ];
    expect((await desk.run(words('two/b.enc.yaml'))).stdout.toString()).toBe('of one|of two\n');
    expect((await desk.run(words('two/out.enc.yaml'))).status).toBe(78);
  });

  test('masks resolved values, too', async () => {
    desk.write('v.txt', 'the-looked-up-value');
    desk.write('m.enc.yaml', await desk.encrypt('m.enc.yaml', 'A: ref+file://v.txt\n'));
    expect((await exec('m.enc.yaml', '--resolve-refs', '--redact')).stdout.toString()).not.toContain('looked-up');
  });

  test.each([
    ['--on-rotate', 'exit'],
    ['--resolve-refs', '--on-rotate', 'sometimes'],
    ['--resolve-refs', '--on-rotate', 'signal=NOPE'],
    ['--resolve-refs', '--same-process'],
  ])('refuses %s %s %s', async (...flags) => {
    const ran = await exec('a.enc.yaml', ...flags.filter((flag) => flag !== undefined));
    expect([ran.status !== 0, ran.stdout.toString()]).toEqual([true, '']);
  });
});

describe('decrypt --resolve-refs', () => {
  test('keeps the text around values, and the types of whole references', async () => {
    const ran = await desk.run(['decrypt', '--resolve-refs', 'a.enc.yaml']);
    expect([ran.stderr, ran.status]).toEqual(['', 0]);
    expect(ran.stdout.toString()).toBe('# why\nA: x 5 y   # kept\nB:   5\nC: "1.10"\n');
  });
});

test('refs exec gives a program the values of a file, and nothing else', async () => {
  desk.write('env.yaml', 'A: ref+file://n.yaml#/n\n');
  const alone = await desk.run(['refs', 'exec', '-f', 'env.yaml', '--', '/usr/bin/env']);
  const read = await desk.run(['refs', 'exec', '-f', '-', '--', '/usr/bin/env'], { stdin: desk.text('env.yaml') });
  expect([read.status, read.stdout.toString()]).toEqual([0, alone.stdout.toString()]);
  expect([alone.stderr, alone.status, alone.stdout.toString()]).toEqual(['', 0, 'A=5\n']);
  const inherited = await desk.run(['refs', 'exec', '-i', '-f', 'env.yaml', '--', 'sh', '-c', 'echo $A$HOME; exit 7']);
  expect([inherited.status, inherited.stdout.toString()]).toEqual([7, `5${desk.path('home')}\n`]);
});

describe('decrypt --resolve-refs of a dotenv file', () => {
  test('writes a value of several lines as the format has it: no line of it becomes a variable', async () => {
    desk.write('lines.txt', 'one\nINJECTED=two');
    desk.write('a.env', await desk.encrypt('a.env', '# why\nA=ref+file://lines.txt\nB=x\n'));
    const ran = await desk.run(['decrypt', '--resolve-refs', 'a.env']);
    expect([ran.stderr, ran.status, ran.stdout.toString()]).toEqual(['', 0, '# why\nA=one\\nINJECTED=two\nB=x\n']);
  });
});
