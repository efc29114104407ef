/** Giving a recipient a name in a `.sops.yaml`: an anchor beside those that are there, as `keys: [&alice age1…]`. */
import type { Edit } from '../formats/store.js';
import type { Branch, Item, List, Value } from '../tree/tree.js';
import { entryBehind, firstEntry, linesAt } from './entry-insertion.js';
import { startOfLine } from './entry-removal.js';
import { TOP_KEYS } from './parse.js';
import { type ConfigTree, isKeyOrKeys, recipientsOf } from './recipients-of.js';

/** What an anchor may be called: libyaml knows no other letters, and aliases must be read by all. */
export const ANCHOR_NAME = /^[A-Za-z0-9_-]+$/;

/** A recipient as YAML has it: in quotes where it could be taken for something else. */
export function recipientScalar(recipient: string): string {
  const isPlain =
    /^(?:age1[a-z0-9]+|ssh-[a-z0-9]+ [A-Za-z0-9+/=]+(?: [\w@.-]+)?|arn:[\w:/-]+)$/.test(recipient) ||
    // Digits with at most an E would be a number.
    /^(?=.*[A-DF])[0-9A-F]{16,64}$/.test(recipient);
  return isPlain ? recipient : `'${recipient.replaceAll("'", "''")}'`;
}

export interface NamedEdits {
  readonly edits: readonly Edit[];
  /** Where the anchor comes to stand: aliases may follow behind. */
  readonly at: number;
}

/**
 * The edits that give a recipient a name: after the last named one outside of the rules (best one of the same kind), or in a new list `keys`.
 * Null where there is no place for it.
 */
export function nameEdits(
  tree: ConfigTree,
  name: string,
  recipient: string,
  isAlike: (recipient: string) => boolean,
): NamedEdits | null {
  const scalar = `&${name} ${recipientScalar(recipient)}`;
  const place = collectionOfNames(tree, isAlike);
  if (place === undefined) return newSection(tree, scalar);
  if (place === null) return null;
  const edits = behindLast(tree, place, name, scalar);
  return edits && { edits, at: edits[0]?.start ?? 0 };
}

/** A map or list that names belong into, with its item at the top. */
interface NamePlace {
  readonly collection: Branch | List;
  readonly item: Item | undefined;
}

/** Undefined for none, null for a `keys` that cannot take any. */
function collectionOfNames(tree: ConfigTree, isAlike: (recipient: string) => boolean): NamePlace | undefined | null {
  const anchored = new Set([...tree.anchors.values()].flat());
  const isNamed = (value: Value): string | undefined => {
    const [only, ...others] = anchored.has(value) && isKeyOrKeys(value, tree) ? recipientsOf(value, tree) : [];
    return others.length === 0 ? only : undefined;
  };
  let best: NamePlace | undefined;
  let isBestAlike = false;
  for (const item of itemsAside(tree)) {
    for (const collection of collectionsIn(item.value)) {
      const named = valuesOf(collection).flatMap((value) => isNamed(value) ?? []);
      if (named.length === 0) continue;
      const isOfKind = named.some(isAlike);
      if (isBestAlike && !isOfKind) continue;
      best = { collection, item: collection === item.value ? item : undefined };
      isBestAlike = isOfKind;
    }
  }
  if (best) return best;
  const keys = itemsAside(tree).find(({ key }) => key === 'keys');
  if (!keys) return undefined;
  return keys.value.kind === 'list' && !keys.value.alias ? { collection: keys.value, item: keys } : null;
}

/** The items at the top that SOPS passes over. */
function itemsAside({ document }: ConfigTree): Item[] {
  return document.items.flatMap((entry) => (entry.kind === 'item' && !TOP_KEYS.includes(entry.key) ? [entry] : []));
}

function* collectionsIn(value: Value): Generator<Branch | List> {
  if (value.kind === 'leaf' || value.alias) return;
  yield value;
  for (const below of valuesOf(value)) yield* collectionsIn(below);
}

/** The values directly in a map or list. */
function valuesOf(collection: Branch | List): Value[] {
  return collection.items.flatMap((entry): Value[] => {
    if (entry.kind === 'comment') return [];
    return [entry.kind === 'item' ? entry.value : entry];
  });
}

function behindLast(
  { text, places }: ConfigTree,
  { collection, item }: NamePlace,
  name: string,
  scalar: string,
): Edit[] | null {
  const last = collection.items.findLast((entry) => entry.kind !== 'comment');
  if (!last) {
    const place = item && places.get(item);
    const edit = place && firstEntry(text, place, scalar);
    return edit ? [edit] : null;
  }
  const place = places.get(last);
  if (!place) return null;
  if (last.kind !== 'item') return entryBehind(text, place, { block: [scalar], flow: scalar }, '- ');
  const entry = `${name}: ${scalar}`;
  return entryBehind(text, place, { block: [entry], flow: entry }, '');
}

/** A list `keys` in front of everything else, and of the comment that belongs to what is first, but not of the file's own. */
function newSection({ text, places, document }: ConfigTree, scalar: string): NamedEdits | null {
  const first = document.items.find((entry) => entry.kind === 'item');
  const place = first && places.get(first);
  if (!place) return null;
  if (place.inFlow) return { edits: [{ ...at(place.start), text: `keys: [${scalar}], ` }], at: place.start };
  const start = sectionStart(text, startOfLine(text, place.start));
  return { edits: [linesAt(text, start, ['keys:', `  - ${scalar}`])], at: start };
}

function at(place: number): Pick<Edit, 'start' | 'end'> {
  return { start: place, end: place };
}

/** Where the lines of comments directly above a line begin; the line itself if they are the file's head. */
function sectionStart(text: string, line: number): number {
  let start = line;
  while (start > 0) {
    const above = startOfLine(text, start - 1);
    if (!text.slice(above, start).startsWith('#')) return start;
    start = above;
  }
  return line;
}
