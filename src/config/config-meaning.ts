/** What a `.sops.yaml` that was edited must still mean: its rules' recipients, and all else that stands in it. */
import { keyStringOf } from '../keyservice/keyservice.js';
import type { Leaf, Value } from '../tree/tree.js';
import { type Steps, settle } from '../util/flat-recursion.js';
import type { CreationRule, GroupRule } from './model.js';
import { FIELDS_WITHOUT_KEYS, parseConfig } from './parse.js';
import { type ConfigTree, keyTextsIn, writtenText } from './recipients-of.js';

export interface RuleGroups {
  readonly name: string;
  /** The recipients of each group. */
  readonly groups: readonly (readonly string[])[];
}

/**
 * The recipients of the creation rules, and after them those of the rules by which `publish` encrypts anew, as `encrypt` understands them.
 * `path` is how messages call the file.
 */
export async function groupsOfRules({ read }: ConfigTree, path: string): Promise<RuleGroups[]> {
  const config = parseConfig({ document: read, path, folder: '', isAlone: true });
  const rules = [...(config.creationRules ?? []), ...config.destinationRules.map((rule) => rule.recreationRule)];
  return Promise.all(rules.map(async (rule) => ({ name: rule.name, groups: await groupsOfRule(rule) })));
}

/** The recipients of each group of a rule; of one without groups all that it lists. */
export async function groupsOfRule(rule: CreationRule): Promise<string[][]> {
  const listed = [...rule.keys.values()].flatMap((keys) => ('texts' in keys ? keys.texts.flatMap(keyTextsIn) : []));
  return rule.keyGroups.length > 0 ? Promise.all(rule.keyGroups.map(recipientsOfGroup)) : [listed];
}

async function recipientsOfGroup({ merge, keys }: GroupRule): Promise<string[]> {
  const merged = (await Promise.all(merge.map(recipientsOfGroup))).flat();
  const own = [...keys].flatMap(([type, entries]) =>
    entries.map(async (entry) =>
      typeof entry === 'string' ? keyTextsIn(entry) : [await keyStringOf({ type, fields: entry, enc: '' })],
    ),
  );
  return [...merged, ...(await Promise.all(own)).flat()];
}

export function sameJson(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Whether a recipient is one of those that make no difference. */
export type IsLeftOut = (recipient: string) => boolean;

/** What a tree says without some recipients, and without what holds nothing but them: its marks and leaves in a row. */
export function meaningWithout(value: Value, tree: ConfigTree, isLeftOut: IsLeftOut): unknown[] {
  const said: unknown[] = [];
  settle(addMeaning(said, value, tree, isLeftOut));
  return said;
}

/** Adds what a value says. Returns whether anything is left of it; if not, nothing is added. */
function* addMeaning(said: unknown[], value: Value, tree: ConfigTree, isLeftOut: IsLeftOut): Steps<boolean> {
  if (value.kind === 'leaf') {
    const meaning = meaningOfLeaf(value, tree, isLeftOut);
    if (meaning !== undefined) said.push(meaning);
    return meaning !== undefined;
  }
  const keyString = value.kind === 'branch' ? tree.keyMaps.get(value) : undefined;
  if (keyString !== undefined && isLeftOut(keyString)) return false;
  const start = said.push({ begin: value.kind }) - 1;
  const nodes = value.items.filter((entry) => entry.kind !== 'comment');
  let isLeft = nodes.length === 0;
  for (const node of nodes) {
    const isKept = node.kind === 'item' && FIELDS_WITHOUT_KEYS.has(node.key);
    const within = isKept ? () => false : isLeftOut;
    const before = said.length;
    if (node.kind === 'item') said.push({ key: node.key });
    if (yield addMeaning(said, node.kind === 'item' ? node.value : node, tree, within)) isLeft = true;
    else said.length = before;
  }
  if (isLeft) said.push({ end: value.kind });
  else said.length = start;
  return isLeft;
}

function meaningOfLeaf(leaf: Leaf, tree: ConfigTree, isLeftOut: IsLeftOut): unknown {
  const { value } = leaf;
  const items = keyTextsIn(writtenText(leaf, tree.used));
  const kept = items.filter((item) => !isLeftOut(item));
  if (kept.length < items.length) return kept.length === 0 ? undefined : ['string', ...kept];
  if (typeof value === 'string') return ['string', ...items];
  return typeof value === 'object' && value !== null ? 'time' : `${typeof value} ${value}`;
}
