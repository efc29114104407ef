/** The merged plaintexts of opened versions: the text, and its variants where both sides changed the same. */
import { SopsError } from '../errors.js';
import { formatNamed } from '../formats/registry.js';
import type { FormatStore } from '../formats/store.js';
import { withoutDoubt } from './doubtful-base.js';
import { type EvenTexts, evenTexts } from './merge/form.js';
import { isReformatted } from './merge/formatting.js';
import { mergedWhole } from './merge/line-text.js';
import type { Choice, Side, TreeConflict, TreeMerge } from './merge/merge-contract.js';
import { hostParser, readsAs, type TextMerge, textFor, type WantedText } from './merge/plain-merge.js';
import type { PlainSide } from './merge/text-pieces.js';
import { mergeTrees } from './merge/tree-merge.js';
import type { OpenVersions } from './open-versions.js';
import type { OpenSide } from './side.js';

/** The merged plaintexts. */
export interface MergedTexts {
  readonly ours: string;
  readonly theirs?: string;
  readonly base?: string;
  readonly conflicts: readonly TreeConflict[];
  readonly notes: readonly string[];
}

/** How conflicts are taken. */
interface Deciding {
  readonly choose?: ((...conflict: Parameters<Choice>) => ReturnType<Choice> | undefined) | undefined;
  readonly isGuessed?: boolean | undefined;
}

/** Merges the plaintexts. Throws `output-format` for what the format cannot say. */
export async function mergedTexts(versions: OpenVersions, deciding: Deciding): Promise<MergedTexts> {
  const { store, baseDocuments } = versions;
  const even = evenTexts(store, {
    base: versions.base && plainSide(versions.base),
    ours: plainSide(versions.ours),
    theirs: plainSide(versions.theirs),
  });
  const isGuessed = deciding.isGuessed || (versions.isDoubtful && !versions.base);
  const writer = new TextWriter(store, even, {
    ...deciding,
    isGuessed,
    baseDocuments,
    parseHost: await hostParser(store),
  });
  const merged = writer.merge('ours');
  const ours = writer.write(merged, 'ours');
  const notes = notesOf(merged.tree, ours);
  const conflicts = merged.open;
  if (conflicts.length === 0) return { ours: even.finish(ours.text), conflicts, notes };
  const variant = (side: Side): string => even.finish(writer.write(writer.merge(side), side, ours.text).text);
  const base = baseVariant(() => variant('base'));
  return {
    ours: even.finish(ours.text),
    theirs: variant('theirs'),
    ...(base !== undefined && { base }),
    conflicts,
    notes,
  };
}

/** What was before may be nothing that the format can say, where there was nothing. */
function baseVariant(make: () => string): string | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof SopsError) return undefined;
    throw error;
  }
}

function plainSide({ text, plain }: OpenSide): PlainSide {
  return { text, documents: plain.documents };
}

interface Merged {
  readonly tree: TreeMerge;
  /** The conflicts that nobody decided. */
  readonly open: readonly TreeConflict[];
}

class TextWriter {
  constructor(
    private readonly store: FormatStore,
    private readonly even: EvenTexts<{ base: PlainSide | null; ours: PlainSide; theirs: PlainSide }>,
    private readonly how: Deciding & Pick<OpenVersions, 'baseDocuments'> & Pick<WantedText, 'parseHost'>,
  ) {}

  /** The tree with one side in every conflict that nobody decided. */
  merge(side: Side): Merged {
    const { base, ours, theirs } = this.even.texts;
    const known = (conflict: TreeConflict): TreeConflict => ({ ...conflict, base: withoutDoubt(conflict.base) });
    const choice: Choice = (conflict, index) => this.how.choose?.(known(conflict), index) ?? known(conflict)[side];
    const { isGuessed, baseDocuments } = this.how;
    const before = baseDocuments ?? base?.documents ?? null;
    const trees = { base: before, ours: ours.documents, theirs: theirs.documents, isGuessed };
    const { whole, commentsFollow } = formatNamed(this.store.name);
    const form = { leafMerge: whole ? mergedWhole : undefined, commentsFollow };
    const tree = mergeTrees(trees, choice, form);
    const open = tree.conflicts.filter((conflict, index) => this.how.choose?.(known(conflict), index) === undefined);
    return { tree, open };
  }

  /** Its text. `near` is a text to stay near to. */
  write({ tree }: Merged, favoured: Side, near?: string): TextMerge {
    const { base, ours, theirs } = this.even.texts;
    const { store } = this;
    const host = near === undefined ? this.host(tree) : { text: near, documents: [] };
    const texts = base && favoured !== 'base' ? { base, ours, theirs } : null;
    const same = [ours, theirs].find(({ text }) => near === undefined && readsAs(store, text, tree.documents));
    if (same && same === host) return { text: same.text, origin: 'merged' };
    const written = textFor({ store, texts, host, parseHost: this.how.parseHost, documents: tree.documents, favoured });
    return same && written.origin === 'printed' ? { text: same.text, origin: 'merged' } : written;
  }

  /** Ours, unless theirs alone gave the text another form. */
  private host({ isOrderTheirs }: TreeMerge): PlainSide {
    const { base, ours, theirs } = this.even.texts;
    if (!base) return ours;
    const isTheirs = isOrderTheirs || isReformatted(base, theirs);
    return isTheirs && !isReformatted(base, ours) ? theirs : ours;
  }
}

function notesOf({ notes }: TreeMerge, { origin }: TextMerge): string[] {
  const told: string[] = [];
  if (notes.has('order-changed-twice')) told.push('both sides changed the order of keys: it is ours');
  if (notes.has('comments-changed-twice')) told.push('both sides changed a comment: the lines of both are there');
  if (notes.has('comments-dropped')) told.push('comments that one side wrote went with what the other took out');
  if (notes.has('moved-twice')) told.push('both sides moved one value, each to another place: it is in both');
  if (origin === 'printed') told.push('the text of the sides could not be put together: the file is printed anew');
  return told;
}
