/** The sheet on which a user decides conflicts: a YAML map of the values in conflict alone, with marks between the sides. */
import { SopsError } from '../../errors.js';
import { conflictLines } from '../../formats/merge-conflict.js';
import { formatNamed, holdsTextsAlone } from '../../formats/registry.js';
import type { FormatStore } from '../../formats/store.js';
import { rebuilt } from '../../tree/rebuild.js';
import {
  type Branch,
  branch,
  isTimestamp,
  item,
  itemOf,
  type LeafValue,
  leaf,
  list,
  type Value,
} from '../../tree/tree.js';
import { floatText } from '../../tree/value.js';
import { formatRfc3339 } from '../../util/text/rfc3339.js';
import { encodeText } from '../../util/text/text.js';
import type { Side, TreeConflict } from '../merge/merge-contract.js';
import type { Marking } from './hunks.js';

/** A conflict by the name that it goes by on the sheet. */
interface Entry {
  readonly label: string;
  readonly conflict: TreeConflict;
}

export class ConflictSheet {
  private readonly entries: readonly Entry[];

  private constructor(
    conflicts: readonly TreeConflict[],
    /** Of the file. */
    private readonly format: FormatStore,
    private readonly yaml: FormatStore,
  ) {
    this.entries = labelled(conflicts);
  }

  static async of(conflicts: readonly TreeConflict[], format: FormatStore): Promise<ConflictSheet> {
    return new ConflictSheet(conflicts, format, await formatNamed('yaml').load());
  }

  /** The names of the conflicts. */
  get labels(): string[] {
    return this.entries.map(({ label }) => label);
  }

  /** The text for the editor. `heading` stands above it, as comments. */
  text(heading: readonly string[], { size, labels }: Marking): string {
    const mark = (sign: string, label = ''): string => `${sign.repeat(size)}${label && ` ${label}`}\n`;
    const parts = this.entries.map((entry) => {
      const base = entry.conflict.base.length === 0 ? '' : mark('|', labels.base) + this.entryText(entry, 'base');
      const sides = [this.entryText(entry, 'ours') + base, this.entryText(entry, 'theirs')];
      return mark('<', labels.ours) + sides.join(mark('=')) + mark('>', labels.theirs);
    });
    return [...heading.map((line) => `# ${line}\n`), '\n', parts.join('\n')].join('');
  }

  private entryText({ label, conflict }: Entry, side: Side): string {
    const values = conflict[side];
    if (values.length === 0) return '';
    const value = isInList(conflict) ? list([...values]) : values[0];
    return value ? this.yaml.emit([branch([item(label, value)])], null) : '';
  }

  /**
   * What stands on the sheet for each conflict, in order; none for an entry that is not there. Throws `document-invalid` for marks that were left, and for what the
   * sheet did not ask.
   */
  read(text: string): (readonly Value[])[] {
    const left = conflictLines(text);
    if (left.length > 0) {
      throw new SopsError('document-invalid', `a mark of a conflict is left in line ${left[0]}`, {
        hint: 'Leave what is to stand in the file, and take the lines of signs out.',
      });
    }
    const [document = branch(), ...others] = this.documents(text);
    const known = new Set(this.labels);
    const keys = document.items.flatMap((entry) => (entry.kind === 'item' ? [entry.key] : []));
    const unasked = keys.find((key, at) => !known.has(key) || keys.indexOf(key) !== at);
    if (unasked !== undefined || others.length > 0) {
      throw new SopsError('document-invalid', `${unasked ?? 'a second document'} is not what was asked`, {
        hint: 'Each value that was in conflict stands here once, under the name it had, or not at all.',
      });
    }
    return this.entries.map((entry) => this.valuesOf(entry, document));
  }

  private documents(text: string): readonly Branch[] {
    try {
      return this.yaml.parse(encodeText(text)).documents;
    } catch (error) {
      if (error instanceof SopsError && error.code === 'empty-file') return [];
      throw error;
    }
  }

  private valuesOf({ label, conflict }: Entry, document: Branch): readonly Value[] {
    const found = itemOf(document, label)?.value;
    if (!found) return [];
    const value = this.fitted(found);
    if (!isInList(conflict)) return [value];
    if (value.kind !== 'list') throw new SopsError('document-invalid', `${label} is not a list any more`);
    return value.items.filter((one) => one.kind !== 'comment');
  }

  /** Without places, and in formats that know texts alone as text. */
  private fitted(value: Value): Value {
    const isFlat = holdsTextsAlone(this.format.name);
    return rebuilt(value, { leaf: (of) => leaf(isFlat ? flatTextOf(of.value) : of.value) });
  }
}

/** Whether a conflict is one of items of a list, of which there may be any number. */
export function isInList({ path }: TreeConflict): boolean {
  return typeof path.at(-1) === 'number';
}

function flatTextOf(value: LeafValue): LeafValue {
  if (typeof value === 'number') return floatText(value);
  if (value === null) return '';
  return isTimestamp(value) ? (formatRfc3339(value) ?? '') : String(value);
}

function labelled(conflicts: readonly TreeConflict[]): Entry[] {
  const used = new Set<string>();
  const isSeveral = conflicts.some(({ document }) => document > 0);
  return conflicts.map((conflict) => {
    const place = conflict.path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
    const named = (isSeveral ? `document ${conflict.document + 1}: ` : '') + (place.replace(/^\./, '') || 'all');
    let label = named;
    for (let count = 2; used.has(label); count++) label = `${named} (${count})`;
    used.add(label);
    return { label, conflict };
  });
}
