/**
 * Random changes of random documents, several at once: the text that comes of them reads as the changed tree, empty maps, empty texts and
 * the places in lists included. PROPERTY_RUNS multiplies the runs; among the unit tests there are fewer.
 */
import { expect } from 'vitest';
import { dotenvStore } from '../../../src/formats/dotenv.js';
import { iniStore } from '../../../src/formats/ini/ini.js';
import { jsonStore } from '../../../src/formats/json/json.js';
import { encodedBytes, type FormatStore } from '../../../src/formats/store.js';
import { yamlStore } from '../../../src/formats/yaml/yaml.js';
import type { OpenedFile } from '../../../src/operations/read/open-file.js';
import { changedText } from '../../../src/operations/write/edited-text.js';
import { nodes } from '../../../src/tree/leaves.js';
import { setAt, type TreePath, unsetAt } from '../../../src/tree/path.js';
import { rebuilt } from '../../../src/tree/rebuild.js';
import { type Branch, branch, item, leaf, list, type Value } from '../../../src/tree/tree.js';
import fc, { type Arbitrary } from '../../support/fast-check.js';
import { sampledTest, WHOLE } from '../../support/sweep.js';
import { dotenvText, iniText, jsonText } from './other-text.js';
import { yamlText } from './yaml-text.js';

const test = sampledTest(4);
const RUNS = Number(process.env.PROPERTY_RUNS ?? (WHOLE ? 1 : 0.2));

interface Change {
  /** Which of the places that are there. */
  readonly place: number;
  readonly way: 'set' | 'unset' | 'add';
  readonly value: Value;
}

const text = fc.constantFrom('', 'x', '1', 'true', ' blank', 'a\nb', 'a\n', '# c', 'é: 🗝');
const scalar = text.map((value): Value => leaf(value));
const anything: Arbitrary<Value> = fc.oneof(
  { weight: 3, arbitrary: scalar },
  { weight: 1, arbitrary: fc.constantFrom(null, 7n, 1.5, false).map((value): Value => leaf(value)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<() => Value>(branch, list).map((make) => make()),
  },
  {
    weight: 1,
    arbitrary: scalar.map((value): Value => branch([item('k', value), item('l', list([leaf(null), branch()]))])),
  },
);
const changesOf = (value: Arbitrary<Value>): Arbitrary<Change[]> =>
  fc.array(fc.record({ place: fc.nat(), way: fc.constantFrom<Change['way']>('set', 'unset', 'add'), value }), {
    minLength: 1,
    maxLength: 3,
  });

/** Every place of a document: keys, and indexes of lists, which count comments. */
function placesIn(document: Branch): TreePath[] {
  const found: TreePath[] = [];
  const waiting: [Value, TreePath][] = [[document, []]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [value, path] = next;
    if (value.kind === 'leaf') continue;
    for (const [at, entry] of value.items.entries()) {
      if (value.kind === 'branch' && entry.kind !== 'item') continue;
      const place = [...path, entry.kind === 'item' ? entry.key : at];
      found.push(place);
      if (entry.kind !== 'comment') waiting.push([entry.kind === 'item' ? entry.value : entry, place]);
    }
  }
  return found;
}

function change(document: Branch, changes: readonly Change[], depth: number): boolean {
  let isChanged = false;
  for (const { place, way, value } of changes) {
    const places = placesIn(document).filter((path) => depth === 0 || path.length === depth);
    const path = places[place % Math.max(1, places.length)];
    if (!path) continue;
    const last = path.at(-1);
    // A copy: a value that stands in two places would be changed in both.
    const own = rebuilt(value, { leaf: (of) => leaf(of.value) });
    try {
      if (way === 'unset') unsetAt(document, path);
      else if (way === 'set' || typeof last === 'number') setAt(document, path, own);
      else setAt(document, [...path.slice(0, -1), `n${place % 10}`], own);
    } catch {
      // A place behind a key that stands twice is nobody's.
      continue;
    }
    isChanged = true;
  }
  return isChanged;
}

const bare = (document: Branch): Value => rebuilt(document, { leaf: ({ value }) => leaf(value) });

async function check(store: FormatStore, given: string, changes: readonly Change[], depth: number): Promise<void> {
  let file: OpenedFile['file'];
  try {
    file = store.parse(Buffer.from(given));
  } catch {
    return;
  }
  // Nobody has aliases in a file that is encrypted.
  for (const { node } of nodes(file.documents)) if (node.kind !== 'comment' && node.alias) return;
  const opened = { store, file, warnings: [] as string[] } as unknown as OpenedFile;
  let wanted = branch();
  let result: string;
  try {
    const ran = await changedText(
      opened,
      file.text,
      (document) => {
        wanted = document;
        return change(document, changes, depth);
      },
      undefined,
    );
    result = ran.text;
  } catch (error) {
    // Names that are for metadata, and what a format cannot hold.
    if (['output-format', 'already-encrypted'].includes((error as { code?: string }).code ?? '')) return;
    throw error;
  }
  const [read = branch()] = store.parse(encodedBytes(file, result)).documents;
  expect([result, bare(read)]).toEqual([result, bare(wanted)]);
}

test.each([
  ['YAML', yamlStore, yamlText, anything, 0],
  ['JSON', jsonStore, jsonText, anything, 0],
  ['dotenv', dotenvStore, dotenvText, scalar, 1],
  ['INI', iniStore, iniText, scalar, 2],
] as const)('%s', async (_, store, texts, values, depth) => {
  const property = fc.asyncProperty(texts, changesOf(values), (given, changes) => check(store, given, changes, depth));
  await fc.assert(property, { numRuns: Math.ceil(4000 * RUNS) });
});
