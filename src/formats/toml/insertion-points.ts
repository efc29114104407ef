/** What of a TOML text is still in its tree, and where something may be added to it. */
import { nodes } from '../../tree/leaves.js';
import type { Branch, Comment, Item, Leaf, List, Value } from '../../tree/tree.js';
import type { TomlEntry, TomlSection, TomlText } from './places.js';

type Node = Value | Item | Comment;

/** A section that stays, with those of its entries that do. */
export interface LiveSection {
  readonly section: TomlSection;
  readonly entries: readonly TomlEntry[];
  /** Which of those that stay it is. */
  readonly index: number;
}

/** The entries whose keys name an item: several where it is a branch at keys with dots. */
export interface ItemEntries {
  readonly first: TomlEntry;
  last: TomlEntry;
}

/** Where a branch or a list of tables stands in the text. */
export interface Standing {
  /** The section whose header is its own; the root's is the first one. */
  own?: LiveSection;
  /** The first and the last section that lead to it. */
  first?: LiveSection;
  last?: LiveSection;
  /** The last entry whose key leads to it, with dots. */
  entry?: TomlEntry;
}

export class Survey {
  /** All that the tree holds, but for lists of tables that cannot stay where they are. */
  readonly live = new Set<Node>();
  /** Items and containers that stand in the text and stay there. */
  readonly shown = new Set<Node>();
  readonly sections: LiveSection[] = [];
  /** Sections and entries that are to go. */
  readonly deadSections: TomlSection[] = [];
  readonly deadEntries: TomlEntry[] = [];
  /** Comments that stand in the text. */
  readonly comments: ReadonlySet<Comment>;
  private readonly entries = new Map<Item, ItemEntries>();
  private readonly standings = new Map<Branch | List, Standing>();

  constructor(
    private readonly toml: TomlText,
    document: Branch,
    /** Called with each leaf and the item that holds it. */
    private readonly visit: (leaf: Leaf) => void,
  ) {
    this.comments = new Set(toml.comments);
    this.collect(document);
    for (const section of toml.sections) this.look(section);
  }

  standingOf(of: Branch | List): Standing {
    return this.standings.get(of) ?? {};
  }

  entriesOf(of: Item): ItemEntries | undefined {
    return this.entries.get(of);
  }

  private collect(document: Branch): void {
    for (const place of nodes([document])) {
      const { node, item } = place;
      if (item) this.live.add(item);
      if (node.kind === 'list' && this.toml.tables.has(node) && !this.staysTables(node)) place.passOver();
      else {
        this.live.add(node);
        if (node.kind === 'leaf') this.visit(node);
      }
    }
  }

  /** Whether a list of tables holds such alone, those that were there in their order. */
  private staysTables({ items }: List): boolean {
    let last = -1;
    for (const entry of items) {
      if (entry.kind === 'comment') continue;
      if (entry.kind !== 'branch') return false;
      const at = this.elements.get(entry);
      if (at === undefined) continue;
      if (at < last) return false;
      last = at;
    }
    return last >= 0;
  }

  private get elements(): ReadonlyMap<Node, number> {
    this.known ??= new Map<Node, number>(this.toml.sections.map(({ branch }, at) => [branch, at]));
    return this.known;
  }

  private known: ReadonlyMap<Node, number> | undefined;

  private look(section: TomlSection): void {
    if (!section.chain.every((one) => this.live.has(one))) {
      this.deadSections.push(section);
      return;
    }
    const entries: TomlEntry[] = [];
    const found: LiveSection = { section, entries, index: this.sections.length };
    this.sections.push(found);
    for (const one of section.chain) {
      this.shown.add(one);
      const standing = this.standing(one);
      standing.first ??= found;
      standing.last = found;
    }
    this.standing(section.branch).own ??= found;
    for (const entry of section.entries) {
      if (!this.isLive(entry)) {
        this.deadEntries.push(entry);
        continue;
      }
      entries.push(entry);
      for (const one of entry.items) {
        this.shown.add(one);
        const known = this.entries.get(one);
        if (known) known.last = entry;
        else this.entries.set(one, { first: entry, last: entry });
      }
      for (const one of entry.chain) this.standing(one).entry = entry;
      for (const one of entry.chain.slice(1)) this.standing(one).last = found;
    }
  }

  /** Whether the items that a key names are still what they were; the value of the last one may be another. */
  private isLive({ chain, items }: TomlEntry): boolean {
    return items.every((one, at) => {
      const next = chain[at + 1];
      return this.live.has(one) && (next === undefined || one.value === next);
    });
  }

  private standing(of: Branch | List): Standing {
    let found = this.standings.get(of);
    if (!found) {
      found = {};
      this.standings.set(of, found);
    }
    return found;
  }
}
