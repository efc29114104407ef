/** Collects what is inserted into a TOML text: lines below keys, and tables with their headers, several of which may come to one place. */
import type { Edit } from '../store.js';
import type { TomlPrint } from './value-text.js';

interface Insertion {
  readonly at: number;
  readonly text: string;
  /** How deep a table stands, counted from 1; 0 for what belongs to the section before the place. */
  readonly depth: number;
}

export class Insertions {
  private readonly all: Insertion[] = [];

  constructor(
    private readonly text: string,
    private readonly print: TomlPrint,
  ) {}

  /** Whole lines that belong to the section that the place is in. */
  lines(at: number, text: string): void {
    this.all.push({ at, text, depth: 0 });
  }

  /** A table under a header of its own, or several; `depth` is how many names the header has. */
  table(at: number, text: string, depth: number): void {
    this.all.push({ at, text, depth });
  }

  /**
   * In the order of the text. At one place come the lines that the section before it gets, then the tables within that, then those
   * beside it: after a header all is of its table.
   */
  edits(): Edit[] {
    const sorted = this.all.toSorted((one, other) => one.at - other.at || rankOf(one) - rankOf(other));
    let isEnded = false;
    return sorted.map(({ at, text, depth }) => {
      const before = this.text.slice(0, at);
      const isBare = before === '' || before === '\ufeff';
      const isOpen = at === this.text.length && !isEnded && !isBare && !before.endsWith('\n');
      isEnded ||= isOpen;
      const [above, below] = depth === 0 ? ['', ''] : isBare ? ['', this.print.lineEnd] : [this.print.lineEnd, ''];
      const space = at < this.text.length ? below : '';
      return { start: at, end: at, text: (isOpen ? this.print.lineEnd : '') + above + text + space };
    });
  }
}

function rankOf({ depth }: Insertion): number {
  return depth === 0 ? Number.NEGATIVE_INFINITY : -depth;
}
