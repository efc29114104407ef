/** Git's conflict markers: told as what they are, with their lines, by every command; never where a document may hold such a line. */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { Desk } from '../../support/desk.js';

const FIXTURE = readFileSync(new URL('../../../fixtures/conflict-markers/c.yaml', import.meta.url));
const desk = new Desk();
afterAll(() => desk.remove());

const PLAINS = {
  'x.yaml': 'a: 1\nb: 2\n',
  'x.json': '{\n  "a": 1\n}\n',
  'x.env': 'A=1\n',
  'x.ini': '[s]\na = 1\n',
  'x.txt': 'one\n',
} as const;

/** Both sides whole, as git leaves a file of which every line changed. */
function conflict(text: string, { base = false, end = '\n' } = {}): string {
  const side = text.replaceAll('\n', end);
  const ancestor = base ? `||||||| 1a2b3c4${end}${side}` : '';
  return `<<<<<<< HEAD${end}${side}${ancestor}=======${end}${side}>>>>>>> feat: x (y=1)${end}`;
}

describe.each(Object.entries(PLAINS))('%s', (name, plain) => {
  test.each([{}, { base: true }, { end: '\r\n' }])('whose ciphertext is in conflict (%o)', async (how) => {
    desk.write(name, conflict((await desk.encrypt(name, plain)).toString(), how));
    for (const words of [['decrypt'], ['filestatus'], ['rotate', '-i'], ['doctor'], ['why'], ['edit']]) {
      const { status, stderr, stdout } = await desk.run([...words, name]);
      const said = stderr + stdout.toString();
      expect([words, status === 0, said]).toEqual([
        words,
        false,
        expect.stringMatching(/unresolved merge: .* in lines 1, /),
      ]);
      expect(said).toContain(name);
    }
  });
});

describe('a dotenv file whose marks all hold "="', () => {
  const marked = (text: string): string => `<<<<<<< topic=1\n${text}=======\n${text}>>>>>>> topic=2\n`;

  test('is not encrypted', async () => {
    const plain = desk.write('eq.env', marked('A=1\n'));
    const { status, stderr } = await desk.run(['encrypt', plain]);
    expect([status === 0, stderr]).toEqual([false, expect.stringContaining('unresolved merge')]);
  });

  test.each([['decrypt'], ['rotate'], ['filestatus'], ['exec-env']])('is told by %s', async (command) => {
    desk.write('eq.env', marked((await desk.encrypt('eq.env', 'A=1\n')).toString()));
    const { status, stderr } = await desk.run([command, 'eq.env', ...(command === 'exec-env' ? ['true'] : [])]);
    expect([status === 0, stderr]).toEqual([false, expect.stringMatching(/unresolved merge: .* in lines 1, /)]);
  });
});

test('the lines are those of the markers, and the next step is told', async () => {
  desk.write('c.yaml', FIXTURE);
  const { status, stderr } = await desk.run(['decrypt', 'c.yaml']);
  expect([status, stderr]).toEqual([1, expect.stringContaining('in lines 1, 18 and 35')]);
  expect(stderr).toContain('git checkout --ours');
  expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(5);
});

test.each(['x.yaml', 'x.json', 'x.env', 'x.ini'] as const)(
  'plaintext of %s in conflict is not encrypted',
  async (name) => {
    desk.write(name, conflict(PLAINS[name]));
    const { status, stderr } = await desk.run(['encrypt', '-i', name]);
    expect([status, stderr]).toEqual([2, expect.stringContaining('unresolved merge')]);
  },
);

test.each([
  ['x.yaml', 'a: |\n    <<<<<<< HEAD\n    one\n    =======\n    two\n    >>>>>>> x\nb: "<<<<<<< HEAD"\n'],
  ['x.yaml', '# <<<<<<< HEAD\na: 1\n'],
  ['x.json', '{"a": "<<<<<<< HEAD\\n=======\\n>>>>>>> x"}\n'],
  ['x.txt', '<<<<<<< HEAD\none\n=======\ntwo\n>>>>>>> x\n'],
])('%s may hold such lines: %j', async (name, plain) => {
  expect((await desk.decrypt(name, await desk.encrypt(name, plain))).stdout.toString()).toBe(plain);
});
