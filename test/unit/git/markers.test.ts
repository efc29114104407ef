import { describe, expect, test } from 'vitest';
import { markedDifference, mergedLines } from '../../../src/git/conflict/hunks.js';
import { markedSides } from '../../../src/git/conflict/markers.js';

const labels = { base: 'base', ours: 'ours', theirs: 'theirs' };
const marking = { size: 7, labels, showsBase: false };

describe('marks of conflicts', () => {
  test('taking one side of all marks gives that text', () => {
    const ours = 'a\nb\nc\nd\n';
    const theirs = 'a\nB\nc\nd\ne\n';
    const marked = markedDifference({ ours, theirs }, marking);
    expect(marked.conflicts).toBe(2);
    expect(markedSides(marked.text)).toEqual({ ours, theirs, base: undefined });
  });

  test('with a base that one is there, too', () => {
    const texts = { ours: 'a\nb\nc\n', theirs: 'a\nc\n', base: 'a\nx\ny\nc\n' };
    const { text } = markedDifference(texts, { ...marking, showsBase: true });
    expect(text).toBe('a\n<<<<<<< ours\nb\n||||||| base\nx\ny\n=======\n>>>>>>> theirs\nc\n');
    expect(markedSides(text)).toEqual(texts);
  });

  test('marks stand within marks, of other sizes or the same, and in CRLF', () => {
    const text =
      '<<<<<<< a\r\n1\r\n||||||| b\r\n<<<<<<<<< c\r\n2\r\n=========\r\n3\r\n>>>>>>>>> d\r\n=======\r\n<<<<<<< e\r\n4\r\n=======\r\n5\r\n>>>>>>> f\r\n>>>>>>> g\r\n';
    expect(markedSides(text)).toEqual({ ours: '1\r\n', theirs: '5\r\n', base: undefined });
  });

  test('what is no conflict is none', () => {
    expect(markedSides('title\n=======\n')).toBeNull();
    expect(markedSides('<<<<<<< a\n1\n=======\n2\n')).toBeNull();
    expect(markedSides('>>>>>>> a\n')).toBeNull();
  });

  test('lines that touch are one conflict, as git has it, and the same change is none', () => {
    const base = '1\n2\n3\n4\n5\n';
    const merged = mergedLines({ base, ours: '1\nx\n3\n4\nz\n', theirs: '1\n2\ny\n4\nz\n' }, marking);
    expect(merged).toEqual({
      conflicts: 1,
      text: '1\n<<<<<<< ours\nx\n3\n=======\n2\ny\n>>>>>>> theirs\n4\nz\n',
    });
  });
});
