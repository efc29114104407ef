/** `import env`: what people write in `.env` files comes out of the file of SOPS as programs read it. */
import { existsSync, mkdirSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { readEnvLines } from '../../../src/repository/import/env-lines.js';
import { Desk } from '../../support/desk.js';
import { TestRepository } from '../../support/repository.js';

const desk = new Desk();
afterEach(() => desk.clear());
afterAll(() => desk.remove());

async function imported(text: string, target = '.enc.env'): Promise<string> {
  desk.write('.env', text);
  const ran = await desk.run(['import', 'env', '.env', '--output', target]);
  expect(ran).toMatchObject({ status: 0 });
  expect(desk.text('.env')).toBe(text);
  return (await desk.run(['decrypt', target])).stdout.toString();
}

test('quotes, export, comments and empty lines', async () => {
  const text = '# head\n\nexport A="two words" # why\nB=\'$x\'\n  C = bare # c\n\n\nD=\nE="a\nb"\nF=`"`\nG: colon\n';
  expect(await imported(text)).toBe('# head\n# why\nA=two words\nB=$x\n# c\nC=bare\n\nD=\nE=a\\nb\nF="\nG=colon\n');
});

test('empty lines and comments at the end stay, also in YAML', async () => {
  expect(await imported('# a\n\nA=1\n\n# b\n\nB=2\n\n# end\n', 'a.enc.yaml')).toBe(
    '# a\nA: "1"\n\n# b\nB: "2"\n# end\n',
  );
});

test('YAML and JSON as targets', async () => {
  expect(await imported('# c\nA="1\\n"\nB=true\nC=\'x\\n\'\n', 'a.enc.yaml')).toBe(
    '# c\nA: |\n    1\nB: "true"\nC: x\\n\n',
  );
  desk.clear();
  expect(JSON.parse(await imported('A=1.10\n', 'a.enc.json'))).toEqual({ A: '1.10' });
});

test.each([
  ['A=b\r\nC="d\r\ne"\r\n', ['A', 'b', 'C', 'd\ne']],
  ['\ufeffA=1', ['A', '1']],
  ['A="x', ['A', '"x']],
  ['A="x" y', ['A', '"x" y']],
  ['A="\\t\\r\\n"', ['A', '\\t\r\n']],
  ["A='\\n' #c", ['A', '\\n']],
  ['A="say \\"hi\\""', ['A', 'say \\"hi\\"']],
  ['a.b-c=1\n   \n#=\n', ['a.b-c', '1']],
])('%j is read as dotenv reads it', (text, values) => {
  const lines = readEnvLines(Buffer.from(text));
  expect(lines.flatMap((line) => (line.kind === 'entry' ? [line.name, line.value] : []))).toEqual(values);
});

test('of a repeated name the last value counts, and that is said', async () => {
  desk.write('.env', 'A=1\nB=2\nA=3\n');
  const ran = await desk.run(['import', 'env', '.env']);
  expect(ran.stderr).toContain('of names that occur several times the last value was taken, as programs do: A');
  expect((await desk.run(['decrypt', '.enc.env'])).stdout.toString()).toBe('B=2\nA=3\n');
});

test('what readers differ about is said, without the value', async () => {
  desk.write('.env', 'A=secret#tail\nB="x\\"y"\n');
  const { stderr } = await desk.run(['import', 'env', '.env']);
  expect(stderr).toContain('some readers take what follows "#" for a part of it: A');
  expect(stderr).toContain('readers differ about \\" in it: B');
  expect(stderr).not.toMatch(/secret|tail/);
});

describe('refused, with nothing written', () => {
  test.each([
    ['A=1\nnot a line\n', 'line 2 is neither NAME=VALUE nor a comment'],
    ["A='C:\\new'\n", 'the target would not hold what was read: A'],
    ['# only a comment\n', 'the file holds no variable'],
    ['sops_x=1\nA=1\n', 'the target would not hold what was read'],
    ['A=1\nsops_version=3\n', 'this is not a plain .env file'],
    ['DOTENV_PUBLIC_KEY=02\nA=encrypted:x\n', 'this is not a plain .env file'],
  ])('%j', async (text, message) => {
    desk.write('.env', text);
    const ran = await desk.run(['import', 'env', '.env']);
    expect(ran.status).not.toBe(0);
    expect(ran.stderr).toContain(message);
    expect(desk.names()).toEqual(['.env']);
  });

  test('a target that is there', async () => {
    desk.write('.env', 'A=1\n');
    desk.write('.enc.env', 'mine');
    expect(await desk.run(['import', 'env', '.env'])).toMatchObject({ status: 3 });
    expect(desk.text('.enc.env')).toBe('mine');
  });

  test('a target that no rule is for, unless there are recipients', async () => {
    const env = { SOPS_AGE_RECIPIENTS: '' };
    desk.write('.env', 'A=1\n');
    expect((await desk.run(['import', 'env', '.env'], { env })).status).toBe(1);
    desk.write('.sops.yaml', `creation_rules: [{path_regex: other, age: ${desk.recipient}}]\n`);
    expect((await desk.run(['import', 'env', '.env'], { env })).stderr).toContain('no matching creation rules found');
    expect(existsSync(desk.path('.enc.env'))).toBe(false);
    expect((await desk.run(['import', 'env', '.env', '--age', desk.recipient], { env })).status).toBe(0);
  });

  test.each([
    [['import', 'env'], 'import env takes files or folders'],
    [['import', 'env', '.env', '.env.b', '--output', 'x.env'], '--output is for one file, and there are 2'],
    [['import', 'env', '.env', '--output', 'x.env', '--output-dir', 'y'], 'both --output and --output-dir'],
    [['import', 'env', '.env', '--output', 'x.txt'], 'tells no format for variables'],
    [['import', 'env', 'gone'], 'there is no such file'],
    [['import', 'env', 'empty'], 'nothing to import'],
  ])('%j', async (words, message) => {
    desk.write('.env', 'A=1\n');
    desk.write('.env.b', 'A=1\n');
    mkdirSync(desk.path('empty'));
    const ran = await desk.run(words);
    expect(ran.status).not.toBe(0);
    expect(ran.stderr).toContain(message);
    expect(desk.names()).toEqual(['.env', '.env.b', 'empty']);
  });
});

test('--dry-run does all but write', async () => {
  desk.write('.env', 'A=1\n');
  const ran = await desk.run(['import', 'env', '.env', '--dry-run']);
  expect(ran.stdout.toString()).toContain('.env would be imported into .enc.env (1 value)');
  expect(desk.names()).toEqual(['.env']);
});

test('a folder: its .env files, those of SOPS and examples aside, and what history holds', async () => {
  const repository = new TestRepository();
  try {
    repository.write({ 'a/.env': 'A=1\n', 'a/.env.local': 'B=2\n', '.env.example': 'A=\n', 'b/x.env': 'C=3\n' });
    repository.commit();
    const { run } = await import('../../support/run.js');
    const options = { cwd: repository.folder, env: { ...repository.env, SOPS_AGE_RECIPIENTS: desk.recipient } };
    const ran = await run(['import', 'env', '.', '--json', '--output-dir', 'out'], options);
    expect(ran.status).toBe(0);
    const { files, done, findings } = JSON.parse(ran.stdout.toString());
    expect({ done, findings }).toEqual({ done: 3, findings: [] });
    expect(files.map(({ output }: { output: string }) => output.slice(repository.folder.length))).toEqual([
      '/out/a/.enc.env',
      '/out/a/.env.local.enc.env',
      '/out/b/x.enc.env',
    ]);
    expect(ran.stderr).toContain("git's history still holds 3 sources with the plaintext");
    expect(repository.git('status', '--porcelain')).toBe('?? out/');
    // What was made is not taken for a source.
    expect((await run(['import', 'env', 'out'], options)).stderr).toContain('nothing to import');
  } finally {
    repository.remove();
  }
});
