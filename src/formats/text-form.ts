/** What may change in a text without touching what it says: its byte order mark, its line ends, those after its last line. */

/** How a text stands on the disk. */
export interface Form {
  /** Whether it begins with a byte order mark. */
  readonly mark: boolean;
  /** How many of its line ends, in turn, are LF, CRLF, LF …; the last number need not be all. */
  readonly ends: readonly number[];
  /** The line ends after its last line. */
  readonly breaks: number;
}

const MARK = '\ufeff';
const LF: readonly number[] = [Number.POSITIVE_INFINITY];
const CRLF: readonly number[] = [0, Number.POSITIVE_INFINITY];

/** The form of a text, unless it is one of those that {@link formsOf} tries anyway. */
export function formToKeep(text: string): Form | undefined {
  const breaks = breaksBehind(text);
  // As nearly always: all line ends are LF.
  if (breaks <= 1 && !text.includes('\r')) return undefined;
  const ends: number[] = [0];
  for (let index = text.indexOf('\n'); index >= 0; index = text.indexOf('\n', index + 1)) {
    const isWide = text[index - 1] === '\r';
    if (isWide !== (ends.length % 2 === 0)) ends.push(0);
    ends.push((ends.pop() ?? 0) + 1);
  }
  const isMixed = ends.filter((count) => count > 0).length > 1;
  return isMixed || breaks > 1 ? { mark: text.startsWith(MARK), ends, breaks } : undefined;
}

/** The text in the other forms that it may have had: the one given, else all in which its line ends are of one kind. */
export function* formsOf(text: string, form: Form | undefined): Generator<string> {
  const marked = text.startsWith(MARK);
  const lines = text.slice(marked ? MARK.length : 0).split(/\r?\n/);
  const breaks = breaksBehind(text);
  lines.length -= breaks;
  if (form) {
    yield inForm(lines, form);
    return;
  }
  for (const mark of [marked, !marked]) {
    for (const ends of [LF, CRLF])
      for (const count of new Set([breaks, 0, 1])) yield inForm(lines, { mark, ends, breaks: count });
  }
}

/** A text in the line ends of another; as it is where that has none, or some of each kind. */
export function inEndsOf(text: string, other: string): string {
  const all = other.split('\n').length;
  const wide = other.split('\r\n').length;
  if (all === 1 || (wide > 1 && wide < all)) return text;
  return text.replaceAll(/\r?\n/g, wide === all ? '\r\n' : '\n');
}

function inForm(lines: readonly string[], { mark, ends, breaks }: Form): string {
  const parts: string[] = mark ? [MARK] : [];
  let run = 0;
  let left = ends[0] ?? Number.POSITIVE_INFINITY;
  const end = (): string => {
    while (left === 0 && run + 1 < ends.length) left = ends[++run] ?? Number.POSITIVE_INFINITY;
    left -= 1;
    return run % 2 === 0 ? '\n' : '\r\n';
  };
  for (const [index, line] of lines.entries()) {
    if (index > 0) parts.push(end());
    parts.push(line);
  }
  for (let count = 0; count < breaks; count++) parts.push(end());
  return parts.join('');
}

/** How many line ends stand after the last line. */
function breaksBehind(text: string): number {
  let count = 0;
  for (let at = text.length; text[at - 1] === '\n'; at -= text[at - 2] === '\r' ? 2 : 1) count += 1;
  return count;
}
