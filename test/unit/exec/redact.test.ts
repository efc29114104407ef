import { describe, expect } from 'vitest';
import { Masks, Redactor } from '../../../src/exec/redact.js';
import fc from '../../support/fast-check.js';
import { sampledTest } from '../../support/sweep.js';

const test = sampledTest(4);

/** Masks a text that comes in parts of these sizes, again and again. */
function redact(values: readonly string[], text: string | Buffer, sizes: readonly number[] = [65_536]): string {
  const redactor = new Redactor(new Masks(values));
  const bytes = Buffer.from(text);
  const parts: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? 1);
    parts.push(redactor.push(bytes.subarray(at, at + size)));
    at += size;
  }
  return Buffer.concat([...parts, redactor.end()]).toString();
}

describe('masking', () => {
  test.each<[string, string, string]>([
    ['secret', 'the secret is secret.', 'the *** is ***.'],
    ['secret', 'secre secretsecret ssecret', 'secre ****** s***'],
    ['abc', 'abc', 'abc'],
    ['abcd', 'abcd', '***'],
    ['first line\nsecond line\nabc', 'x second line y\nabc\nfirst line', 'x *** y\nabc\n***'],
    ['windows\r\nlines', 'lines windows', '*** ***'],
    ['  indented', 'a indented b', 'a *** b'],
    ['p@ss w/rd', 'u=p%40ss%20w%2Frd&v=p%40ss+w%2frd', 'u=***&v=***'],
    ['say "hi"', '{"a":"say \\"hi\\""}', '{"a":"***"}'],
    ["it's me", "k: 'it''s me' 'it'\\''s me'", "k: '***' '***'"],
    ['schlüssel', 'schlüssel schl%C3%BCssel', '*** ***'],
    ['', 'nothing', 'nothing'],
  ])('of %j in %j', (value, text, masked) => {
    expect(redact([value], text)).toBe(masked);
    expect(redact([value], text, [1])).toBe(masked);
  });

  test.each(['correct horse', 'p@ss', 'ÿÿÿÿ??>>'])('of the Base64 forms of %j, alone and within others', (value) => {
    for (const encoding of ['base64', 'base64url'] as const) {
      expect(redact([value], Buffer.from(value).toString(encoding))).toBe('***');
    }
    for (const user of ['', 'u:', 'us:', 'use:']) {
      const masked = redact(['correct horse'], Buffer.from(`${user}correct horse!`).toString('base64'));
      expect(masked).toContain('***');
      expect(masked.length).toBeLessThan(13);
    }
  });

  test.each([
    [76, ''],
    [76, '\n'],
    [64, '\n'],
  ])('of a long value in lines of %i columns of Base64, with %j behind it', (columns, end) => {
    const value = Array.from({ length: 40 }, (_, at) => `line ${at * 7919} of a key`).join('\n');
    const text = Buffer.from(value + end).toString('base64');
    const lines = text.match(new RegExp(`.{1,${columns}}`, 'g')) ?? [];
    const masked = redact([value], lines.join('\n')).split('\n');
    expect(masked).toHaveLength(lines.length);
    expect(masked.slice(0, -1)).toEqual(lines.slice(0, -1).map(() => '***'));
    expect(masked.at(-1)).toMatch(/^\*\*\*.{0,4}$/);
  });

  test('overlapping values are masked as one', () => {
    expect(redact(['abcdef', 'defghi', 'cdef'], 'xabcdefghiy abcdef cdefghi')).toBe('x***y *** ***');
    expect(redact(['aaaa'], 'aaaaaaaab')).toBe('***b');
  });

  test('is the same wherever the stream is cut, and leaves no value', () => {
    const letter = fc.constantFrom('a', 'b', 'c');
    const word = fc.array(letter, { minLength: 4, maxLength: 7 }).map((letters) => letters.join(''));
    const text = fc.array(letter, { maxLength: 200 }).map((letters) => letters.join(''));
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), text, sizes, (values, input, cuts) => {
        const whole = redact(values, input);
        expect(redact(values, input, cuts)).toBe(whole);
        for (const value of values) expect(whole).not.toContain(value);
        expect(whole).toBe(maskedByHand(values, input));
      }),
    );
  });

  test('any bytes pass when nothing is to be masked', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const redactor = new Redactor(new Masks(['never there']));
        expect(Buffer.concat([redactor.push(bytes), redactor.end()])).toEqual(Buffer.from(bytes));
      }),
    );
  });

  test('holds back only what may become a value', () => {
    const redactor = new Redactor(new Masks(['secret']));
    expect(redactor.push(Buffer.from('Password: ')).toString()).toBe('Password: ');
    expect(redactor.push(Buffer.from('xsec')).toString()).toBe('x');
    expect(redactor.push(Buffer.from('t')).toString()).toBe('sect');
  });

  test('takes time in proportion to the text and the values', () => {
    const values = Array.from({ length: 3000 }, (_, at) => `${'a'.repeat(60)}${at}`);
    const redactor = new Redactor(new Masks(values));
    const chunk = Buffer.alloc(65_536, 'a');
    const start = performance.now();
    let length = 0;
    for (let at = 0; at < 64; at++) length += redactor.push(chunk).length;
    expect(length).toBeGreaterThan(4_000_000);
    // 4 MB that look like the beginning of 3,000 values at every byte: quadratic time would be minutes.
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  test('a long beginning that comes byte by byte is not copied for every byte', () => {
    const value = 'x'.repeat(60_000);
    const redactor = new Redactor(new Masks([`${value}y`]));
    const start = performance.now();
    for (let at = 0; at < 60_000; at++) redactor.push(Buffer.from('x'));
    expect(redactor.push(Buffer.from('y')).toString()).toBe('***');
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

/** The slow way: marks every byte of every occurrence, then writes one mask for each run of overlapping ones. */
function maskedByHand(values: readonly string[], text: string): string {
  // Base64 of a, b and c has other letters too, so that only the words themselves can stand in the text.
  const forms = new Set(values);
  const stretches: [number, number][] = [];
  for (const form of forms) {
    for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) stretches.push([at, at + form.length]);
  }
  stretches.sort(([one], [other]) => one - other);
  let result = '';
  let done = 0;
  for (const [start, end] of stretches) {
    if (start < done) {
      done = Math.max(done, end);
      continue;
    }
    result += `${text.slice(done, start)}***`;
    done = end;
  }
  return result + text.slice(done);
}
