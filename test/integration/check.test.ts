/**
 * What the real sops wrote under a rule raises nothing in `check` by that rule, whatever is in it. CHECK_FILES chooses how many
 * documents there are, PROPERTY_SEED gives others.
 */
import { afterAll, expect, test } from 'vitest';
import { CheckedRepository } from '../support/checked-repository.js';
import fc, { type Arbitrary } from '../support/fast-check.js';
import { announceSkipped, SOPS } from '../support/programs.js';
import { sopsIn } from '../support/sops.js';
import { dotenvText, iniText, jsonText } from '../unit/property/other-text.js';
import { tameYamlText } from '../unit/property/yaml-text.js';

const FILES = Number(process.env.CHECK_FILES ?? 120);
const SEED = Number(process.env.PROPERTY_SEED ?? 20260101);

/** With their part of all documents. */
const KINDS: readonly (readonly [ending: string, part: number, documents: Arbitrary<string>])[] = [
  ['yaml', 0.5, tameYamlText],
  ['json', 0.2, jsonText],
  ['ini', 0.15, iniText],
  ['env', 0.15, dotenvText],
];

if (!SOPS) announceSkipped(1, 'there is no sops program');

const repository = new CheckedRepository();
afterAll(() => repository.remove());

test.skipIf(!SOPS)(
  'what sops wrote raises nothing',
  async () => {
    const env = { ...repository.env, SOPS_AGE_KEY: repository.key.identity } as Record<string, string>;
    let written = 0;
    for (const [ending, part, documents] of KINDS) {
      const texts = fc.sample(documents, { numRuns: Math.ceil(FILES * part), seed: SEED });
      for (const [at, text] of texts.entries()) {
        const path = `secrets/${ending}-${at}.${ending}`;
        repository.write({ [path]: text });
        const ran = await sopsIn(repository.folder, ['encrypt', '-i', path], { env });
        const again = ran.status === 0 ? await sopsIn(repository.folder, ['decrypt', path], { env }) : ran;
        // What it refuses, and what it cannot read though it wrote it, is no file of its.
        if (again.status === 0) written += 1;
        else repository.git('clean', '--quiet', '-f', '--', path);
      }
    }
    expect(written).toBeGreaterThan(FILES / 3);
    const { findings, summary } = await repository.check();
    // Quotes and blanks in names, which SOPS keeps there, are told whoever encrypted them.
    expect(findings.filter(({ rule }) => rule !== 'dotenv-trap')).toEqual([]);
    expect(Number(summary.files)).toBe(written + 1);
  },
  900_000,
);
