/** A base that is a conflict itself, as merges of several bases make it: what nobody doubts of it, and what nothing tells. */
import { randomUUID } from 'node:crypto';
import { formatNamed } from '../formats/registry.js';
import type { FormatStore } from '../formats/store.js';
import type { SelectionRule } from '../metadata/metadata.js';
import { leavesOf } from '../operations/read/leaves.js';
import { type Branch, branch, item, leaf, type Value } from '../tree/tree.js';
import type { KeyedMetadata } from './merge/metadata-merge.js';
import { mergeTrees } from './merge/tree-merge.js';
import type { OpenSide } from './side.js';

/**
 * Stands where the sides of the base differ. It is the same as nothing that a file holds, so what only one side of the merge changed or took out there is never taken
 * for what was meant, and becomes a conflict; what both sides have alike is not a conflict.
 */
const IN_DOUBT = `in doubt ${randomUUID()}`;

/** What a base holds whose sides these are. */
export function documentsInDoubt(one: OpenSide, other: OpenSide, store: FormatStore): readonly Branch[] {
  const trees = { base: null, ours: one.plain.documents, theirs: other.plain.documents, isGuessed: true };
  const { commentsFollow } = formatNamed(store.name);
  return mergeTrees(trees, () => [leaf(IN_DOUBT)], { commentsFollow }).documents;
}

/** The values of a base as they may be shown: none where there is a doubt. */
export function withoutDoubt(values: readonly Value[]): readonly Value[] {
  return values.some(isInDoubt) ? [] : values;
}

function isInDoubt(value: Value): boolean {
  if (value.kind === 'leaf') return value.value === IN_DOUBT;
  return leavesOf([branch([item('', value)])]).some(([, of]) => of === IN_DOUBT);
}

/**
 * The metadata of such a base: whoever either side of it names was a recipient, so that who is missing on one side of the merge was taken out and stays out. A rule
 * that is in doubt is no rule of a side.
 */
export function metadataInDoubt(
  one: KeyedMetadata,
  other: KeyedMetadata,
  sides: readonly KeyedMetadata[],
): KeyedMetadata | null {
  const [own, second] = [one.metadata, other.metadata];
  const isSameShape =
    own.keyGroups.length === second.keyGroups.length && own.shamirThreshold === second.shamirThreshold;
  if (!isSameShape) return null;
  const keyGroups = own.keyGroups.map((group, at) => [...group, ...(second.keyGroups[at] ?? [])]);
  const isSameRule = JSON.stringify(own.selection) === JSON.stringify(second.selection);
  const doubtful: SelectionRule = { option: 'encrypted_regex', text: IN_DOUBT };
  const selection = isSameRule ? own.selection : doubtful;
  const dataKeys = [one.dataKey, other.dataKey];
  const dataKey = dataKeys.find((key) => sides.some((side) => side.dataKey === key)) ?? one.dataKey;
  return { metadata: { ...own, keyGroups, selection }, dataKey };
}
