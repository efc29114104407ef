import { describe, expect, test } from 'vitest';
import { parseFlags, reorder } from '../../../src/cli/words/argv.js';
import { flagsOf, globalFlags } from '../../../src/cli/words/flags.js';
import fc from '../../support/fast-check.js';

const decrypt = flagsOf('decrypt');
const encrypt = flagsOf('encrypt');

function parsed(line: string, table = globalFlags()): { given: Record<string, unknown>; operands: readonly string[] } {
  const { given, operands } = parseFlags(line.split(' '), table);
  return { given: Object.fromEntries(given), operands };
}

describe('words, by the rules of Go (docs/command-line.md#words-and-flags)', () => {
  test.each([
    ['--decrypt f', { decrypt: true }, ['f']],
    ['-decrypt f', { decrypt: true }, ['f']],
    ['--d f', { decrypt: true }, ['f']],
    ['-d=false f', { decrypt: false }, ['f']],
    ['-d=T f', { decrypt: true }, ['f']],
    ['-d false f', { decrypt: true }, ['false', 'f']],
    ['-output-type=yaml f', { 'output-type': 'yaml' }, ['f']],
    ['--output-type yaml f', { 'output-type': 'yaml' }, ['f']],
    ['--output-type -d f', { 'output-type': '-d' }, ['f']],
    ['--output a=b=c f', { output: 'a=b=c' }, ['f']],
    ['--output=a=b=c f', { output: 'a=b=c' }, ['f']],
    ['--age a --age b f', { age: 'b' }, ['f']],
    ['-d - f', { decrypt: true }, ['-', 'f']],
    ['-d -- -i f', { decrypt: true }, ['-i', 'f']],
    ['f -d', {}, ['f', '-d']],
    ['--indent 0x2 f', { indent: 2 }, ['f']],
    ['--indent 0b11 f', { indent: 3 }, ['f']],
    ['--indent 0o17 f', { indent: 15 }, ['f']],
    ['--indent 017 f', { indent: 15 }, ['f']],
    ['--indent 1_0 f', { indent: 10 }, ['f']],
    ['--indent -1 f', { indent: -1 }, ['f']],
    ['--indent +4 f', { indent: 4 }, ['f']],
  ])('%s', (line, given, operands) => {
    expect(parsed(line)).toEqual({ given, operands });
  });

  test.each([
    ['---x', 'bad flag syntax: ---x'],
    ['-=x', 'bad flag syntax: -=x'],
    ['--nope f', 'flag provided but not defined: -nope'],
    ['-nope=1 f', 'flag provided but not defined: -nope'],
    ['-di f', 'flag provided but not defined: -di'],
    ['--output', 'flag needs an argument: -output'],
    ['-i=maybe f', 'invalid boolean value "maybe" for -i: parse error'],
    ['-i= f', 'invalid boolean value "" for -i: parse error'],
    ['--indent 1x f', 'invalid value "1x" for flag -indent: parse error'],
    ['--indent= f', 'invalid value "" for flag -indent: parse error'],
    ['--indent 08 f', 'invalid value "08" for flag -indent: parse error'],
    ['--indent 1__0 f', 'invalid value "1__0" for flag -indent: parse error'],
    ['--indent 99999999999999999999 f', 'invalid value "99999999999999999999" for flag -indent: value out of range'],
    ['-a x --age y -d f', 'Cannot use two forms of the same flag: a age'],
  ])('%s is refused', (line, reason) => {
    expect(() => parsed(line)).toThrow(`Incorrect Usage: ${reason}`);
  });
});

describe('the order in which SOPS reads what stands behind a command (docs/command-line.md#flags-after-the-file)', () => {
  test.each([
    ['f.json -i --output-type yaml', '-i --output-type yaml f.json'],
    ['f.json --output-type yaml -i', '--output-type yaml -i f.json'],
    ['-i f.json --output-type yaml', '-i f.json --output-type yaml'],
    ['f --nope', 'f --nope'],
    ['--nope f', '--nope f'],
    ['e.yaml extra --output', '--output e.yaml extra'],
    ['f -- --output x', '-- f --output x'],
    ['-i -- f', '-i -- f'],
    ['--output -- f', '--output -- f'],
    ['--ignore-mac=true f --output x', '--ignore-mac=true --output x f'],
    ['f ---output x', '---output x f'],
    ['- -i', '-i -'],
    ['--verbose f --output x', '--verbose --output x f'],
  ])('%s', (typed, read) => {
    expect(reorder(typed.split(' '), decrypt).join(' ')).toBe(read);
  });

  test('loses and adds no word', () => {
    const word = fc.constantFrom('-i', '--output', 'x', '--', '-', '--nope', '--age', '--age=1', '-a', 'f.yaml', '');
    fc.assert(
      fc.property(fc.array(word), (words) => {
        expect([...reorder(words, encrypt)].sort()).toEqual([...words].sort());
      }),
    );
  });
});
