/** Writing marks of conflicts between the lines of texts, as git does. */
import { matching } from '../merge/matching.js';
import type { Side } from '../merge/merge-contract.js';
import { type Region, regionsOf, type Stretch } from '../merge/three-way.js';

/** How conflicts are marked. */
export interface Marking {
  /** How many signs a mark has. */
  readonly size: number;
  /** What the sides are called after the marks. */
  readonly labels: Readonly<Record<Side, string>>;
  /** Whether the lines of the base stand there, too. */
  readonly showsBase: boolean;
}

/** A text with marks. */
export interface MarkedText {
  readonly text: string;
  readonly conflicts: number;
}

/** The three-way merge of texts by lines, with marks where both sides changed the same lines or lines that touch. */
export function mergedLines(texts: Readonly<Record<Side, string>>, marking: Marking): MarkedText {
  const lines = { base: linesOf(texts.base), ours: linesOf(texts.ours), theirs: linesOf(texts.theirs) };
  const numbers = new LineNumbers();
  const base = numbers.of(lines.base);
  const [ours, theirs] = [matching(base, numbers.of(lines.ours)), matching(base, numbers.of(lines.theirs))];
  const lengths = { ours: lines.ours.length, theirs: lines.theirs.length };
  let conflicts = 0;
  const parts = regionsOf(ours, theirs, lengths, 'together').map((region) => {
    const part = partsOf(region, lines);
    if (region.changed === 'theirs' || (region.changed === 'both' && part.base === part.ours)) return part.theirs;
    if (region.changed !== 'both' || part.ours === part.theirs || part.base === part.theirs) return part.ours;
    conflicts += 1;
    return markedPart(part, marking, lineEndOf(texts.ours));
  });
  return { text: parts.join(''), conflicts };
}

function partsOf(region: Region, lines: Readonly<Record<Side, readonly string[]>>): Record<Side, string> {
  const part = (side: Side): string => textWithin(lines[side], region[side]);
  return { base: part('base'), ours: part('ours'), theirs: part('theirs') };
}

/** Lines that belong together: where one of them differs, all of them stand between marks. */
export type Blocks = Readonly<Record<'ours' | 'theirs', readonly Stretch[]>>;

/**
 * Two texts in one: what differs stands between marks, so that taking either side of all marks gives that text. Parts that lie in one block stand between one pair
 * of marks. `base` is a third text that differs from both at most there.
 */
export function markedDifference(
  texts: { readonly ours: string; readonly theirs: string; readonly base?: string | undefined },
  marking: Marking,
  blocks: Blocks = { ours: [], theirs: [] },
): MarkedText {
  const [ours, theirs] = [linesOf(texts.ours), linesOf(texts.theirs)];
  const base = texts.base === undefined ? undefined : linesOf(texts.base);
  const numbers = new LineNumbers();
  const [own, other] = [numbers.of(ours), numbers.of(theirs)];
  const hunks = joined(differencesOf(matching(own, other), other.length), blocks);
  const bases = base ? baseSpans(hunks, matching(own, numbers.of(base)), base.length) : [];
  const lineEnd = lineEndOf(texts.ours);
  const parts: string[] = [];
  let at = 0;
  for (const [index, hunk] of hunks.entries()) {
    parts.push(textWithin(ours, { from: at, to: hunk.ours.from }));
    const part = {
      ours: textWithin(ours, hunk.ours),
      theirs: textWithin(theirs, hunk.theirs),
      base: base ? textWithin(base, bases[index] ?? { from: 0, to: 0 }) : '',
    };
    parts.push(markedPart(part, { ...marking, showsBase: marking.showsBase && base !== undefined }, lineEnd));
    at = hunk.ours.to;
  }
  parts.push(textWithin(ours, { from: at, to: ours.length }));
  return { text: parts.join(''), conflicts: hunks.length };
}

interface Hunk {
  readonly ours: Stretch;
  readonly theirs: Stretch;
}

function differencesOf(matches: Int32Array, length: number): Hunk[] {
  const hunks: Hunk[] = [];
  let from = 0;
  let otherFrom = 0;
  for (let at = 0; at <= matches.length; at++) {
    const match = at === matches.length ? length : (matches[at] as number);
    if (match < 0) continue;
    if (at > from || match > otherFrom) hunks.push({ ours: { from, to: at }, theirs: { from: otherFrom, to: match } });
    from = at + 1;
    otherFrom = match + 1;
  }
  return hunks;
}

/** Joins the hunks that one block holds. Both lists are sorted. */
function joined(hunks: readonly Hunk[], blocks: Blocks): Hunk[] {
  const result: Hunk[] = [];
  const marks = { ours: 0, theirs: 0 };
  const isSameBlock = (side: 'ours' | 'theirs', last: Stretch, next: Stretch): boolean => {
    const spans = blocks[side];
    while (marks[side] < spans.length && (spans[marks[side]]?.to ?? 0) <= last.from) marks[side] += 1;
    const block = spans[marks[side]];
    return block !== undefined && last.from >= block.from && next.from < block.to;
  };
  for (const hunk of hunks) {
    const last = result.at(-1);
    const isOne =
      last && (isSameBlock('ours', last.ours, hunk.ours) || isSameBlock('theirs', last.theirs, hunk.theirs));
    if (!last || !isOne) {
      result.push(hunk);
      continue;
    }
    result[result.length - 1] = {
      ours: { from: last.ours.from, to: hunk.ours.to },
      theirs: { from: last.theirs.from, to: hunk.theirs.to },
    };
  }
  return result;
}

/** Where the lines of the base stand that belong to hunks: between the lines around them. */
function baseSpans(hunks: readonly Hunk[], matches: Int32Array, length: number): Stretch[] {
  const before = new Int32Array(matches.length + 1);
  for (let at = 0; at < matches.length; at++) {
    const match = matches[at] as number;
    before[at + 1] = match >= 0 ? match + 1 : (before[at] as number);
  }
  let next = length;
  const after = new Int32Array(matches.length + 1);
  after[matches.length] = length;
  for (let at = matches.length - 1; at >= 0; at--) {
    if ((matches[at] as number) >= 0) next = matches[at] as number;
    after[at] = next;
  }
  return hunks.map(({ ours }) => {
    const from = before[ours.from] as number;
    return { from, to: Math.max(from, after[ours.to] as number) };
  });
}

function markedPart(
  part: Readonly<Record<Side, string>>,
  { size, labels, showsBase }: Marking,
  lineEnd: string,
): string {
  const mark = (sign: string, label = ''): string => `${sign.repeat(size)}${label === '' ? '' : ` ${label}`}${lineEnd}`;
  const whole = (text: string): string => (text === '' || text.endsWith('\n') ? text : text + lineEnd);
  return [
    mark('<', labels.ours),
    whole(part.ours),
    ...(showsBase ? [mark('|', labels.base), whole(part.base)] : []),
    mark('='),
    whole(part.theirs),
    mark('>', labels.theirs),
  ].join('');
}

/** Gives lines numbers that equal lines share; a line end more or less makes no difference. */
class LineNumbers {
  private readonly known = new Map<string, number>();

  of(lines: readonly string[]): number[] {
    return lines.map((line) => {
      const number = this.known.get(line) ?? this.known.size;
      this.known.set(line, number);
      return number;
    });
  }
}

/** The lines of a text with their ends. */
export function linesOf(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\n)/);
}

function textWithin(lines: readonly string[], { from, to }: Stretch): string {
  return lines.slice(from, to).join('');
}

function lineEndOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? '\n';
}
