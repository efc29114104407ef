/** Taking recipients out of a `.sops.yaml`: comments and layout stay, and what is left must mean what it meant without them. */
import { SopsError } from '../errors.js';
import { applyEdits, type Edit } from '../formats/store.js';
import type { Item, Leaf, Value } from '../tree/tree.js';
import { type Steps, settle } from '../util/flat-recursion.js';
import { groupsOfRules, meaningWithout, sameJson } from './config-meaning.js';
import { entryEdits, itemEdits, mergedEdits, type RemovalEntry } from './entry-removal.js';
import { FIELDS_WITHOUT_KEYS } from './parse.js';
import { type ConfigTree, keyTextsIn, readConfigTree, recipientsOf, writtenText } from './recipients-of.js';

/** What the configuration is called, and whom it is not to name any more. */
export interface Removal {
  /** How messages call the file. */
  readonly path: string;
  isUnwanted(recipient: string): boolean;
}

/**
 * The text of a configuration without some recipients, or null when it does not name them: they go from lists, from texts
 * with commas, and with the lists, groups' fields and anchors that hold nothing else. Throws `config` when a rule or a key group
 * would be left without recipients, and when the text cannot be edited safely.
 */
export async function withoutRecipients(tree: ConfigTree, removal: Removal): Promise<string | null> {
  if (!recipientsOf(tree.document, tree).some(removal.isUnwanted)) return null;
  await checkNobodyAlone(tree, removal);
  const plan = new RemovalPlan(tree, removal);
  settle(plan.look(tree.document, true));
  const text = applyEdits(tree.text, mergedEdits(plan.edits));
  await checkMeaning(tree, text, removal);
  return text;
}

class RemovalPlan {
  readonly edits: Edit[] = [];

  constructor(
    private readonly tree: ConfigTree,
    private readonly removal: Removal,
  ) {}

  /**
   * Whether a value names unwanted recipients alone, so that it goes with its entry; if not, the edits below it are noted.
   * What an alias stands for is edited where it is written, at its anchor (`editable` false).
   */
  *look(value: Value, editable: boolean): Steps<boolean> {
    const own = editable && value.alias === undefined;
    if (value.kind === 'leaf') return this.lookAtText(value, own);
    const keyString = value.kind === 'branch' ? this.tree.keyMaps.get(value) : undefined;
    if (keyString !== undefined) return this.removal.isUnwanted(keyString);
    const nodes = value.items.filter((entry) => entry.kind !== 'comment');
    const goes: boolean[] = [];
    for (const node of nodes) {
      const isSilent = node.kind === 'item' && FIELDS_WITHOUT_KEYS.has(node.key);
      goes.push(!isSilent && (yield this.look(node.kind === 'item' ? node.value : node, own)));
    }
    if (goes.length > 0 && goes.every(Boolean)) return true;
    if (own && goes.some(Boolean)) this.add(entryEdits(this.tree.text, this.entries(nodes, goes)));
    return false;
  }

  private lookAtText(leaf: Leaf, own: boolean): boolean {
    const items = keyTextsIn(writtenText(leaf, this.tree.used));
    const unwanted = items.filter(this.removal.isUnwanted);
    if (unwanted.length === 0) return false;
    if (unwanted.length === items.length) return true;
    if (own && leaf.source) this.add(itemEdits(this.tree.text, leaf.source, this.removal.isUnwanted));
    return false;
  }

  private add(edits: readonly Edit[]): void {
    for (const edit of edits) this.edits.push(edit);
  }

  private entries(nodes: readonly (Item | Value)[], goes: readonly boolean[]): RemovalEntry[] {
    return nodes.map((node, at) => {
      const place = this.tree.places.get(node);
      if (!place) throw notEditable(this.removal);
      return { ...place, goes: goes[at] ?? false };
    });
  }
}

/** Reads the new text and holds it against the old tree: nothing but the recipients may be missing. */
async function checkMeaning(before: ConfigTree, text: string, removal: Removal): Promise<void> {
  const { isUnwanted } = removal;
  const after = await readConfigTree(text).catch((cause: unknown) => {
    throw notEditable(removal, cause);
  });
  const kept = (await groupsOfRules(before, removal.path)).map(({ groups }) => groups.map(withoutUnwanted(removal)));
  const got = (await groupsOfRules(after, removal.path)).map(({ groups }) => groups);
  const isAsMeant =
    sameJson(kept, got) &&
    sameJson(meaningWithout(before.document, before, isUnwanted), meaningWithout(after.document, after, isUnwanted)) &&
    !recipientsOf(after.document, after).some(isUnwanted);
  if (!isAsMeant) throw notEditable(removal);
}

/** Refuses when a rule or group names unwanted recipients alone: nobody could read what it encrypts. */
async function checkNobodyAlone(tree: ConfigTree, removal: Removal): Promise<void> {
  for (const { name, groups } of await groupsOfRules(tree, removal.path)) {
    const at = groups.findIndex((group) => group.length > 0 && group.every(removal.isUnwanted));
    if (at < 0) continue;
    const place = groups.length > 1 ? `key group ${at + 1} of ${name}` : name;
    throw new SopsError('config', `${place} would be left without recipients`, {
      hint: 'Nothing was changed. Name somebody else there first, and run updatekeys.',
    });
  }
}

function withoutUnwanted({ isUnwanted }: Removal): (group: readonly string[]) => string[] {
  return (group) => group.filter((recipient) => !isUnwanted(recipient));
}

function notEditable({ path }: Removal, cause?: unknown): SopsError {
  return new SopsError('config', `the recipient cannot be taken out of ${path} without changing something else`, {
    hint: 'Nothing was changed. Take it out by hand, then run this again with the recipient itself.',
    cause,
  });
}
