/** `set` and `unset` on real files: one changed value is one changed line. */
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { Desk } from '../../support/desk.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(6);

const YAML = `# Settings
db:
  host: 'localhost'   # where
  password: "s3cret: yes"
  ports: [5432, 0x10]
list:
- a
- b
- a
text: |
  one
  two
version: 1.10
`;
let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk.remove());

async function sealed(name: string, text: string): Promise<string[]> {
  desk.write(name, text);
  expect(await desk.run(['encrypt', '-i', name])).toMatchObject({ status: 0 });
  return desk.text(name).split('\n');
}

/** The lines that are not in both, without those that every write changes. */
function changedLines(before: readonly string[], after: readonly string[]): string[] {
  const own = /^\s*"?(sops_)?(mac|lastmodified|sops_ts_layout)\b/;
  const old = new Set(before);
  return after.filter((line) => !old.has(line) && !own.test(line));
}

async function decrypted(name: string): Promise<string> {
  const { status, stdout, stderr } = await desk.run(['decrypt', name]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.toString();
}

describe('set', () => {
  test('changes one line of ciphertext and one of plaintext', async () => {
    const before = await sealed('a.yaml', YAML);
    expect(await desk.run(['set', 'a.yaml', '["db"]["password"]', '"new"'])).toMatchObject({ status: 0, stderr: '' });
    const after = desk.text('a.yaml').split('\n');
    expect(after).toHaveLength(before.length);
    expect(changedLines(before, after)).toEqual([expect.stringMatching(/^ {2}password: "ENC/)]);
    expect(await decrypted('a.yaml')).toBe(YAML.replace('s3cret: yes', 'new'));
  });

  test('adds a line for a new key, also by a plain path', async () => {
    const before = await sealed('a.yaml', YAML);
    await desk.run(['set', 'a.yaml', 'db.user', '"me"']);
    expect(changedLines(before, desk.text('a.yaml').split('\n'))).toEqual([expect.stringMatching(/^ {2}user: ENC/)]);
    expect(await decrypted('a.yaml')).toBe(YAML.replace('0x10]\n', '0x10]\n  user: me\n'));
  });

  const formats: [string, string, string, string, string][] = [
    [
      'a.json',
      '{\n  "a": 5.0,\n  "b": [1]\n}\n',
      '["b"][0]',
      '9007199254740993',
      '{\n  "a": 5.0,\n  "b": [9007199254740993]\n}\n',
    ],
    ['a.json', '{"a": {"x": 1}}', 'a.y', '[true, null]', '{"a": {"x": 1, "y": [true, null]}}'],
    ['a.env', '# c\nA=1\nB=2\n', '["A"]', '5', '# c\nA=5\nB=2\n'],
    ['a.env', 'A=1\nB=2\n', 'C', '"x y"', 'A=1\nB=2\nC=x y\n'],
    ['a.ini', '[s]\n; note\na  = 1\nb  = 2\n', '["s"]["b"]', '7', '[s]\n; note\na  = 1\nb  = 7\n'],
    ['a.txt', 'old', '["data"]', '"new"', 'new'],
    ['a.yaml', 'a: 1\n', '["a"]', '[1, {"b": "2"}]', 'a:\n    - 1\n    - b: "2"\n'],
    ['b.yaml', 'c: [x]\n', '["c"][99]', '1', 'c: [x, 1]\n'],
    ['c.yaml', 'a: 1\n', '["m"][7]["k"]', '"v"', 'a: 1\nm:\n    - k: v\n'],
    ['d.yaml', 'a: 1\n---\nb: 2\n', '["a"]', '3', 'a: 3\n---\nb: 2\n'],
    ['e.yaml', 'a: 1\r\nb: 2\r\n', '["a"]', '"x"', 'a: x\r\nb: 2\r\n'],
  ];
  for (const [name, text, place, value, wanted] of formats) {
    test(`${name}: ${place} = ${value}`, async () => {
      await sealed(name, text);
      expect(await desk.run(['set', name, place, value])).toMatchObject({ status: 0, stderr: '' });
      expect(await decrypted(name)).toBe(wanted);
    });
  }

  describe.each(['a.yaml', 'a.json'])('in %s keeps floats apart from integers', (name) => {
    test.each([
      ['1.0', '1.0', 'float'],
      ['1e3', '1000.0', 'float'],
      ['-2.50e2', '-250.0', 'float'],
      ['-0.0', '-0.0', 'float'],
      [' -0\n', '-0.0', 'float'],
      ['0', '0', 'int'],
      ['1000', '1000', 'int'],
      ['9007199254740993', '9007199254740993', 'int'],
    ])('%j is written %s, of type %s, whatever stood there', async (value, written, type) => {
      const isYaml = name === 'a.yaml';
      for (const before of ['"x"', String(Number(value)), '1.0', '1', '[1.0, 2]']) {
        await sealed(name, isYaml ? `a: ${before}\n` : `{"a": ${before}}\n`);
        expect(await desk.run(['set', name, '["a"]', value])).toMatchObject({ status: 0, stderr: '' });
        expect(desk.text(name)).toMatch(new RegExp(`^(\\{\\s*"a"|a): "?ENC\\[.*,type:${type}\\]`));
        expect(await decrypted(name)).toBe(isYaml ? `a: ${written}\n` : `{"a": ${written}}\n`);
      }
    });
  });

  test.each([
    ['["b"]["h"]', '{"x": 3.0, "y": [4.0]}', "a: &x {f: 1.0}\nb: {'f': 1.0, 'h': {'x': 3.0, 'y': [4.0]}}\nl: [2]\n", 0],
    ['["l"][0]', '3.0', 'a: &x {f: 1.0}\nb: *x\nl: [3.0]\n', 1],
    ['["l"][1]', '3.0', 'a: &x {f: 1.0}\nb: *x\nl: [2, 3.0]\n', 1],
    ['["c"]', '[3.0, {"d": 4.0}]', 'a: &x {f: 1.0}\nb: *x\nl: [2]\nc:\n    - 3.0\n    - d: 4.0\n', 1],
  ])('keeps the floats of all that it writes: %s = %s', async (place, value, wanted, copies) => {
    await sealed('a.yaml', 'a: &x {f: 1.0}\nb: *x\nl: [2]\n');
    expect(await desk.run(['set', 'a.yaml', place, value])).toMatchObject({ status: 0, stderr: '' });
    expect(await decrypted('a.yaml')).toBe(wanted);
    expect(desk.text('a.yaml').match(/type:float/g)).toHaveLength((wanted.match(/\.0/g) ?? []).length + copies);
  });

  test('leaves ciphertext of INI in the style that it stands in, as SOPS writes it plain whatever the value needs', async () => {
    const quoted = await sealed('a.ini', '[s]\na = `x#y`\nb = 1\n');
    desk.write('a.ini', quoted.join('\n').replace(/^a = `(.*)`$/m, 'a = $1'));
    const before = desk.text('a.ini').split('\n');
    expect(await desk.run(['set', 'a.ini', '["s"]["b"]', '"2"'])).toMatchObject({ status: 0, stderr: '' });
    expect(changedLines(before, desk.text('a.ini').split('\n'))).toEqual([expect.stringMatching(/^b = ENC/)]);
    expect(await decrypted('a.ini')).toBe('[s]\na = `x#y`\nb = 2\n');
  });

  test('--idempotent leaves a file alone that holds the value, integers too', async () => {
    await sealed('a.yaml', 'a: 1\n');
    const before = desk.text('a.yaml');
    expect(await desk.run(['set', 'a.yaml', '["a"]', '1', '--idempotent'])).toMatchObject({ status: 0 });
    expect(desk.text('a.yaml')).toBe(before);
    await desk.run(['set', 'a.yaml', '["a"]', '"1"', '--idempotent']);
    expect(desk.text('a.yaml')).not.toBe(before);
  });
});

describe('what set refuses', () => {
  const refused: [string, string[], number][] = [
    ['too few words', ['a.yaml', '["a"]'], 100],
    ['too many words', ['a.yaml', '["a"]', '1', '2'], 100],
    ['a value with --value-stdin', ['--value-stdin=true', 'a.yaml', '["a"]', '1'], 100],
    ['two sources', ['--value-file=true', '--value-stdin=true', 'a.yaml', '["a"]'], 1],
    ['a broken index', ['a.yaml', '["a"', '1'], 7],
    ['an empty index', ['a.yaml', '', '1'], 7],
    ['an empty step', ['a.yaml', 'a..b', '1'], 7],
    ['words that are not JSON', ['a.yaml', '["a"]', 'bare'], 7],
    ['two values', ['a.yaml', '["a"]', '7 8'], 7],
    ['what only looks like one value', ['a.yaml', '["a"]', '1}, {"b": 2'], 7],
    ['a second member', ['a.yaml', '["a"]', '1, "x": 2'], 7],
    ['a number beyond doubles', ['a.yaml', '["a"]', '1e400'], 7],
    ['a key twice', ['a.yaml', '["a"]', '{"x":1,"x":2}'], 7],
    ['an index on a map', ['a.yaml', '["m"][0]', '1'], 7],
    ['a key on a list', ['a.yaml', '["l"]["k"]', '1'], 7],
    ['a negative index', ['a.yaml', '["l"][-1]', '1'], 7],
    ['the entry sops', ['a.yaml', '["sops"]', '1'], 203],
    ['a missing file', ['none.yaml', '["a"]', '1'], 2],
    ['a missing value file', ['--value-file=true', 'a.yaml', '["a"]', 'none'], 1],
  ];
  for (const [name, words, status] of refused) {
    test(`refuses ${name} with ${status}, and leaves the file alone`, async () => {
      await sealed('a.yaml', 'a: 1\nm:\n  x: 1\nl: [1]\n');
      const before = desk.text('a.yaml');
      expect(await desk.run(['set', ...words])).toMatchObject({ status });
      expect(desk.text('a.yaml')).toBe(before);
    });
  }
});

describe('text as it is', () => {
  const lines: [string[], string, string][] = [
    [['a.yaml', 'a', 'p w: "x"', '--text'], '', 'p w: "x"'],
    [['--text', 'a.yaml', '["a"]', '5'], '', '5'],
    [['a.yaml', 'a', '--value-stdin', '--text'], '"q"\n', '"q"'],
    [['a.yaml', 'a', '--value-stdin', '--text'], 'two\r\nlines\r\n', 'two\r\nlines'],
    [['a.yaml', 'a', 'value.txt', '--value-file', '--text'], '', '{"x": 1}'],
    // What programs make up, as they print it.
    [['a.yaml', 'a', '--value-stdin'], 'n2T+Vv8u/Zx0=\n', 'n2T+Vv8u/Zx0='],
    [['a.yaml', 'a', '--value-stdin'], '00123\n', '00123'],
    [['a.yaml', 'a', '--value-stdin'], 'correct horse\n', 'correct horse'],
  ];
  test.each(lines)('%j < %j', async (words, stdin, wanted) => {
    await sealed('a.yaml', 'a: old\n');
    desk.write('value.txt', '{"x": 1}\n');
    expect(await desk.run(['set', ...words], { stdin })).toMatchObject({ status: 0, stderr: '' });
    expect((await desk.run(['decrypt', '--extract', 'a', 'a.yaml'])).stdout.toString()).toBe(wanted);
  });

  test.each([['{"x": \n'], ['["a", \n'], ['"open\n'], ['\n'], [''], [Buffer.from([0x61, 0xff])]])(
    'but not what was meant as JSON, or is not text: %j',
    async (stdin) => {
      await sealed('a.yaml', 'a: old\n');
      const { status, stderr } = await desk.run(['set', 'a.yaml', 'a', '--value-stdin'], { stdin });
      expect([status, stderr]).toEqual([7, expect.stringContaining('Value for --set is not valid JSON')]);
    },
  );

  test('called as sops, what is not JSON is refused; the error names the file and --text', async () => {
    await sealed('a.yaml', 'a: old\n');
    const env = { SOPS_TS_AS: 'sops' };
    const ran = await desk.run(['set', '--value-stdin', 'a.yaml', '["a"]'], { stdin: 'bare\n', env });
    expect(ran).toMatchObject({ status: 7 });
    expect(ran.stderr).toMatch(/^Value for --set is not valid JSON\n.*a\.yaml/);
    expect((await desk.run(['set', 'a.yaml', '["a"]', 'bare'])).stderr).toMatch(/a\.yaml[\s\S]*--text/);
  });

  test('a random text that is a number in JSON is told', async () => {
    await sealed('a.yaml', 'a: old\n');
    const tell = async (stdin: string) => (await desk.run(['set', 'a.yaml', 'a', '--value-stdin'], { stdin })).stderr;
    expect(await tell('12e4\n')).toMatch(/^warning: the value is taken as a number.*--text/);
    expect(await tell('124\n')).toBe('');
  });

  test.each([['value-file'], ['value-stdin'], ['text']])('--generate excludes --%s', async (name) => {
    await sealed('a.yaml', 'a: old\n');
    expect(await desk.run(['set', 'a.yaml', 'a', `--${name}`, '--generate', '20'])).toMatchObject({ status: 8 });
  });
});

describe('set where a key has no value, or blanks behind it', () => {
  test.each([
    ["a: 'q'\nb:\nc: 0x1\n", '"y"', 'a: \'q\'\nb: "y"\nc: 0x1\n'],
    ["a: 'q'\nb: # none\n\n# of c\nc: 0x1\n", '2', "a: 'q'\nb: 2 # none\n\n# of c\nc: 0x1\n"],
    ["a: 'q'\nb:\n", '"x\\ny\\n"', "a: 'q'\nb: |\n    x\n    y\n"],
    ["a: 'q'\nb: 1  \nc: 0x1\n", '"x\\ny\\n"', "a: 'q'\nb: |  \n    x\n    y\nc: 0x1\n"],
    ["a: 'q'\n? b\n:\n", '"x"', "a: 'q'\n? b\n: x\n"],
    ['a: {b: , c: 0x1} # d\n', '"x"', 'a: {b: x , c: 0x1} # d\n', '["a"]["b"]'],
  ])('in %j', async (before, value, after, place = '["b"]') => {
    await sealed('s.yaml', before);
    expect(await desk.run(['set', 's.yaml', place, value])).toMatchObject({ status: 0, stderr: '' });
    expect(await decrypted('s.yaml')).toBe(after);
  });
});

describe('set over a text with a tag', () => {
  test.each([
    ["a: !Sub 'q'\nb: !Ref x # one\n", '1.5', "a: !Sub 'q'\nb: 1.5 # one\n"],
    ["a: !Sub 'q'\nb: !Ref x\n", '"z"', "a: !Sub 'q'\nb: !Ref z\n"],
    ["a: !Sub 'q'\nb: !Ref &c 'x'\n", 'null', "a: !Sub 'q'\nb: &c null\n"],
    ["a: !Sub 'q'\nb: !!str |\n  x\n", 'true', "a: !Sub 'q'\nb: true\n"],
  ])('in %j', async (before, value, after) => {
    await sealed('s.yaml', before);
    expect(await desk.run(['set', 's.yaml', '["b"]', value])).toMatchObject({ status: 0, stderr: '' });
    expect(await decrypted('s.yaml')).toBe(after);
  });
});

describe('set to lines that no block can hold where they come, as blanks or a comment would belong to it', () => {
  test.each([
    ["z: 'q'\n\n# end\n", '["a"]', '"x\\n\\n"', 'z: \'q\'\na: "x\\n\\n"\n\n# end\n'],
    [
      "z: 'q'\nx_unencrypted:\n    # end\n",
      '["x_unencrypted"]',
      '"x\\n"',
      'z: \'q\'\nx_unencrypted: "x\\n"\n    # end\n',
    ],
    ["a: 'q'\nb: 1\n\n\nc: 0x1\n", '["b"]', '"x\\n\\n"', 'a: \'q\'\nb: "x\\n\\n"\n\n\nc: 0x1\n'],
  ])('in %j, %s', async (before, place, value, after) => {
    await sealed('s.yaml', before);
    expect(await desk.run(['set', 's.yaml', place, value])).toMatchObject({ status: 0, stderr: '' });
    expect(await decrypted('s.yaml')).toBe(after);
  });
});

describe('set and unset in a text without a last line end', () => {
  test.each([
    ['set', "a: 'q'\nb: |\n  x", ['["c"]', '"y"'], 'a: \'q\'\nb: |-\n  x\nc: "y"'],
    ['set', "a: 'q'", ['["c"]', '"x\\ny\\n"'], "a: 'q'\nc: |\n    x\n    y\n"],
    ['set', "a: 'q'\nl: 1 # one", ['["l"]', '"x\\ny\\n"'], "a: 'q'\nl: | # one\n    x\n    y\n"],
    ['unset', "a: 'q'\nb: |\n  x\nc: 1", ['["c"]'], "a: 'q'\nb: |\n  x\n"],
  ] as const)('%s in %j', async (command, before, words, after) => {
    await sealed('s.yaml', before);
    expect(await desk.run([command, 's.yaml', ...words])).toMatchObject({ status: 0, stderr: '' });
    expect(await decrypted('s.yaml')).toBe(after);
  });
});

describe('set, told more', () => {
  test('takes the value from standard input, from a file, and from chance', async () => {
    await sealed('a.yaml', 'a: 1\n');
    await desk.run(['set', '--value-stdin', 'a.yaml', '["a"]'], { stdin: '"in"\n' });
    expect(await decrypted('a.yaml')).toBe('a: in\n');
    desk.write('value.json', '{"x": 1}\n');
    await desk.run(['set', '--value-file', 'a.yaml', '["a"]', 'value.json']);
    expect(await decrypted('a.yaml')).toBe('a:\n    x: 1\n');
    const { stdout, stderr } = await desk.run(['set', 'a.yaml', 'p', '--generate', '20']);
    expect({ stdout: stdout.toString(), stderr }).toEqual({ stdout: '', stderr: '' });
    expect(await decrypted('a.yaml')).toMatch(/^p: [A-Za-z0-9]{20}$/m);
    expect(await desk.run(['set', 'a.yaml', 'p', '--generate', 'nonsense'])).toMatchObject({ status: 1 });
  });

  test('the old form cuts behind the first bracket with a blank', async () => {
    await sealed('a.yaml', 'a: 1\nb: 2\n');
    expect(await desk.run(['--set', '["a"] {"k": "v"}', 'a.yaml'])).toMatchObject({ status: 0 });
    expect(await decrypted('a.yaml')).toBe('a:\n    k: v\nb: 2\n');
    expect(await desk.run(['--set', '["a"]5', 'a.yaml'])).toMatchObject({ status: 7 });
  });

  test('a changed file needs --ignore-mac', async () => {
    await sealed('a.yaml', 'a: 1\nb_unencrypted: 2\n');
    desk.write('a.yaml', desk.text('a.yaml').replace('unencrypted: 2', 'unencrypted: 3'));
    expect(await desk.run(['set', 'a.yaml', '["a"]', '2'])).toMatchObject({ status: 51 });
    expect(await desk.run(['set', 'a.yaml', '["a"]', '2', '--ignore-mac'])).toMatchObject({ status: 0 });
    expect(await decrypted('a.yaml')).toBe('a: 2\nb_unencrypted: 3\n');
  });

  test('--output-type rewrites the file in that format', async () => {
    await sealed('a.json', '{"a": 1}');
    expect(await desk.run(['set', 'a.json', '["b"]', '2', '--output-type', 'yaml'])).toMatchObject({ status: 0 });
    const { stdout } = await desk.run(['decrypt', '--input-type', 'yaml', '--output-type', 'yaml', 'a.json']);
    expect(stdout.toString()).toBe('a: 1\nb: 2\n');
  });
});

describe('unset', () => {
  test('removes the line, and nothing else', async () => {
    const before = await sealed('a.yaml', YAML);
    expect(await desk.run(['unset', 'a.yaml', '["db"]["password"]'])).toMatchObject({ status: 0, stderr: '' });
    expect(changedLines(before, desk.text('a.yaml').split('\n'))).toEqual([]);
    expect(await decrypted('a.yaml')).toBe(YAML.replace('  password: "s3cret: yes"\n', ''));
  });

  const formats: [string, string, string, string][] = [
    ['a.json', '{"a": 1, "b": 2}\n', 'b', '{"a": 1}\n'],
    ['a.env', 'A=1\nB=2\n', 'A', 'B=2\n'],
    ['a.ini', '[s]\na = 1\nb = 2\n', 's.a', '[s]\nb = 2\n'],
    ['a.yaml', 'c:\n  - x\n  - y\n', 'c[0]', 'c:\n  - y\n'],
    ['b.yaml', 'a: 1\n', 'a', '{}\n'],
  ];
  for (const [name, text, place, wanted] of formats) {
    test(`${name}: ${place}`, async () => {
      await sealed(name, text);
      expect(await desk.run(['unset', name, place])).toMatchObject({ status: 0, stderr: '' });
      expect(await decrypted(name)).toBe(wanted);
    });
  }

  test('what is not there is an error of its own, or with --idempotent none', async () => {
    await sealed('a.yaml', 'a: 1\nl: [1]\n');
    const before = desk.text('a.yaml');
    for (const [place, message] of [
      ['["k"]', 'Key not found: k'],
      ['["l"][9]', 'Index 9 out of bounds'],
    ] as const) {
      const ran = await desk.run(['unset', 'a.yaml', place]);
      expect(ran.status).toBe(1);
      expect(ran.stderr).toContain(message);
      expect(await desk.run(['unset', 'a.yaml', place, '--idempotent'])).toMatchObject({ status: 0 });
    }
    const through = await desk.run(['unset', 'a.yaml', '["a"]["b"]', '--idempotent']);
    expect(through).toMatchObject({ status: 1, stderr: expect.stringContaining('Unsupported type') });
    expect(await desk.run(['unset', 'a.yaml', '["a"'])).toMatchObject({ status: 7 });
    expect(await desk.run(['unset', 'a.yaml'])).toMatchObject({ status: 100 });
    expect(desk.text('a.yaml')).toBe(before);
  });
});
