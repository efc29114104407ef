/** Finds out how a JSON file is laid out, so that what is added looks like the rest. */
import type { JsonContainer, JsonEntry } from './places.js';
import type { JsonStyle } from './write.js';

/** How and where something new is written into a container. */
export interface Placement {
  readonly style: JsonStyle;
  /** What separates two entries, comma included. */
  readonly separator: string;
  /** Indentation of the container's entries, and of its closing brace. */
  readonly indent: string;
  readonly outer: string;
}

const LINE_END = /\r\n|\n|\r/;

/** The layout of one file. */
export class JsonLayout {
  /** The line end of the file. */
  readonly newline: string;
  /** The style of the file as a whole: that of its root. */
  private readonly style: JsonStyle;

  constructor(
    private readonly text: string,
    private readonly root: JsonContainer,
    fallback: JsonStyle,
  ) {
    this.newline = LINE_END.exec(text)?.[0] ?? '\n';
    this.style = this.rootStyle(fallback);
  }

  /** How an entry is written into a container after (or instead of) the entry at an index; -1 for its beginning. */
  placement(container: JsonContainer, index: number): Placement {
    const outer = this.lineIndent(container.start);
    if (container.entries.length === 0) return this.emptyPlacement(outer);
    const { gap, follows } = this.gapBefore(container, Math.max(index, 0));
    const newline = LINE_END.exec(gap)?.[0] ?? null;
    if (newline === null) {
      const separator = follows || gap !== '' ? `,${gap}` : this.style.comma;
      return { style: { ...this.style, newline }, separator, indent: '', outer: '' };
    }
    const indent = lastLine(gap);
    return { style: { ...this.style, newline }, separator: `,${newline}${indent}`, indent, outer };
  }

  /** The white space before an entry, and whether a comma stands before that. */
  private gapBefore(container: JsonContainer, index: number): { gap: string; follows: boolean } {
    const { entries, start } = container;
    const previous = entries[index - 1];
    const from = previous ? this.text.indexOf(',', previous.end) + 1 : start + 1;
    return { gap: this.text.slice(from, entries[index]?.entryStart), follows: previous !== undefined };
  }

  /** In an empty container: as in the root, one step further in. */
  private emptyPlacement(outer: string): Placement {
    const { style } = this;
    const indent = outer + style.unit;
    return { style, separator: style.newline === null ? style.comma : `,${style.newline}${indent}`, indent, outer };
  }

  /** What the line of an offset is indented by. */
  private lineIndent(at: number): string {
    const start = this.text.lastIndexOf('\n', at) + 1;
    return /^[ \t]*/.exec(this.text.slice(start, at))?.[0] ?? '';
  }

  private rootStyle(fallback: JsonStyle): JsonStyle {
    const { root, newline } = this;
    const { entries } = root;
    const [first] = entries;
    if (!first) return { ...fallback, newline };
    const { gap } = this.gapBefore(root, 0);
    const colon = this.colonOf(first);
    const multiline = LINE_END.test(gap);
    const comma =
      entries.length > 1 && !multiline ? `,${this.gapBefore(root, 1).gap}` : colon.trimEnd() === colon ? ',' : ', ';
    return { newline: multiline ? newline : null, unit: multiline ? lastLine(gap) : '\t', colon, comma };
  }

  /** The colon of an item, with what stands around it. */
  private colonOf({ entryStart, start }: JsonEntry): string {
    const colon = this.text.lastIndexOf(':', start);
    const keyEnd = Math.max(this.text.lastIndexOf('"', colon) + 1, entryStart);
    const written = this.text.slice(keyEnd, start);
    return LINE_END.test(written) ? ': ' : written;
  }
}

function lastLine(gap: string): string {
  return gap.slice(Math.max(gap.lastIndexOf('\n'), gap.lastIndexOf('\r')) + 1);
}
