import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { folded } from '../../../src/tree/fold.js';
import { leaves, nodes } from '../../../src/tree/leaves.js';
import { rebuilt } from '../../../src/tree/rebuild.js';
import { type Branch, branch, comment, item, leaf, list, type Value } from '../../../src/tree/tree.js';

const DEPTH = 20_000;

const DOCUMENT = branch([
  comment('top'),
  item('a', list([comment('in list'), leaf('x'), branch([item('b', leaf(1n)), comment('end')]), list()])),
  item('a', leaf(null)),
  item('', branch([item('', leaf(true))])),
]);

/** Maps and lists in turn, one in the other. */
function nested(depth: number): Branch {
  let value: Value = leaf('deep');
  for (let at = 0; at < depth; at++) value = at % 2 === 0 ? list([comment('c'), value]) : branch([item('k', value)]);
  return branch([item('root', value)]);
}

test('leaves come in order with their keys, their indexes as users count them, and those of values alone', () => {
  const found = [...leaves([DOCUMENT])].length;
  const places = [];
  for (const { node, path, treePath, valuePath, joinedPath } of leaves([DOCUMENT])) {
    places.push([node.value, path, treePath, valuePath, joinedPath]);
  }
  expect(places).toEqual([
    ['x', ['a'], ['a', 1], ['a', 0], 'a:'],
    [1n, ['a', 'b'], ['a', 2, 'b'], ['a', 1, 'b'], 'a:b:'],
    [null, ['a'], ['a'], ['a'], 'a:'],
    [true, ['', ''], ['', ''], ['', ''], '::'],
  ]);
  expect(found).toBe(places.length);
});

test('nodes are leaves, comments, maps and lists; these before what they hold', () => {
  const places: unknown[] = [];
  for (const { node, root, depth, path, treePath, item: of } of nodes([DOCUMENT, branch([item('z', leaf(2n))])])) {
    const shown = node.kind === 'comment' ? `#${node.text}` : node.kind;
    places.push([shown, root, depth, path.join('.'), treePath.join('.'), of?.key]);
  }
  expect(places).toEqual([
    ['branch', 0, 0, '', '', undefined],
    ['#top', 0, 1, '', '', undefined],
    ['list', 0, 1, 'a', 'a', 'a'],
    ['#in list', 0, 2, 'a', 'a', undefined],
    ['leaf', 0, 2, 'a', 'a.1', undefined],
    ['branch', 0, 2, 'a', 'a.2', undefined],
    ['leaf', 0, 3, 'a.b', 'a.2.b', 'b'],
    ['#end', 0, 3, 'a', 'a.2', undefined],
    ['list', 0, 2, 'a', 'a.3', undefined],
    ['leaf', 0, 1, 'a', 'a', 'a'],
    ['branch', 0, 1, '', '', ''],
    ['leaf', 0, 2, '.', '.', ''],
    ['branch', 1, 0, '', '', undefined],
    ['leaf', 1, 1, 'z', 'z', 'z'],
  ]);
});

test('what is passed over is not looked into', () => {
  const seen: string[] = [];
  for (const place of nodes([DOCUMENT])) {
    if (place.node.kind === 'list') place.passOver();
    else if (place.node.kind === 'leaf') seen.push(String(place.node.value));
  }
  expect(seen).toEqual(['null', 'true']);
});

test('texts of paths tell keys apart that joined paths do not', () => {
  const tree = branch([item('a:b', leaf('one')), item('a', branch([item('b', leaf('other'))]))]);
  const joined = new Set<string>();
  const texts = new Set<string>();
  for (const { joinedPath, pathText } of leaves([tree])) {
    joined.add(joinedPath);
    texts.add(pathText);
  }
  expect([joined.size, texts.size]).toEqual([1, 2]);
});

test('a root may be a leaf', () => {
  const places = [];
  for (const { node, treePath, valuePath } of leaves([leaf('x')])) places.push([node.value, treePath, valuePath]);
  expect(places).toEqual([['x', [], []]]);
});

test('any depth is gone through, folded and rebuilt without the call stack', () => {
  const tree = nested(DEPTH);
  let depth = 0;
  for (const place of leaves([tree])) depth = place.treePath.length;
  expect(depth).toBe(DEPTH + 1);
  const height = folded<number>(tree, { leaf: () => 0, container: (_, [inner = 0]) => inner + 1 });
  expect(height).toBe(DEPTH + 1);
  const [deepest] = leaves([rebuilt(tree, { leaf: (of) => leaf(`${of.value}er`) })]);
  expect(deepest?.depth).toBeDefined();
});

test('a fold remembers what it is told, and leaves out comments', () => {
  const shared = branch([item('k', leaf('v')), comment('c')]);
  const known = new Map<Value, string>();
  let looked = 0;
  const text = folded<string>(list([shared, shared]), {
    leaf: (of) => String(of.value),
    container(of, parts) {
      looked += 1;
      const made = `(${parts.join()})`;
      known.set(of, made);
      return made;
    },
    known: (of) => known.get(of),
  });
  expect([text, looked]).toEqual(['((v),(v))', 2]);
});

test('no code keeps places, all of which are where the traversal ended', () => {
  const source = new URL('../../../src/', import.meta.url);
  const found = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (name) =>
      name.endsWith('.ts') &&
      /\[\.\.\.(?:leaves|nodes)\((?!.*\)\]\.length\b)/.test(readFileSync(new URL(name, source), 'utf8')),
  );
  expect(found).toEqual([]);
});
