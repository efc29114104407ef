/** What a `.sops.yaml` that was edited must still mean: its rules' recipients, and all else that stands in it. */
import { keyStringOf } from '../keyservice/keyservice.js';
import type { Leaf, Value } from '../tree/tree.js';
import type { CreationRule, GroupRule } from './model.js';
import { FIELDS_WITHOUT_KEYS, parseConfig } from './parse.js';
import { type ConfigTree, keyTextsIn, writtenText } from './recipients-of.js';

export interface RuleGroups {
  readonly name: string;
  /** The recipients of each group. */
  readonly groups: readonly (readonly string[])[];
}

/**
 * The recipients of the creation rules, and behind them those of the rules by which `publish` encrypts anew, as `encrypt` understands them.
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

/** A tree as nested lists without some recipients, and without what holds nothing but them. */
export function meaningWithout(value: Value, tree: ConfigTree, isLeftOut: IsLeftOut): unknown {
  if (value.kind === 'leaf') return meaningOfLeaf(value, tree, isLeftOut);
  const keyString = value.kind === 'branch' ? tree.keyMaps.get(value) : undefined;
  if (keyString !== undefined && isLeftOut(keyString)) return undefined;
  const entries = value.items.flatMap((entry): unknown[] => {
    if (entry.kind === 'comment') return [];
    const isKept = entry.kind === 'item' && FIELDS_WITHOUT_KEYS.has(entry.key);
    const meaning = meaningWithout(entry.kind === 'item' ? entry.value : entry, tree, isKept ? () => false : isLeftOut);
    if (meaning === undefined) return [];
    return [entry.kind === 'item' ? [entry.key, meaning] : meaning];
  });
  const hadEntries = value.items.some((entry) => entry.kind !== 'comment');
  return hadEntries && entries.length === 0 ? undefined : [value.kind, ...entries];
}

function meaningOfLeaf(leaf: Leaf, tree: ConfigTree, isLeftOut: IsLeftOut): unknown {
  const { value } = leaf;
  const items = keyTextsIn(writtenText(leaf, tree.used));
  const kept = items.filter((item) => !isLeftOut(item));
  if (kept.length < items.length) return kept.length === 0 ? undefined : ['string', ...kept];
  if (typeof value === 'string') return ['string', ...items];
  return typeof value === 'object' && value !== null ? 'time' : `${typeof value} ${value}`;
}
