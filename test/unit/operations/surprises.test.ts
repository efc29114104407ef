/** Values that a format reads differently than people mean: told when a file is encrypted, refused where a part would stay in clear. */
import { afterAll, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';

const desk = new Desk();
afterAll(() => desk.remove());

interface Told {
  readonly status: number;
  readonly stderr: string;
  readonly sealed: string;
}

async function encrypt(name: string, text: string, ...flags: string[]): Promise<Told> {
  desk.write(name, text);
  const env = flags.includes('as sops') ? { SOPS_TS_AS: 'sops' } : {};
  const ran = await desk.run(['encrypt', ...flags.filter((flag) => flag !== 'as sops'), name], { env });
  return { status: ran.status, stderr: ran.stderr, sealed: ran.stdout.toString() };
}

describe('what is told', () => {
  test.each([
    ['a.env', 'PW="p w"\n', 'PW (the quotes are part of the value)'],
    ['a.env', 'URL=x # note\n', 'URL (what follows "#" is part of the value)'],
    ['a.env', 'export TOKEN=t\n', 'export TOKEN ("export" is part of the name)'],
    ['a.env', '\ufeffA=b\n', '\ufeffA (the byte order mark is part of the name)'],
    ['a.env', 'A = b\n', 'A  (the blanks before "=" are part of the name)'],
    ['a.env', 'A= b\n', 'A (the blanks around it are part of the value)'],
    ['a.ini', '[db]\npw = UJ&J#22\n', 'db.pw (the value ends at "#", and what follows is a comment)'],
    ['a.ini', '[db]\nq = "a;b" ; c\n', 'db.q (the value ends at ";", and what follows is a comment)'],
    ['a.yaml', 'a:\n  - b: yes\n', 'a.b (a string here, true or false for YAML 1.1)'],
    ['a.yaml', 'mode: 0644\n', 'mode (an octal number here, a decimal one for YAML 1.2)'],
    ['a.yaml', 'at: 12:30\n', 'at (a string here, a number to base 60 for YAML 1.1)'],
    ['a.json', '{"id":9007199254740993}', 'id (exact here, rounded by readers that have no integers of 64 bits)'],
  ])('%s %j', async (name, text, told) => {
    const { status, stderr, sealed } = await encrypt(name, text);
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: `warning: ${name}: other programs read some values differently than SOPS does: ${told}\n`,
    });
    desk.write(`sealed.${name}`, sealed);
    expect((await desk.run(['decrypt', `sealed.${name}`])).stdout.toString()).toBe(text);
  });

  test.each([
    ['a.env', 'A=b\n# c\nURL=https://h/?a=b\nEMPTY=\n'],
    ['a.ini', '[db]\npw = x ; a comment\nq = "a"\n'],
    ['a.yaml', 'a: "yes"\nb: true\nc: 10\nd: 1.5\ne: word\nf: 2026-01-02\n'],
    ['a.json', '{"id":9007199254740991,"n":-1}'],
    // What stays in clear surprises nobody.
    ['a.yaml', 'a_unencrypted: yes\nb: word\n'],
  ])('nothing of %s %j', async (name, text) => {
    expect(await encrypt(name, text)).toMatchObject({ status: 0, stderr: '' });
  });

  test('the first five of many, in one line', async () => {
    const text = Array.from({ length: 9 }, (_, at) => `K${at}="v"\n`).join('');
    const { stderr } = await encrypt('many.env', text);
    expect(stderr).toContain('K4 (the quotes are part of the value), and 4 more\n');
    expect(stderr).not.toContain('K5');
  });
});

describe('a part of a value that would stay in clear', () => {
  const INI = '[db]\npw = UJ&J#22\n';
  const ONLY = ['--encrypted-regex', '^pw$'];
  const LINES = 'KEY="first\nsecond=\n"=\n';

  test('is refused: a comment that is not encrypted', async () => {
    const { status, stderr, sealed } = await encrypt('a.ini', INI, ...ONLY);
    expect(status).toBe(1);
    expect(sealed).toBe('');
    expect(stderr).toContain('a part of a value would stay in clear: db.pw (the value ends at "#"');
    expect(stderr).toContain('--as-sops');
    expect(stderr).not.toContain('22');
  });

  test('is refused: the lines of a quoted value that become names', async () => {
    const { status, sealed } = await encrypt('a.env', LINES);
    expect(status).toBe(1);
    expect(sealed).toBe('');
  });

  test.each([
    ['--as-sops', 'a.ini', INI, ONLY],
    ['as sops', 'a.ini', INI, ONLY],
    ['--as-sops', 'a.env', LINES, []],
    ['as sops', 'a.env', LINES, []],
  ])('with %s is told: %s', async (way, name, text, flags) => {
    const { status, stderr } = await encrypt(name, text, way, ...flags);
    expect(status).toBe(0);
    expect(stderr).toContain('other programs read some values differently');
  });

  test('is none where the comment is encrypted, too', async () => {
    expect(await encrypt('a.ini', INI)).toMatchObject({ status: 0 });
  });
});

describe('exec-env', () => {
  const TEXT = 'PW="p w"\nURL=x # note\nexport TOKEN=t\nLINES="a\\nb"\nPLAIN=v\n';
  const PRINT = `process.stdout.write(JSON.stringify(['PW','URL','TOKEN','LINES','PLAIN'].map((name) => process.env[name])))`;

  async function values(...words: string[]): Promise<{ stderr: string; printed: unknown }> {
    desk.write('.env', await desk.encrypt('.env', TEXT));
    const { status, stdout, stderr } = await desk.run(['exec-env', ...words]);
    expect(status, stderr).toBe(0);
    return { stderr, printed: stdout.length > 0 ? JSON.parse(stdout.toString()) : undefined };
  }

  test('in its own form reads dotenv as Node does', async () => {
    const { stderr, printed } = await values('.env', '--', process.execPath, '-e', PRINT);
    expect(stderr).toBe('');
    expect(printed).toEqual(['p w', 'x', 't', 'a\nb', 'v']);
  });

  test('with --raw-values as SOPS does', async () => {
    const { stderr, printed } = await values('--raw-values', '.env', '--', process.execPath, '-e', PRINT);
    expect(stderr).toBe('');
    expect(printed).toEqual(['"p w"', 'x # note', null, '"a\nb"', 'v']);
  });

  test("in SOPS's form as SOPS does, and says so", async () => {
    desk.write('print.cjs', PRINT);
    const { stderr, printed } = await values('.env', `'${process.execPath}' print.cjs`);
    expect(printed).toEqual(['"p w"', 'x # note', null, '"a\nb"', 'v']);
    expect(stderr).toContain(
      'warning: .env: other programs read some values differently than SOPS does: PW (the quotes',
    );
  });

  test('masks the values that the program got', async () => {
    desk.write('.env', await desk.encrypt('.env', 'PW="open sesame"\n'));
    const words = ['exec-env', '--redact', '.env', '--', process.execPath, '-e', 'console.log(process.env.PW)'];
    expect((await desk.run(words)).stdout.toString()).toBe('***\n');
  });
});

test.each([
  ['a.env', "A='\n"],
  ['a.env', 'A="x\nB=1\n'],
  ['a.ini', 'k=$;\n'],
])('%s %j leaves nothing in clear', async (name, text) => {
  expect(await encrypt(name, text, '--unencrypted-comment-regex', '^')).toMatchObject({ status: 0 });
});

test('what stands behind the end of a JSON document is told by all that take a text', async () => {
  const told =
    'the document has ended; what follows is kept as text alone: no program finds values in it, and SOPS drops it';
  const text = '{"a":"x"},\n"b": "y"}\n';
  const { stderr, sealed } = await encrypt('stray.json', text);
  expect(stderr).toBe(`warning: stray.json: line 1: ${told}\n`);
  desk.write('stray.json', sealed);
  const good = await desk.run(['encrypt', '--update', 'stray.json'], { stdin: `{\n},${text}` });
  expect([good.status, good.stderr]).toEqual([0, `warning: line 2: ${told}\n`]);
  expect((await desk.run(['decrypt', 'stray.json'])).stdout.toString()).toBe(`{\n},${text}`);
});
