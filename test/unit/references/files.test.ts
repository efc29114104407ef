/** References in files: what stays, what is allowed, and that each secret is read once. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expressionsIn } from '../../../src/references/expression.js';
import { Desk } from '../../support/desk.js';

const desk = new Desk();
afterAll(() => desk.remove());

beforeAll(() => {
  mkdirSync(join(desk.folder, 'inside'));
  desk.write('inside/value.yaml', 'a: {b: 1}\n');
  desk.write('outside.txt', 'outside');
  symlinkSync('../outside.txt', join(desk.folder, 'inside/link.txt'));
});

async function evaluated(text: string, ...flags: string[]): Promise<{ status: number; out: string; err: string }> {
  desk.write('inside/doc.yaml', text);
  const ran = await desk.run(['refs', 'eval', ...flags, 'inside/doc.yaml']);
  return { status: ran.status, out: ran.stdout.toString(), err: ran.stderr };
}

describe('refs eval', () => {
  test('keeps comments, order and what is not a reference, and the types of whole references', async () => {
    const text =
      '# top\nz: ref+echo://a/b # why\n"ref+echo://k/x": "007"\na:\n  - ref+file://value.yaml#/a/b\n  - x ref+file://value.yaml#/a/b+ y\n';
    const { status, out, err } = await evaluated(text);
    expect([status, err]).toEqual([0, '']);
    expect(out).toBe('# top\nz: a/b # why\n"ref+echo://k/x": "007"\na:\n  - 1\n  - x 1 y\n');
  });

  test.each([
    ['a file outside of the folder', 'ref+file://../outside.txt', 'file'],
    ['an absolute path', 'ref+file:///etc/hostname', 'file'],
    ['a link that leads out of it', 'ref+file://link.txt', 'file'],
    ['a program', 'ref+exec://echo/x', 'exec'],
    ['the environment', 'ref+envsubst://$HOME', 'envsubst'],
  ])('refuses %s unless it is allowed', async (_, reference, scheme) => {
    const refused = await evaluated(`a: ${reference}\n`);
    expect([refused.status, refused.out]).toEqual([78, '']);
    expect(refused.err).toContain(`--allow-ref ${scheme}`);
    expect((await evaluated(`a: ${reference}\n`, '--allow-ref', scheme)).status).toBe(0);
  });

  test('has a shorter name', async () => {
    desk.write('short.yaml', 'a: ref+echo://x/y # kept\n');
    expect((await desk.run(['resolve-refs', 'short.yaml'])).stdout.toString()).toBe('a: x/y # kept\n');
    expect((await desk.run(['resolve-refs', '--help'])).stdout.toString()).toContain('Usage: sops-ts refs eval');
  });

  test('prints nothing when one of many fails, and says how many', async () => {
    const { status, out, err } = await evaluated('a: ref+echo://a/b\nb: ref+file://no\nc: ref+file://none\n');
    expect([status, out]).toEqual([66, '']);
    expect(err).toContain('file://no: no such file (one more reference fails)');
  });

  test('never looks into a value for further references', async () => {
    desk.write('inside/trap.txt', 'ref+exec://touch/pwned');
    const { out } = await evaluated('a: ref+file://trap.txt\nb: x ref+file://trap.txt+ y\n', '--allow-ref', 'exec');
    expect(out).toBe('a: ref+exec://touch/pwned\nb: x ref+exec://touch/pwned y\n');
  });

  test('an inner value cannot add parameters or keys', async () => {
    desk.write('inside/name.txt', 'a/b?x=1#/a');
    expect((await evaluated('a: ref+echo://ref+file://name.txt+\n')).out).toBe('a: a/b?x=1#/a\n');
  });

  test('one secret is read once, whatever the number of its references', async () => {
    const reference = 'ref+exec://sh?args=-c,echo . >> log; echo "a: 1"#/a'.replaceAll(' ', '%20');
    const text = Array.from({ length: 30 }, (_, at) => `k${at}: '${reference}'\n`).join('');
    const { status, err } = await evaluated(text, '--allow-ref', 'exec');
    expect([err, status]).toEqual(['', 0]);
    expect(desk.read('inside/log').toString()).toBe('.\n');
  });
});

describe('the grammar', () => {
  const addresses = (text: string): string[] =>
    expressionsIn(text).flatMap((part) => (typeof part === 'string' ? [] : [part.text]));

  test.each([
    ['"ref+a://bc",', ['ref+a://bc']],
    ['ref+a://b ref+c://de', ['ref+c://de']],
    ['xsecretref+a://bc+d', ['secretref+a://bc+']],
    ['ref+a://x/y,ref+b://q/r', ['ref+a://x/y,ref+']],
    ['ref+a://ref+b://ref+c://$X+/y+/z', ['ref+a://ref+b://ref+c://$X+/y+/z']],
  ])('%s', (text, found) => {
    expect(addresses(text)).toEqual(found);
  });

  test('nesting has a bound', () => {
    expect(() => expressionsIn(`${'ref+a://'.repeat(11)}xx`)).toThrow('ten levels'.replace('ten', '10'));
  });

  test('the work grows with the text', () => {
    const time = (text: string): number => {
      const start = performance.now();
      try {
        expressionsIn(text);
      } catch {
        // Too deep is an answer, too.
      }
      return performance.now() - start;
    };
    for (const piece of ['ref+', 'ref+a://b ', 'ref+a://",', 'ref+a://xref+b://y+', 'secretref+:']) {
      expect(time(piece.repeat(20_000)), piece).toBeLessThan(10_000);
    }
  });
});
