/** dotenv as programs load it. */
import { parseEnv } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dotenvEnvironment } from '../../../src/formats/dotenv-environment.js';

const read = (text: string): [string, string][] => [...dotenvEnvironment(text)];

describe('the variables of dotenv', () => {
  it.each([
    [
      'Z=1\nA=2\nM=3\n10=4',
      [
        ['Z', '1'],
        ['A', '2'],
        ['M', '3'],
        ['10', '4'],
      ],
    ],
    [
      'A=1\nB=2\nA=3',
      [
        ['A', '3'],
        ['B', '2'],
      ],
    ],
    [
      '__proto__=x\nconstructor=y',
      [
        ['__proto__', 'x'],
        ['constructor', 'y'],
      ],
    ],
  ] as const)('come in the order of the text, whatever their names are: %j', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it.each([
    // Where Node 22 to 26 take the next line for the value.
    [
      'A= \nB=secret',
      [
        ['A', ''],
        ['B', 'secret'],
      ],
    ],
    [
      'A=\t\r\n\r\nB=secret',
      [
        ['A', ''],
        ['B', 'secret'],
      ],
    ],
    // Where they keep the word in the name.
    [
      'export A=\nexport B=1',
      [
        ['A', ''],
        ['B', '1'],
      ],
    ],
    // Where Node 20 has no variable, and Bun a shorter value.
    ['A="', [['A', '"']]],
    [
      "A='x # y\nB=1",
      [
        ['A', "'x # y"],
        ['B', '1'],
      ],
    ],
    // Where Bun makes a carriage return, and reads an escaped quote.
    [String.raw`A="a\rb\nc"`, [['A', 'a\\rb\nc']]],
    [String.raw`A="a\"b"`, [['A', 'a\\']]],
    [String.raw`A='\'`, [['A', '\\']]],
    // Where Node 20 has a line break in the name, and a variable of a comment.
    ['\t\nA=1\n\n# B=2', [['A', '1']]],
    ['no variable\n# A=1\n # B="\nC=1 # c', [['C', '1']]],
    [
      'A="1\n2" # c\nB=`x\'"#y` z',
      [
        ['A', '1\n2'],
        ['B', 'x\'"#y'],
      ],
    ],
  ] as const)('are the same on each runtime: %j', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it('are those of Node where its versions agree', () => {
    const name = fc.constantFrom('A', 'B_1', 'export C', 'd.e', ' F', 'G ');
    const part = fc.constantFrom('a', 'b c', String.raw`\n`, '\\', '$X', 'é', '=', ':', 'https://u@h/?a=b');
    const texts = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''));
    const quoted = fc.constantFrom(`'`, '"', '`').chain((quote) => {
      const other = fc.constantFrom(...['#', ' # ', '\n', `'`, '"', '`'].filter((one) => one !== quote));
      const within = fc.array(fc.oneof(part, other), { maxLength: 6 }).map((parts) => parts.join(''));
      return fc
        .tuple(within, fc.constantFrom('', ' ', ' # c', '#c', 'x'))
        .map(([text, rest]) => quote + text + quote + rest);
    });
    const value = fc.oneof(
      texts,
      quoted,
      fc.tuple(texts, fc.constantFrom('#', ' # "c')).map((both) => both.join('')),
    );
    const line = fc.oneof(
      fc.tuple(name, value).map((both) => both.join('=')),
      fc.constant('# c'),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), fc.constantFrom('\n', '\r\n'), (lines, end) => {
        const text = lines.join(end);
        expect(Object.fromEntries(dotenvEnvironment(text))).toEqual({ ...parseEnv(text) });
      }),
      { numRuns: 300 },
    );
  });

  it('take twice the time for twice as many quotes that nothing closes', () => {
    const text = `A='\nB="\nC=\`\n`.repeat(100_000).concat("D='");
    const began = performance.now();
    expect(dotenvEnvironment(text).get('D')).toBe("'");
    expect(performance.now() - began).toBeLessThan(3000);
  });
});
