/** Random documents (`MERGE_RUNS` of each format), changed at random on two sides: the merge is that of a model, and lines that nobody changed stay. */

import { afterAll, describe, expect, test } from 'vitest';
import fc from '../../support/fast-check.js';
import { MergeDesk, sideOf } from '../../support/merge-desk.js';

const desk = new MergeDesk();
afterAll(() => desk.remove());

/** Sections with keys and values; the formats write it each in its way. */
type Model = Readonly<Record<string, Readonly<Record<string, string>>>>;

interface Format {
  readonly name: string;
  write(model: Model): string;
}

const entries = (model: Model) =>
  Object.entries(model).flatMap(([section, keys]) =>
    Object.entries(keys).map(([key, value]) => [section, key, value] as const),
  );
const sections = (head: (name: string) => string, line: (key: string, value: string) => string) => (model: Model) =>
  Object.entries(model)
    .map(
      ([name, keys]) =>
        head(name) +
        Object.entries(keys)
          .map(([key, value]) => line(key, value))
          .join(''),
    )
    .join('');

const FORMATS: readonly Format[] = [
  {
    name: 'm.yaml',
    write: sections(
      (name) => `# about ${name}\n${name}:\n`,
      (key, value) => `  ${key}: "${value}" # ${key}\n`,
    ),
  },
  {
    name: 'flow.yaml',
    write: (model) =>
      Object.entries(model)
        .map(
          ([name, keys]) =>
            `${name}: {${Object.entries(keys)
              .map(([key, value]) => `${key}: "${value}"`)
              .join(', ')}}\n`,
        )
        .join(''),
  },
  { name: 'm.json', write: (model) => `${JSON.stringify(model, null, 2)}\n` },
  { name: 'one-line.json', write: (model) => JSON.stringify(model) },
  {
    name: 'm.env',
    write: (model) =>
      entries(model)
        .map(([section, key, value]) => `${section}_${key}=${value}\n`)
        .join(''),
  },
  {
    name: 'm.ini',
    write: sections(
      (name) => `[${name}]\n`,
      (key, value) => `${key} = ${value}\n`,
    ),
  },
  {
    name: 'm.toml',
    write: sections(
      (name) => `[${name}]\n`,
      (key, value) => `${key} = "${value}"\n`,
    ),
  },
];

type Change = readonly [section: string, key: string, value: string | null];

const sectionName = fc.constantFrom('alpha', 'beta', 'gamma');
const keyName = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const value = fc.constantFrom('v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7', 'v8');
const model: fc.Arbitrary<Model> = fc
  .record({
    alpha: fc.uniqueArray(keyName, { minLength: 2 }),
    beta: fc.uniqueArray(keyName, { minLength: 2 }),
    gamma: fc.uniqueArray(keyName, { minLength: 2 }),
  })
  .chain((keys) =>
    fc.array(value, { minLength: 18, maxLength: 18 }).map((values) => {
      let at = 0;
      return Object.fromEntries(
        Object.entries(keys).map(([name, of]) => [
          name,
          Object.fromEntries(of.map((key) => [key, `${name}-${key}-${values[at++]}`])),
        ]),
      );
    }),
  );
const changes: fc.Arbitrary<readonly Change[]> = fc.array(
  fc.tuple(
    sectionName,
    keyName,
    fc.oneof(
      { weight: 4, arbitrary: value as fc.Arbitrary<string | null> },
      { weight: 1, arbitrary: fc.constant(null) },
    ),
  ),
  { minLength: 1, maxLength: 4 },
);

function changed(base: Model, list: readonly Change[]): Model {
  const made: Record<string, Record<string, string>> = structuredClone(base) as never;
  for (const [section, key, to] of list) {
    const keys = made[section] ?? {};
    if (to === null) {
      if (Object.keys(keys).length > 1) delete keys[key];
    } else keys[key] = to;
  }
  return made;
}

/** The merge of two models, with one side where both changed the same; and whether that was so. */
function mergedModel(
  base: Model,
  ours: Model,
  theirs: Model,
  side: 'ours' | 'theirs',
): { merged: Model; isClean: boolean } {
  let isClean = true;
  const merged: Record<string, Record<string, string>> = {};
  for (const name of Object.keys(base)) {
    const [before, own, other] = [base, ours, theirs].map((one) => one[name] ?? {}) as [
      Record<string, string>,
      Record<string, string>,
      Record<string, string>,
    ];
    const keys: Record<string, string> = {};
    for (const key of new Set([...Object.keys(own), ...Object.keys(other)])) {
      let chosen = own[key];
      if (own[key] !== other[key]) {
        if (own[key] === before[key]) chosen = other[key];
        else if (other[key] !== before[key]) {
          isClean = false;
          chosen = side === 'ours' ? own[key] : other[key];
        }
      }
      if (chosen !== undefined) keys[key] = chosen;
    }
    merged[name] = keys;
  }
  return { merged, isClean };
}

async function readModel(name: string, text: string): Promise<unknown> {
  const ran = await desk.decrypt(name, text, '--output-type', 'json');
  expect(ran.stderr).toBe('');
  expect(ran.status).toBe(0);
  // What stands before the first section of INI is one, too.
  return JSON.parse(ran.stdout.toString('utf8'), (key, of) => (key === 'DEFAULT' ? undefined : of));
}

const comparable = (format: Format, one: Model): unknown =>
  format.name.endsWith('.env')
    ? Object.fromEntries(entries(one).map(([section, key, text]) => [`${section}_${key}`, text]))
    : one;

const MADE_ANEW = /mac|lastmodified|sops_ts_layout/;

describe.each(FORMATS)('merges of $name', (format) => {
  test('are those of a model', { timeout: 120_000 }, async () => {
    const { name, write } = format;
    await fc.assert(
      fc.asyncProperty(model, changes, changes, async (base, one, two) => {
        const [ours, theirs] = [changed(base, one), changed(base, two)];
        const sealed = await desk.encrypt(name, write(base));
        const versions = {
          base: sealed,
          ours: await edited(name, sealed, write(base), write(ours)),
          theirs: await edited(name, sealed, write(base), write(theirs)),
        };
        const result = await desk.merge(name, versions);
        const again = await desk.merge(name, versions);
        expect(again.text).toBe(result.text);
        const { merged, isClean } = mergedModel(base, ours, theirs, 'ours');
        expect(result.status).toBe(isClean ? 0 : 1);
        if (isClean) {
          expect(await readModel(name, result.text)).toEqual(comparable(format, merged));
          if (!/one-line|flow/.test(name)) expect(lost(versions, result.text)).toEqual([]);
          return;
        }
        const others = mergedModel(base, ours, theirs, 'theirs').merged;
        expect(result.text).not.toMatch(/(?:alpha|beta|gamma)-[a-f]-v/);
        expect(await readModel(name, sideOf(result.text, 'ours'))).toEqual(comparable(format, merged));
        expect(await readModel(name, sideOf(result.text, 'theirs'))).toEqual(comparable(format, others));
      }),
      { numRuns: Number(process.env.MERGE_RUNS ?? 3) },
    );
  });
});

async function edited(name: string, sealed: Buffer, before: string, after: string): Promise<Buffer> {
  return before === after ? sealed : desk.edited(name, sealed, () => after);
}

/** Lines of ciphertext that all sides have and the result has not. */
function lost(versions: Readonly<Record<'base' | 'ours' | 'theirs', Buffer>>, text: string): string[] {
  const [ours, theirs, result] = [versions.ours, versions.theirs, text].map((one) => new Set(String(one).split('\n')));
  return String(versions.base)
    .split('\n')
    .filter((line) => ours?.has(line) && theirs?.has(line) && !result?.has(line) && !MADE_ANEW.test(line));
}
