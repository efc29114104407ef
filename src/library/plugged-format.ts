/** A format of the caller's as operations know formats: texts are read into plain data, and printed from it as a whole. */
import { SopsError } from '../errors.js';
import { withFormats } from '../formats/plugged.js';
import { FORMATS, type FormatName, type FormatRow } from '../formats/registry.js';
import type { FormatStore, SourceFile } from '../formats/store.js';
import { leaves } from '../tree/leaves.js';
import { rebuilt } from '../tree/rebuild.js';
import { type Branch, branch, type Item, type LeafValue, leaf, type Value } from '../tree/tree.js';
import { isOf } from '../util/realms.js';
import { decodeText } from '../util/text/text.js';
import { usage } from './options.js';
import { inKeyTypes } from './plugged-keys.js';
import type { Data, Format, Options } from './types.js';
import { checkedText, dataOf, treeOf } from './values.js';

/** Where the metadata is. */
const METADATA = 'sops';
/** After those that there are. */
const TURN = 100;

/** Does the work of a call with the formats and the types of keys that its options give. Throws `usage`. */
export function withPlugged<T>(options: Options, work: () => T): T {
  const { formats = [] } = options;
  const twice = formats.find(({ name }, at) => formats.findIndex((other) => other.name === name) !== at);
  if (twice) throw usage(`option formats: two are called ${JSON.stringify(twice.name)}`);
  return withFormats(formats.map(rowOf), () => inKeyTypes(options, work));
}

/** Operations tell formats apart by their stores. */
const rows = new WeakMap<Format, FormatRow>();

function rowOf(format: Format): FormatRow {
  const row = rows.get(format) ?? newRow(format);
  rows.set(format, row);
  return row;
}

function newRow(format: Format): FormatRow {
  const { name, extensions } = format;
  if (typeof name !== 'string' || !/^[a-z][a-z0-9-]*$/.test(name))
    throw usage('option formats: a name consists of small letters, digits and -');
  if (FORMATS.some((row) => row.name === name)) throw usage(`option formats: there is a format ${name}`);
  if (!Array.isArray(extensions) || !extensions.every((one) => typeof one === 'string' && /^\.[^/\\]+$/.test(one)))
    throw usage(`option formats: the extensions of ${name} must be a list of endings such as .${name}`);
  const store = storeOf(format);
  return {
    // Of the closed union are those that operations themselves name.
    name: name as FormatName,
    endings: [],
    ownEndings: extensions,
    unknownToSops: true,
    turn: TURN,
    comments: false,
    reservedKeys: /^sops$/,
    load: async () => store,
  };
}

function storeOf(format: Format): FormatStore {
  const print = (documents: readonly Branch[], metadata: Branch | null): string => {
    const [document = branch()] = documents;
    const items = metadata ? [...document.items, item(metadata)] : document.items;
    const data = dataOf(branch(items), { integers: 'mixed' });
    const text: unknown = said(format, 'output-format', () => format.print(data));
    if (typeof text === 'string') {
      const printed = checkedText(text, `what the format ${format.name} prints`);
      if (!metadata) checkReads(format, printed, document);
      return printed;
    }
    throw new SopsError('output-format', `the format ${format.name} that was plugged in printed no text`);
  };
  const store: FormatStore = {
    name: format.name,
    example: '',
    noticeMark: '# ',
    parse(bytes) {
      const text = decodeText(bytes);
      const data: Data = said(format, 'document-invalid', () => format.parse(text));
      const tree = asRead(treeOfParsed(data));
      if (tree.kind !== 'branch') throw new SopsError('document-invalid', `the ${format.name} text holds no map`);
      const [metadata, rest] = takenOut(tree);
      const documents = [branch(rest)];
      const file: SourceFile = {
        text,
        documents,
        metadata,
        edits(into) {
          const printed = print(documents, into);
          return printed === text ? [] : [{ start: 0, end: text.length, text: printed }];
        },
      };
      return file;
    },
    emit: print,
  };
  return store;
}

/** Throws `output-format` where values of a plaintext would be lost or become others: of ciphertext that is found when it is read back. */
function checkReads(format: Format, text: string, document: Branch): void {
  const data: Data = said(format, 'output-format', () => format.parse(text));
  const [read, wanted] = [leavesAt(treeOfParsed(data)), leavesAt(document)];
  const isThere = ([place, value]: [string, LeafValue]): boolean =>
    // A format need not have types.
    typeof value === 'string' ? read.get(place) === value : read.has(place);
  if (read.size === wanted.size && [...wanted].every(isThere)) return;
  throw new SopsError('output-format', `the format ${format.name} that was plugged in does not read what it prints`);
}

function leavesAt(tree: Value): Map<string, LeafValue> {
  const places = leaves(tree.kind === 'leaf' ? [] : [tree]);
  return new Map(Array.from(places, ({ node, treePath }) => [JSON.stringify(treePath), node.value]));
}

/** What the caller's format has read is for whoever gave the text to mend. */
function treeOfParsed(data: Data): Value {
  try {
    return treeOf(data);
  } catch (error) {
    throw error instanceof SopsError && error.code === 'usage' ? error.with('document-invalid') : error;
  }
}

/** A tree whose leaves remember what was read: nothing else tells where they stand in the text. */
function asRead(tree: Value): Value {
  return rebuilt(tree, { leaf: ({ value }) => leaf(value, { start: 0, end: 0, style: 'plain', value }) });
}

/** The metadata, if it is a map, and the other items. */
function takenOut({ items }: Branch): [Branch | null, Branch['items']] {
  const found = items.find((entry): entry is Item => entry.kind === 'item' && entry.key === METADATA);
  if (!found) return [null, items];
  if (found.value.kind === 'branch') return [found.value, items.filter((entry) => entry !== found)];
  throw new SopsError('metadata-invalid', `the entry ${METADATA} is not a map`);
}

function item(metadata: Branch): Item {
  return { kind: 'item', key: METADATA, value: metadata };
}

/** The caller's messages may quote values. */
function said<T>({ name }: Format, code: 'document-invalid' | 'output-format', step: () => T): T {
  const called = `the format ${name} that was plugged in`;
  let given: T;
  let isLate: boolean;
  try {
    given = step();
    isLate = isOf(Promise, given);
  } catch {
    const what = code === 'output-format' ? 'cannot print this' : 'cannot read this text';
    throw new SopsError(code, `${called} ${what}`);
  }
  if (!isLate) return given;
  // Nobody waits for it, and its rejection would end the process.
  Promise.resolve(given).catch(() => undefined);
  throw new SopsError(code, `${called} gave a promise: its functions parse and print must not be asynchronous`);
}
