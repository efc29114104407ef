/** Reading marks of conflicts: by lines, before any parser, for they may stand anywhere, inside an armoured key as well. */
import { append } from '../../util/lists.js';

/** What a text with marks becomes when one side of every mark is taken. */
export interface MarkedSides {
  readonly ours: string;
  readonly theirs: string;
  /** Undefined where a mark has no lines of the base, as marks of git's usual style. */
  readonly base: string | undefined;
}

/** A mark: its sign, and how many of them. */
interface Mark {
  readonly sign: string;
  readonly size: number;
}

/** One conflict while it is read. */
interface OpenMark {
  readonly size: number;
  readonly parts: { ours: Lines; base: Lines | undefined; theirs: Lines };
  at: 'ours' | 'base' | 'theirs';
}

/** Lines by the side that is taken of marks within. */
interface Lines {
  readonly ours: string[];
  readonly theirs: string[];
  readonly base: string[];
  /** Whether a mark within has no base. */
  isBaseless: boolean;
}

const MARK = /^([<|=>])\1{6,}(?=[ \r\n]|$)/;

/**
 * The sides of a text with marks, of any size, one within another, with a base or without, in whatever line ends; null for a text without, or with
 * marks that do not go together.
 */
export function markedSides(text: string): MarkedSides | null {
  const whole = noLines();
  const open: OpenMark[] = [];
  let count = 0;
  const bare = text.startsWith('\ufeff') ? text.slice(1) : text;
  for (const line of bare.split(/(?<=\n)/)) {
    const mark = markOf(line);
    const inner = open.at(-1);
    const into = inner ? inner.parts[inner.at] : whole;
    if (mark?.sign === '<') {
      open.push({ size: mark.size, parts: { ours: noLines(), base: undefined, theirs: noLines() }, at: 'ours' });
      count += 1;
    } else if (mark && inner && mark.size === inner.size && isNext(mark.sign, inner)) {
      if (mark.sign === '|') {
        inner.parts.base = noLines();
        inner.at = 'base';
      } else if (mark.sign === '=') {
        inner.at = 'theirs';
      } else {
        open.pop();
        const outer = open.at(-1);
        close(inner, (outer ? outer.parts[outer.at] : whole) ?? whole);
      }
    } else if (mark?.sign === '>' || !into) {
      return null;
    } else {
      for (const side of [into.ours, into.theirs, into.base]) side.push(line);
    }
  }
  if (open.length > 0 || count === 0) return null;
  const lead = bare === text ? '' : '\ufeff';
  const joined = (lines: readonly string[]): string => lead + lines.join('');
  return {
    ours: joined(whole.ours),
    theirs: joined(whole.theirs),
    base: whole.isBaseless ? undefined : joined(whole.base),
  };
}

function noLines(): Lines {
  return { ours: [], theirs: [], base: [], isBaseless: false };
}

function markOf(line: string): Mark | undefined {
  const found = MARK.exec(line);
  return found ? { sign: found[1] ?? '', size: found[0].length } : undefined;
}

function isNext(sign: string, { at }: OpenMark): boolean {
  if (sign === '|') return at === 'ours';
  if (sign === '=') return at !== 'theirs';
  return at === 'theirs';
}

/** Puts the sides of a conflict into what is around it. */
function close({ parts }: OpenMark, into: Lines): void {
  append(into.ours, parts.ours.ours);
  append(into.theirs, parts.theirs.theirs);
  append(into.base, parts.base?.base ?? []);
  into.isBaseless ||= !parts.base || parts.base.isBaseless;
}
