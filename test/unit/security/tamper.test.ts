/**
 * Every byte of encrypted files, changed: the answer is the right plaintext or an error, never another plaintext. What SOPS
 * leaves unauthenticated (docs/security.md#what-the-mac-covers) is named where it shows.
 */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { Desk } from '../../support/desk.js';
import { sample, sampledTest } from '../../support/sweep.js';

const test = sampledTest(6);

const CANARY = 'hunter2canary';
const LIMIT = 120_000;
const COMMENT_WARNING = /possibly unencrypted comments/;

const desk = new Desk();
afterAll(() => desk.remove());

interface Sample {
  readonly name: string;
  readonly plain: string;
  /** Of how many places one is tried. */
  readonly step: number;
}

/** Texts with a layout (`1.10`, a folded text, a trailing blank), comments, and every type. */
const SAMPLES: readonly Sample[] = [
  {
    name: 't.yaml',
    plain: `a: ${CANARY}\nn: 1.10\nl: [1, true, 2020-01-01]\nf: >\n  one\n  two\n# note\nz: x \n`,
    step: 1,
  },
  { name: 't.json', plain: `{"a": "${CANARY}", "n": 1.50, "l": [1, true, null, "\\u0061"]}`, step: 4 },
  { name: 't.env', plain: `A=${CANARY}\n# note\nB=x\n\nC=1\n`, step: 4 },
  { name: 't.ini', plain: `[s]\na = ${CANARY}\n; note\nb = x ; note\n`, step: 4 },
  { name: 't.bin', plain: `${CANARY}\0\u00ff`, step: 4 },
];

/** The bytes to change: those of long base64 are all alike, so few of them are tried. */
function placesOf(sealed: Buffer, step: number): number[] {
  const text = sealed.toString('latin1');
  const places = new Set(text.length > 0 ? [...text].keys() : []);
  for (const { 0: run, index } of text.matchAll(/[A-Za-z0-9+/]{24,}/g)) {
    for (let at = 2; at < run.length - 2; at++) if (at % 23 !== 0) places.delete(index + at);
  }
  return [...places].filter((_place, turn) => turn % step === 0);
}

/** Another byte of the same class, so that base64 stays base64 and words stay words. */
function otherOf(byte: number): number {
  const text = String.fromCharCode(byte);
  if (/[A-Ya-y0-8]/.test(text)) return byte + 1;
  if (/[Zz9]/.test(text)) return byte - 1;
  return { '+': 0x2f, '/': 0x2b, '=': 0x41, '\n': 0x20, ' ': 0x5f, '"': 0x27, ',': 0x3b, ':': 0x3b }[text] ?? byte ^ 1;
}

/** The same with one bit of the byte turned, which may leave UTF-8. */
function turnedOf(byte: number, at: number): number {
  return byte ^ (1 << (at % 8));
}

describe.each(SAMPLES)('$name', ({ name, plain, step }) => {
  let sealed: Buffer;
  beforeAll(async () => {
    sealed = await desk.encrypt(name, plain);
  });

  async function checkChanged(change: (byte: number, at: number) => number): Promise<void> {
    let refused = 0;
    // A prime, so that each kind of place has its turn.
    for (const at of sample(placesOf(sealed, step), 17)) {
      const changed = Buffer.from(sealed);
      changed[at] = change(sealed[at] ?? 0, at);
      const { status, stdout, stderr } = await desk.decrypt(name, changed);
      const where = `byte ${at} of ${JSON.stringify(changed.toString('latin1', Math.max(0, at - 30), at + 10))}: ${stderr}`;
      expect(stderr, where).not.toContain(CANARY);
      expect(stderr, where).not.toContain('internal error');
      if (status !== 0) {
        expect(stdout.length, where).toBe(0);
        refused += 1;
      } else if (!stdout.equals(Buffer.from(plain)) && !COMMENT_WARNING.test(stderr)) {
        // Without its layout the text is plainer, but its values are the same.
        expect(await valuesOf(name, changed), where).toEqual(await valuesOf(name, sealed));
      }
    }
    expect(refused).toBeGreaterThan(0);
  }

  test('a byte turned into another of its class', () => checkChanged(otherOf), LIMIT);
  test('a bit turned', () => checkChanged(turnedOf), LIMIT);

  test('cut off anywhere', async () => {
    for (let length = 0; length < sealed.length - 1; length += 29) {
      const { status, stdout, stderr } = await desk.decrypt(name, sealed.subarray(0, length));
      expect(status, `${length} of ${sealed.length} bytes: ${stderr}`).not.toBe(0);
      expect(stdout.length).toBe(0);
      expect(stderr).not.toContain('internal error');
      expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(5);
    }
  });
});

/** The data of an encrypted file, whatever its text looks like. */
async function valuesOf(name: string, sealed: Uint8Array): Promise<unknown> {
  const { stdout } = await desk.decrypt(name, sealed, '--output-type', 'json');
  return JSON.parse(stdout.toString());
}
