/** Random documents in several formats with random changes on two sides, and what a merge of them comes to. */
import fc from './fast-check.js';
import { type MergeDesk, type Merged, sideOf } from './merge-desk.js';

/** Sections with keys and values; the formats write it each in its way. */
export type Model = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface Format {
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

export const FORMATS: readonly Format[] = [
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
export const model: fc.Arbitrary<Model> = fc
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
export const changes: fc.Arbitrary<readonly Change[]> = fc.array(
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

export function changed(base: Model, list: readonly Change[]): Model {
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
export function mergedModel(
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

/** What a file of the format holds, as JSON has it. */
export const comparable = (format: Format, one: Model): unknown =>
  format.name.endsWith('.env')
    ? Object.fromEntries(entries(one).map(([section, key, text]) => [`${section}_${key}`, text]))
    : one;

/** A document with two changed versions, encrypted under one data key. */
export interface RandomMerge {
  readonly models: Readonly<Record<'base' | 'ours' | 'theirs', Model>>;
  readonly versions: Readonly<Record<'base' | 'ours' | 'theirs', Buffer>>;
}

export async function sealModels(
  desk: MergeDesk,
  { name, write }: Format,
  [base, one, two]: readonly [Model, readonly Change[], readonly Change[]],
): Promise<RandomMerge> {
  const [ours, theirs] = [changed(base, one), changed(base, two)];
  const sealed = await desk.encrypt(name, write(base));
  const edited = async (after: Model): Promise<Buffer> =>
    write(base) === write(after) ? sealed : desk.edited(name, sealed, () => write(after));
  const versions = { base: sealed, ours: await edited(ours), theirs: await edited(theirs) };
  return { models: { base, ours, theirs }, versions };
}

/** The merge with the sides as they are, and with each in the place of the other. */
export async function mergeBothWays(
  desk: MergeDesk,
  name: string,
  { base, ours, theirs }: RandomMerge['versions'],
): Promise<{ there: Merged; back: Merged }> {
  const there = await desk.merge(name, { base, ours, theirs });
  return { there, back: await desk.merge(name, { base, ours: theirs, theirs: ours }) };
}

/** The texts that a merge may come to, each with what it is to hold: the result, or either side of its marks. */
export function outcomesOf(
  { models: { base, ours, theirs } }: Pick<RandomMerge, 'models'>,
  { there, back }: { readonly there: Merged; readonly back: Merged },
): { readonly isClean: boolean; readonly texts: readonly (readonly [text: string, holds: Model])[] } {
  const { merged, isClean } = mergedModel(base, ours, theirs, 'ours');
  if (isClean) {
    return {
      isClean,
      texts: [
        [there.text, merged],
        [back.text, merged],
      ],
    };
  }
  const others = mergedModel(base, ours, theirs, 'theirs').merged;
  return {
    isClean,
    texts: [
      [sideOf(there.text, 'ours'), merged],
      [sideOf(there.text, 'theirs'), others],
      [sideOf(back.text, 'ours'), others],
      [sideOf(back.text, 'theirs'), merged],
    ],
  };
}

/** JSON as a program prints it for a document. */
export function readJson(text: string): unknown {
  // What stands before the first section of INI is one, too.
  return JSON.parse(text, (key, of) => (key === 'DEFAULT' ? undefined : of));
}
