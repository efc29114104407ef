/** No regular expression of the source takes more than linear time on whatever text it may be given. */
import { describe, expect } from 'vitest';
import { expressionsBelow, hardTexts } from '../../support/expressions.js';
import { sample, sampledTest, WHOLE } from '../../support/sweep.js';

const test = sampledTest(4);

const SOURCE = new URL('../../../src', import.meta.url).pathname;
/** Where the time of a quadratic search can be told from that of a linear one: some 50 milliseconds instead of a twentieth of one. */
const SIZE = 2 ** 13;
/** Shorter texts first, each a quarter longer: an expression that tries again and again would not come back from a long one. */
const SIZES = [...Array.from({ length: 17 }, (_, at) => Math.ceil(16 * 1.25 ** at)), SIZE];
/** One file in so many is looked at among the unit tests. */
const SHARE = WHOLE ? 1 : 5;
const MEBIBYTE = 2 ** 20;
const MOST_MILLISECONDS = 15;
const MOST_FOR_MEBIBYTE = 1000;

/** Expressions that are put together while the program runs, and why they are safe. */
const BUILT: Readonly<Record<string, string>> = {
  'util/files/temporary-name.ts': 'from numbers of the file itself, and of a fixed length',
  'kubernetes/kustomize/glob.ts': 'from the globs of a kustomization, in the words of the file itself',
  'repository/check/secrets/base64-texts.ts':
    'from two texts of the file itself, with breaks of a bounded length between their characters',
  'references/concealed.ts': 'one of several literal texts, looked for in messages',
};

/** How long an expression takes to find nothing, or all there is, in milliseconds; the best of three. */
function timeOf(expression: RegExp, text: string): number {
  const all = new RegExp(expression.source, [...new Set(`${expression.flags.replace('y', '')}g`)].join(''));
  const once = new RegExp(expression.source, expression.flags.replace('g', ''));
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3 && best > MOST_MILLISECONDS; round++) {
    const start = performance.now();
    if (expression.sticky) once.test(text);
    else text.search(all);
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

function* risingTexts(expression: RegExp): Generator<string> {
  for (const size of SIZES) yield* hardTexts(expression, size);
}

/** The slowest of the hard texts, and its time. */
function worstOf(expression: RegExp): { text: string; time: number } {
  let worst = { text: '', time: -1 };
  for (const text of risingTexts(expression)) {
    const time = timeOf(expression, text);
    if (time > worst.time) worst = { text, time };
    if (time > MOST_MILLISECONDS) break;
  }
  return worst;
}

describe('regular expressions', () => {
  const found = expressionsBelow(SOURCE, (paths) => sample(paths, SHARE));

  test('are found', () => {
    expect(found.length).toBeGreaterThan(300 / SHARE);
    const unknown = found.filter(({ expression }) => !expression).map(({ place }) => place.replace(/:\d+$/, ''));
    expect(unknown.filter((file) => !(file in BUILT))).toEqual([]);
  });

  const distinct = new Map(found.map(({ place, expression }) => [String(expression), { place, expression }]));

  test.each([...distinct.values()].map(({ place, expression }) => [place, expression] as const))(
    '%s %s is linear',
    (_place, expression) => {
      if (!expression) return;
      const { text, time } = worstOf(expression);
      expect(time, `slow on ${JSON.stringify(text.slice(0, 40))}`).toBeLessThan(MOST_MILLISECONDS);
      const large = text.repeat(Math.ceil(MEBIBYTE / text.length));
      expect(timeOf(expression, large)).toBeLessThan(MOST_FOR_MEBIBYTE);
    },
  );

  test('that are exponential are found out, before they take for ever', () => {
    for (const slow of [/(a+)+$/, /^(?:\w+\s?)*$/, /^(?:a|a?b?)+c/]) {
      expect(worstOf(slow).time, String(slow)).toBeGreaterThan(MOST_MILLISECONDS);
    }
  });

  test('that are quadratic are found out', () => {
    for (const slow of [/mac.*,type:str\]/, /\/+$/, /-----BEGIN X-----[\s\S]*?-----END X-----/, /\s*\n\s*/]) {
      expect(worstOf(slow).time, String(slow)).toBeGreaterThan(MOST_MILLISECONDS);
    }
  });
});
