/** Putting a recipient into rules of a `.sops.yaml`, under a name: every other byte stays, and nothing else changes its meaning. */

import { SopsError } from '../errors.js';
import { applyEdits, type Edit } from '../formats/store.js';
import type { EntryPlace } from '../formats/yaml/entry-places.js';
import type { MasterKey } from '../keys/provider.js';
import { KEY_TYPES, type KeyTypeRow, keyTypeRow } from '../keys/registry.js';
import type { Branch, Item, Leaf, Value } from '../tree/tree.js';
import { append } from '../util/lists.js';
import { groupsOfRules, meaningWithout, sameJson } from './config-meaning.js';
import { entryBehind, firstEntry, itemBehind, type NewEntry } from './entry-insertion.js';
import { namesRecipient } from './recipient.js';
import { type NamedEdits, nameEdits, recipientScalar } from './recipient-name.js';
import { type ConfigTree, readConfigTree, recipientsOf } from './recipients-of.js';

/** Who comes in, and where. */
export interface Addition {
  /** How messages call the file. */
  readonly path: string;
  /** What the recipient is called; it may have that name already. */
  readonly name: string;
  /** The recipient as it is written where it is a text. */
  readonly recipient: string;
  readonly key: MasterKey;
  /** Creation rules by their places, each with the place of the key group that the recipient is for; 0 where there are no groups. */
  readonly rules: ReadonlyMap<number, number>;
}

/**
 * The text of a configuration with a recipient in some of its rules and a name for it. Throws `config` when the text cannot be edited without
 * changing something else: rules that share one list, say.
 */
export async function withRecipient(tree: ConfigTree, addition: Addition): Promise<string> {
  const plan = new AdditionPlan(tree, addition);
  for (const [rule, group] of addition.rules) plan.addToRule(rule, group);
  const text = applyEdits(tree.text, plan.inOrder());
  await checkMeaning(tree, text, addition);
  return text;
}

const KEY_FIELDS: ReadonlySet<string> = new Set(KEY_TYPES.flatMap((row) => [row.ruleField, row.groupField]));

class AdditionPlan {
  readonly #edits: Edit[] = [];
  /** What was added to already: rules may share it by an alias. */
  readonly #done = new Set<unknown>();
  readonly #tree: ConfigTree;
  readonly #addition: Addition;
  readonly #row: KeyTypeRow;
  /** Where the anchor stands, or will; undefined for nowhere. */
  readonly #anchorAt: number | undefined;

  constructor(tree: ConfigTree, addition: Addition) {
    this.#tree = tree;
    this.#addition = addition;
    const row = keyTypeRow(addition.key.type);
    if (!row) throw notAddable(addition);
    this.#row = row;
    const known = tree.anchors.get(addition.name)?.at(-1);
    const named = known ? undefined : this.#newName();
    if (named) append(this.#edits, named.edits);
    this.#anchorAt = named?.at ?? (known && this.#placeOf(known));
  }

  /** The edits as a text takes them; of those at one place the first noted comes first. */
  inOrder(): Edit[] {
    return this.#edits.toSorted((one, other) => one.start - other.start);
  }

  addToRule(at: number, group: number): void {
    const rules = listIn(itemIn(this.#tree.document, 'creation_rules')?.value);
    const rule = resolved(rules.filter((value) => !isNull(value))[at]);
    if (rule?.kind !== 'branch') throw notAddable(this.#addition);
    const groups = listIn(itemIn(rule, 'key_groups')?.value).filter((value) => !isNull(value));
    if (groups.length > 0) {
      this.#addToGroup(groups[group]);
      return;
    }
    const any = listIn(itemIn(rule, 'any_of')?.value).filter((value) => !isNull(value));
    if (any.length === 0) {
      this.#addTo(rule, this.#row.ruleField, false);
      return;
    }
    const isOfType = (value: Value): boolean => {
      const found = resolved(value);
      return found?.kind === 'branch' && itemIn(found, this.#row.groupField) !== undefined;
    };
    this.#addToGroup(any.find(isOfType) ?? any[0]);
  }

  #newName(): NamedEdits | null {
    const { name, recipient } = this.#addition;
    return nameEdits(this.#tree, name, recipient, (other) => this.#row.recipient.test(other));
  }

  #addToGroup(value: Value | undefined): void {
    const group = resolved(value);
    if (group?.kind !== 'branch') throw notAddable(this.#addition);
    this.#addTo(group, this.#row.groupField, true);
  }

  /** Puts the recipient into a field of a rule or group, which it makes if there is none. */
  #addTo(owner: Branch, field: string, isGroup: boolean): void {
    const item = itemIn(owner, field);
    const place = item ?? owner;
    if (this.#done.has(place)) return;
    this.#done.add(place);
    if (!item) this.#addField(owner, field, isGroup);
    else if (item.value.kind === 'leaf') this.#addToText(item.value, item);
    else this.#addToList(resolved(item.value), item, isGroup);
  }

  #addField(owner: Branch, field: string, isGroup: boolean): void {
    const items = owner.items.filter((entry) => entry.kind === 'item');
    const last = items.findLast(({ key }) => KEY_FIELDS.has(key)) ?? items.at(-1);
    const place = last && this.#tree.places.get(last);
    if (!place) throw notAddable(this.#addition);
    const entry = this.#entry(place.start, isGroup);
    const isList = isGroup || !this.#row.ruleText;
    const lines = entry.block.map((line, at) => (at === 0 ? `  - ${line}` : `    ${line}`));
    const value = isList
      ? { block: [`${field}:`, ...lines], flow: `${field}: [${entry.flow}]` }
      : { block: [`${field}: ${entry.flow}`], flow: `${field}: ${entry.flow}` };
    append(this.#edits, entryBehind(this.#tree.text, place, value, ''));
  }

  #addToList(list: Value | undefined, item: Item, isGroup: boolean): void {
    if (list?.kind !== 'list') throw notAddable(this.#addition);
    if (this.#done.has(list)) return;
    this.#done.add(list);
    const last = list.items.findLast((entry) => entry.kind !== 'comment');
    const place = this.#tree.places.get(last ?? item);
    if (!place) throw notAddable(this.#addition);
    const entry = this.#entry(place.start, isGroup);
    if (last) append(this.#edits, entryBehind(this.#tree.text, place, entry, '- '));
    else this.#edits.push(this.#first(place, entry));
  }

  #first(place: EntryPlace, entry: NewEntry): Edit {
    const edit = firstEntry(this.#tree.text, place, entry.flow);
    if (!edit) throw notAddable(this.#addition);
    return edit;
  }

  /** A text takes the recipient after a comma; an alias of somebody else, or nothing, becomes a list. */
  #addToText(value: Leaf, item: Item): void {
    const { text, places } = this.#tree;
    const place = places.get(item);
    if (!place) throw notAddable(this.#addition);
    const written = value.alias ? resolved(value) : value;
    const isName = value.alias !== undefined && recipientsOf(value, this.#tree).length === 1;
    if (isName && value.alias) {
      const { start, end } = value.alias;
      this.#edits.push({ start, end, text: `[${text.slice(start, end)}, ${this.#reference(start)}]` });
      return;
    }
    if (isNull(value)) {
      this.#edits.push({ start: place.end, end: place.end, text: ` [${this.#reference(place.end)}]` });
      return;
    }
    if (written?.kind !== 'leaf' || !written.source || this.#done.has(written)) return;
    this.#done.add(written);
    const edit = itemBehind(text, written.source, this.#addition.recipient, place.inFlow && !value.alias);
    if (!edit) throw notAddable(this.#addition);
    this.#edits.push(edit);
  }

  /** The recipient as an entry of a list that stands somewhere. */
  #entry(at: number, isGroup: boolean): NewEntry {
    const { groupFields } = this.#row;
    const reference = this.#reference(at);
    if (!groupFields || !isGroup) return { block: [reference], flow: reference };
    const { key, recipient } = this.#addition;
    const fields = groupFields.flatMap(({ name, field }) => {
      const text = key.fields.get(field);
      if (typeof text !== 'string' || text === '') return [];
      return [`${name}: ${text === recipient ? reference : recipientScalar(text)}`];
    });
    return { block: fields, flow: `{ ${fields.join(', ')} }` };
  }

  /** An alias where the anchor stands before, else the recipient itself. */
  #reference(at: number): string {
    const { name, recipient } = this.#addition;
    return this.#anchorAt !== undefined && this.#anchorAt <= at ? `*${name}` : recipientScalar(recipient);
  }

  #placeOf(value: Value): number | undefined {
    return this.#tree.places.get(value)?.start ?? (value.kind === 'leaf' ? value.source?.start : undefined);
  }
}

/** The item of a key, as written or by a merge key. */
function itemIn(owner: Branch, key: string): Item | undefined {
  let merged: Value | undefined;
  for (const entry of owner.items) {
    if (entry.kind !== 'item') continue;
    if (entry.key === key) return entry;
    if (entry.key === '<<') merged = entry.value;
  }
  for (const source of merged?.kind === 'list' ? listIn(merged) : [merged]) {
    const base = resolved(source);
    const found = base?.kind === 'branch' ? itemIn(base, key) : undefined;
    if (found) return found;
  }
  return undefined;
}

function listIn(value: Value | undefined): Value[] {
  const list = resolved(value);
  if (list?.kind !== 'list') return [];
  return list.items.filter((entry) => entry.kind !== 'comment');
}

/** What an alias stands for, where it is written. */
function resolved(value: Value | undefined): Value | undefined {
  return value?.alias ? resolved(value.alias.of) : value;
}

function isNull(value: Value): boolean {
  const found = resolved(value);
  return found?.kind === 'leaf' && (found.value === null || found.value === '');
}

/** Reads the new text and holds it against the old tree: the recipient is in the rules that were meant, and all else is as it was. */
async function checkMeaning(before: ConfigTree, text: string, addition: Addition): Promise<void> {
  const { path, rules, recipient, name } = addition;
  const after = await readConfigTree(text).catch((cause: unknown) => {
    throw notAddable(addition, cause);
  });
  const isMeant = (other: string): boolean => namesRecipient(other, recipient) || namesRecipient(recipient, other);
  const [old, got] = await Promise.all([groupsOfRules(before, path), groupsOfRules(after, path)]);
  const wanted = old.map(({ groups }, rule) =>
    groups.map((group, at) => [
      ...group.filter((one) => !isMeant(one)),
      ...(group.some(isMeant) || rules.get(rule) === at ? [MEANT] : []),
    ]),
  );
  const found = got.map(({ groups }) =>
    groups.map((group) => [...group.filter((one) => !isMeant(one)), ...(group.some(isMeant) ? [MEANT] : [])]),
  );
  const meaning = (tree: ConfigTree): unknown => unwrapped(meaningWithout(tree.document, tree, isMeant));
  const named = after.anchors.get(name)?.every((value) => recipientsOf(value, after).every(isMeant)) ?? true;
  const isAsMeant =
    named && sameJson(sortedGroups(wanted), sortedGroups(found)) && sameJson(meaning(before), meaning(after));
  if (!isAsMeant) throw notAddable(addition);
}

/** Stands for the recipient in whatever spelling. */
const MEANT = '\0';

function sortedGroups(rules: readonly (readonly (readonly string[])[])[]): string[][][] {
  return rules.map((groups) => groups.map((group) => [...new Set(group)].sort()));
}

/** A list of one text means what the text means: an alias became one. */
function unwrapped(said: readonly unknown[]): unknown[] {
  const out: unknown[] = [];
  for (const one of said) {
    const text = out.at(-1);
    if (isListMark(one, 'end') && isText(text) && isListMark(out.at(-2), 'begin')) out.splice(-2, 2, text);
    else out.push(one);
  }
  return out;
}

function isListMark(one: unknown, side: 'begin' | 'end'): boolean {
  return typeof one === 'object' && one !== null && side in one && Object.values(one).includes('list');
}

function isText(meaning: unknown): boolean {
  return Array.isArray(meaning) && meaning[0] === 'string';
}

function notAddable({ path, name }: Addition, cause?: unknown): SopsError {
  return new SopsError('config', `${name} cannot be put into ${path} without changing something else`, {
    hint: 'Nothing was changed: rules may share a list, or be written in an unusual way. Put the recipient in by hand, then run: sops-ts updatekeys .',
    cause,
  });
}
