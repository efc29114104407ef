/**
 * Random documents (`MERGE_RUNS` of each format), changed at random on two sides: the merge is that of a model whichever side is ours,
 * and lines that nobody changed stay. The real sops reads such merges in `test/integration/sops-merges.test.ts`.
 */
import { afterAll, describe, expect } from 'vitest';
import fc from '../../support/fast-check.js';
import { MergeDesk } from '../../support/merge-desk.js';
import {
  changes,
  comparable,
  FORMATS,
  mergeBothWays,
  model,
  outcomesOf,
  readJson,
  sealModels,
} from '../../support/random-merges.js';
import { sampledTest, WHOLE } from '../../support/sweep.js';

const test = sampledTest(6);

const desk = new MergeDesk();
afterAll(() => desk.remove());

async function readModel(name: string, text: string): Promise<unknown> {
  const ran = await desk.decrypt(name, text, '--output-type', 'json');
  expect(ran.stderr).toBe('');
  expect(ran.status).toBe(0);
  return readJson(ran.stdout.toString('utf8'));
}

const MADE_ANEW = /mac|lastmodified|sops_ts_layout/;

describe.each(FORMATS)('merges of $name', (format) => {
  test('are those of a model, whichever side is ours', { timeout: 120_000 }, async () => {
    const { name } = format;
    await fc.assert(
      fc.asyncProperty(model, changes, changes, async (...drawn) => {
        const made = await sealModels(desk, format, drawn);
        const { versions } = made;
        const { there, back } = await mergeBothWays(desk, name, versions);
        expect((await desk.merge(name, versions)).text).toBe(there.text);
        const { isClean, texts } = outcomesOf(made, { there, back });
        expect([there.status, back.status]).toEqual(isClean ? [0, 0] : [1, 1]);
        for (const [text, holds] of texts) expect(await readModel(name, text)).toEqual(comparable(format, holds));
        for (const { text } of isClean ? [there, back] : []) {
          if (!/one-line|flow/.test(name)) expect(lost(versions, text)).toEqual([]);
        }
        for (const { text } of [there, back]) expect(text).not.toMatch(/(?:alpha|beta|gamma)-[a-f]-v/);
      }),
      { numRuns: Number(process.env.MERGE_RUNS ?? (WHOLE ? 5 : 1)) },
    );
  });
});

/** Lines of ciphertext that all sides have and the result has not. */
function lost(versions: Readonly<Record<'base' | 'ours' | 'theirs', Buffer>>, text: string): string[] {
  const [ours, theirs, result] = [versions.ours, versions.theirs, text].map((one) => new Set(String(one).split('\n')));
  return String(versions.base)
    .split('\n')
    .filter((line) => ours?.has(line) && theirs?.has(line) && !result?.has(line) && !MADE_ANEW.test(line));
}
