import { describe, expect, test } from 'vitest';
import { readEnvText } from '../../../src/kubernetes/kustomize/env-file.js';

const read = (text: string) => Object.fromEntries(readEnvText(text));

/** The rules of docs/kubernetes/ksops.md#dotenv-files, and what godotenv 1.5.1, which ksops uses, was seen to do. */
describe('dotenv as ksops reads it', () => {
  test.each<[string, Record<string, string>]>([
    ['A=1\n', { A: '1' }],
    ['export A=1\nexport\tB=2', { A: '1', B: '2' }],
    ['exported=1', { exported: '1' }],
    ['A: 1\nB : 2\n', { A: '1', B: '2' }],
    ['A.b_1=x', { 'A.b_1': 'x' }],
    ['A=  x y  \n', { A: 'x y' }],
    ['A=x # comment\nB=x#y\nC=# no\nD=a #b #c', { A: 'x', B: 'x#y', C: '# no', D: 'a #b' }],
    ['A=\nB=""\nC=\'\'\n', { A: '', B: '', C: '' }],
    ["A='$B #no \\n'", { A: '$B #no \\n' }],
    ['A="x\\ny\\rz\\t\\""', { A: 'x\ny\rzt\\' }],
    ['A="two\nlines"\nB=1', { A: 'two\nlines', B: '1' }],
    ['A=1\nB=$A-${A}-$NO-${NO}', { A: '1', B: '1-1--' }],
    ['B=$A\nA=1', { B: '', A: '1' }],
    ['A=1\nB=\\$A\nC=$(A)\nD=$a', { A: '1', B: '$A', C: '(A)', D: '$a' }],
    ['A=1\r\nB="2"\r\n', { A: '1', B: '2' }],
    ['\n\n# c\n  # c\n  A=1\n', { A: '1' }],
    ['A=1\nA=2', { A: '2' }],
    ['__proto__=1', { ['__proto__']: '1' }],
    ['', {}],
  ])('%j', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  test.each([
    ['A-B=1', 'unexpected character in variable name in line 1'],
    ['A=1\nSECRET', 'a variable without = in line 2'],
    ['A=1\n\nB="x\n', 'unterminated quoted value in line 3'],
  ])('refuses %j', (text, problem) => {
    expect(() => read(text)).toThrow(problem);
  });
});
