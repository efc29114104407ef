/** How long functions and groups of tests are, as the formatter has laid them out: they end where a line begins as theirs does. */

export interface Stretch {
  /** Of its first line, from 1 on. */
  readonly line: number;
  readonly lines: number;
  /** Of tests: its functions are what may not be long. */
  readonly isGroup: boolean;
}

/** What ends a first line: the body of a function, whatever it is called and wherever it stands. */
const OPENS = /(?:=>|\)|\): [^=]*[^=\s]) \{$/;
const STATEMENT = /^\s*(?:\} )?(?:if|else|for|while|switch|catch|do|try|with)\b/;
/** Where it opens on a later line than it begins: behind parameters that have lines of their own. */
const LATER = /^\s*\)/;
const GROUP = /^\s*(?:describe|inSweeps)\b/;

/** Functions and groups, in order. */
export function stretchesOf(text: string): Stretch[] {
  const lines = text.split('\n');
  return lines.flatMap((line, at) => {
    if (!OPENS.test(line) || STATEMENT.test(line)) return [];
    // What is chosen by a condition stands further in than the mark before it.
    const indent = /^ *(?:[?:] )?/.exec(line)?.[0].replace(/\S/, ' ') ?? '';
    const isAtLevel = (other: string, mark: RegExp): boolean =>
      other.startsWith(indent) && mark.test(other.slice(indent.length));
    const end = lines.findIndex((other, later) => later > at && isAtLevel(other, /^\}/));
    const start = LATER.test(line)
      ? lines.findLastIndex((other, before) => before < at && isAtLevel(other, /^[^\s)]/))
      : at;
    if (STATEMENT.test(lines[start] ?? '')) return [];
    return [
      { line: start + 1, lines: (end < 0 ? lines.length : end) - start + 1, isGroup: GROUP.test(lines[start] ?? '') },
    ];
  });
}
