/**
 * Random documents through the real main: what is accepted comes back byte for byte, what is refused is refused in a few
 * words, and no value that is to be encrypted is left in the ciphertext. PROPERTY_RUNS multiplies the runs and
 * PROPERTY_SEED gives other documents; among the unit tests there are fewer.
 */

import { afterAll, describe, expect } from 'vitest';
import { Desk } from '../../support/desk.js';
import fc, { type Arbitrary } from '../../support/fast-check.js';
import { sampledTest, WHOLE } from '../../support/sweep.js';
import { dotenvText, garbage, iniText, jsonText } from './other-text.js';
import { yamlText } from './yaml-text.js';

const test = sampledTest(6);

const RUNS = Number(process.env.PROPERTY_RUNS ?? (WHOLE ? 1 : 0.15));
const LIMIT = 20_000 * Math.max(RUNS, 1);
/** How a plaintext may be refused: no document, a key or number outside the model, encrypted already, nothing in it. */
const REFUSALS = [2, 23, 92, 203];

/** A plain comment at the end of a plain list stands, with metadata below it, where comments are encrypted. */
const COMMENT_WARNING = /^warning: Found possibly unencrypted comments in the file: .*\n/;

const desk = new Desk();
afterAll(() => desk.remove());

/** Flags that choose what is encrypted, and how the MAC is made. */
const flags = fc.oneof(
  { weight: 4, arbitrary: fc.constant<string[]>([]) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ['--encrypted-regex', '^(a|data|k_unencrypted)$'],
      ['--unencrypted-regex', '^(a|b|s)$'],
      ['--encrypted-suffix', 'y'],
      ['--unencrypted-suffix', 'a'],
      ['--encrypted-comment-regex', 'note'],
      ['--unencrypted-comment-regex', 'deep'],
      ['--mac-only-encrypted'],
    ),
  },
);

interface Outcome {
  readonly accepted: boolean;
}

async function roundTrip(name: string, text: string, words: readonly string[]): Promise<Outcome> {
  // Random texts are full of values that end early, which encrypt would refuse for leaving the rest in clear.
  const taken = ['--allow-unencrypted', '--as-sops', '--filename-override', name];
  const encrypted = await desk.run(['encrypt', ...taken, ...words], { stdin: text });
  if (encrypted.status !== 0) {
    expect(REFUSALS, encrypted.stderr).toContain(encrypted.status);
    expect(encrypted.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(5);
    expect(encrypted.stdout.length).toBe(0);
    return { accepted: false };
  }
  const decrypted = await desk.decrypt(name, encrypted.stdout);
  expect({ status: decrypted.status, stderr: decrypted.stderr.replace(COMMENT_WARNING, '') }).toEqual({
    status: 0,
    stderr: '',
  });
  expect(decrypted.stdout.toString('utf8')).toBe(Buffer.from(text).toString('utf8'));
  return { accepted: true };
}

/** Checks many documents, and that at least this part of them was accepted: a generator of nonsense would show nothing. */
async function checkAll(name: string, documents: Arbitrary<string>, runs: number, least: number): Promise<void> {
  let accepted = 0;
  let tried = 0;
  const property = fc.asyncProperty(documents, flags, async (text, words) => {
    const outcome = await roundTrip(name, text, words);
    tried += 1;
    if (outcome.accepted) accepted += 1;
  });
  await fc.assert(property, { numRuns: Math.ceil(runs * RUNS) });
  expect(accepted / tried).toBeGreaterThan(least);
}

describe('decrypt(encrypt(text)) is text', () => {
  test('YAML', () => checkAll('p.yaml', yamlText, 200, 0.7), LIMIT);
  test('JSON', () => checkAll('p.json', jsonText, 80, 0.9), LIMIT);
  test('dotenv', () => checkAll('p.env', dotenvText, 80, 0.5), LIMIT);
  test('INI', () => checkAll('p.ini', iniText, 120, 0.5), LIMIT);
  test('any bytes', async () => {
    const property = fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
      const decrypted = await desk.decrypt('p.bin', await desk.encrypt('p.bin', bytes));
      expect(decrypted.stdout.equals(bytes)).toBe(true);
    });
    await fc.assert(property, { numRuns: Math.ceil(30 * RUNS) });
  });
});

describe('garbage is refused or comes back', () => {
  test.each([
    ['YAML', 'p.yaml'],
    ['JSON', 'p.json'],
    ['dotenv', 'p.env'],
    ['INI', 'p.ini'],
  ])('%s', (_format, name) => checkAll(name, garbage, 150, -1), LIMIT);
});
