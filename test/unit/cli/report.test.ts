import { describe, expect, test } from 'vitest';
import { reportOf } from '../../../src/cli/output/report.js';
import { type ErrorCode, EXIT_STATUS, SopsError } from '../../../src/errors.js';
import fc, { anyCharacter } from '../../support/fast-check.js';

const quiet = (error: unknown): string => reportOf(error, false).text;
const full = (error: unknown): string => reportOf(error, true).text;

describe('the report of an error', () => {
  test('says what failed, on which file and key, and what to do next', () => {
    const error = new SopsError('leaf-not-decryptable', 'the value does not authenticate', {
      file: 'f.yaml',
      path: ['db', 'password'],
      hint: 'Restore the file.',
    });
    expect(quiet(error)).toBe(
      'the value does not authenticate\n  in file f.yaml, key db.password\n  Restore the file.\n',
    );
  });

  test('does not repeat what the sentence says', () => {
    const error = new SopsError('no-file', 'cannot operate on non-existent file "/x/f.yaml"', { file: 'f.yaml' });
    expect(quiet(error)).toBe('cannot operate on non-existent file "/x/f.yaml"\n');
  });

  test('a name within a word of the sentence does not count', () => {
    const error = new SopsError('output-format', 'cannot use complex value', { file: 'a', path: ['c'] });
    expect(quiet(error)).toBe('Error dumping file: cannot use complex value\n  in file a, key c\n');
  });

  test.each([
    ['EACCES', 'open', ['  Its owner and mode, or those of a folder above it, forbid that: ls -ld shows them.']],
    ['ENOENT', 'open', ['  Is the name written right? A relative one counts from the working directory.']],
    ['ENOENT', 'spawn gpg', []],
    ['EIO', 'read', []],
  ])('tells what to do about %s of %s, however deep it lies', (code, syscall, hints) => {
    const cause = Object.assign(new Error(`${code}: reason, ${syscall}`), { code, syscall });
    const inner = new SopsError('input-unreadable', 'cannot read a.yaml', { cause });
    const { text } = reportOf(new SopsError('failed', 'no status of a.yaml', { cause: inner }), false);
    expect(text.trimEnd().split('\n')).toEqual(['no status of a.yaml', ...hints]);
    const hinted = reportOf(new SopsError('failed', 'no status', { cause: inner, hint: 'Do this.' }), false);
    expect(hinted.text).toBe('no status\n  Do this.\n');
  });

  test('begins with the words of SOPS that scripts look for, once', () => {
    expect(quiet(new SopsError('leaf-not-encryptable', 'too large'))).toBe('Error encrypting tree: too large\n');
    expect(quiet(new SopsError('leaf-not-encryptable', 'Error encrypting tree: x'))).toBe('Error encrypting tree: x\n');
  });

  test('puts place and advice on fewer lines where that keeps the message whole', () => {
    const told = (lines: number) => {
      const message = Array.from({ length: lines }, (_, at) => `line ${at}`).join('\n');
      return quiet(new SopsError('failed', message, { file: 'f.yaml', hint: 'Do this.\nOr that.' }))
        .trimEnd()
        .split('\n');
    };
    expect(told(2)).toEqual(['line 0', 'line 1', '  in file f.yaml', '  Do this.', '  Or that.']);
    expect(told(3)).toEqual(['line 0', 'line 1', 'line 2', '  in file f.yaml', '  Do this. Or that.']);
    expect(told(4)).toEqual(['line 0', 'line 1', 'line 2', 'line 3', '  in file f.yaml. Do this. Or that.']);
    expect(told(5)).toEqual([
      'line 0',
      '  … 4 more lines with --verbose',
      '  in file f.yaml',
      '  Do this.',
      '  Or that.',
    ]);
  });

  test('keeps the first lines of a long message, and the advice', () => {
    const message = ['Failed to get the data key', '', ...[0, 1, 2, 3, 4, 5].map((n) => `Group ${n}: FAILED`)].join(
      '\n',
    );
    const error = new SopsError('data-key-not-recovered', message, { file: 'f.yaml', hint: 'Look for the key.' });
    expect(quiet(error).split('\n')).toEqual([
      'Failed to get the data key',
      'Group 0: FAILED',
      'Group 1: FAILED',
      '  … 4 more lines with --verbose',
      '  in file f.yaml. Look for the key.',
      '',
    ]);
    expect(full(error)).toContain('Group 5: FAILED');
  });

  test('keeps detail and causes for --verbose', () => {
    const system = Object.assign(new Error('EACCES: permission denied, open'), { code: 'EACCES', syscall: 'open' });
    const foreign = new SyntaxError('Unexpected token hunter2', { cause: system });
    const error = new SopsError('key', 'no key', { detail: 'first\nsecond', cause: foreign });
    expect(quiet(error)).toBe('no key\n');
    expect(full(error)).toBe(
      'no key\nfirst\nsecond\n  caused by SyntaxError\n  caused by EACCES: permission denied, open\n',
    );
  });

  test('has the exit status of its code', () => {
    for (const code of Object.keys(EXIT_STATUS) as ErrorCode[]) {
      expect(reportOf(new SopsError(code, 'x'), false).status).toBe(EXIT_STATUS[code]);
    }
  });

  test('is at most five lines without control characters, whatever the error says', () => {
    const text = fc.string({ unit: anyCharacter });
    fc.assert(
      fc.property(text, text, text, fc.array(text), (message, file, hint, path) => {
        const report = quiet(new SopsError('failed', message, { file, hint, path }));
        expect(report.split('\n').length - 1).toBeLessThanOrEqual(5);
        expect(report).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
        expect(report.isWellFormed()).toBe(true);
      }),
    );
  });

  test.each(['a string', undefined, null, new Error('x')])('copes with %s being thrown', (thrown) => {
    expect(reportOf(thrown, false).status).toBe(70);
    expect(reportOf(thrown, true).text).toContain('internal error');
  });
});
