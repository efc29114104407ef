/** The replacements that bring a TOML text up to date with its tree. */

import { SopsError } from '../../errors.js';
import { sameLeafValue } from '../../tree/equality.js';
import type { Branch, Leaf, Value } from '../../tree/tree.js';
import { append } from '../../util/lists.js';
import type { Span } from '../span.js';
import type { Edit } from '../store.js';
import { Additions } from './additions.js';
import { commentEdits } from './comment-splice.js';
import { Survey } from './insertion-points.js';
import { metadataEdits } from './metadata-splice.js';
import { behindLine, lineStart, type TomlEntry, type TomlPlace, type TomlText } from './places.js';
import { scalarText, type TomlStyle } from './scalar.js';
import { printValue } from './value-text.js';

/** A text, what was read from it, and what it shall hold. */
export interface TomlTarget {
  readonly text: string;
  readonly toml: TomlText;
  readonly document: Branch;
  readonly metadata: Branch | null;
}

/** The replacements for a text whose tree may have changed, sorted. Throws `output-format`. */
export function spliceToml(target: TomlTarget): Edit[] {
  return new TomlSplicer(target).splice();
}

class TomlSplicer {
  private readonly edits: Edit[] = [];
  /** Stretches that are replaced as a whole, comments included. */
  private readonly gone: Span[] = [];
  private readonly text: string;
  private readonly print: { readonly lineEnd: string };
  private readonly survey: Survey;

  constructor(private readonly target: TomlTarget) {
    const { text, toml, document, metadata } = target;
    this.text = text;
    this.print = { lineEnd: text[text.indexOf('\n') - 1] === '\r' ? '\r\n' : '\n' };
    this.survey = new Survey(toml, document, metadata ? refuseNull : () => {});
  }

  splice(): Edit[] {
    const { survey, text, print } = this;
    const { document, toml, metadata } = this.target;
    for (const { entries } of survey.sections) for (const entry of entries) this.spliceEntry(entry);
    for (const { header, entries } of survey.deadSections) {
      if (header) this.removeLine(header);
      for (const entry of entries) this.removeEntry(entry);
    }
    for (const entry of survey.deadEntries) this.removeEntry(entry);
    const { live } = survey;
    append(this.edits, commentEdits({ text, print, live, gone: this.gone }, toml.comments));
    append(this.edits, new Additions({ text, toml, document, survey, print }).find());
    append(this.edits, metadataEdits({ text, print, sealed: toml.sealed }, metadata));
    return this.edits.sort((one, other) => one.start - other.start || one.end - other.end);
  }

  private spliceEntry({ items, place }: TomlEntry): void {
    const item = items.at(-1);
    if (item) this.spliceValue(place, item.value);
  }

  private spliceValue(place: TomlPlace, value: Value): void {
    if (value !== place.tree) {
      this.reprint(place, value);
    } else if (value.kind === 'leaf') {
      this.spliceLeaf(place, value);
    } else if (this.isSameShape(place, value)) {
      for (const one of place.inner ?? []) {
        if (one.kind === 'element') this.spliceValue(one.place, one.place.tree);
        else this.spliceEntry(one);
      }
    } else {
      this.reprint(place, value);
    }
  }

  /** Whether an array or inline table holds what it held, as far as that has places of its own. */
  private isSameShape({ inner = [] }: TomlPlace, value: Exclude<Value, Leaf>): boolean {
    const held = value.items.filter((entry) => entry.kind !== 'comment');
    if (value.kind === 'list') {
      if (value.items.some((entry) => entry.kind === 'comment' && !this.survey.comments.has(entry))) return false;
      return (
        held.length === inner.length && inner.every((one, at) => one.kind === 'element' && one.place.tree === held[at])
      );
    }
    // Keys with dots share their branches: each of these must hold what its keys name, and nothing else.
    const named = new Map<Branch, Set<unknown>>([[value, new Set()]]);
    for (const one of inner) {
      if (one.kind !== 'entry') return false;
      for (const [at, of] of one.chain.entries()) named.set(of, (named.get(of) ?? new Set()).add(one.items[at]));
    }
    return [...named].every(([of, items]) => {
      const now = of.items.filter((entry) => entry.kind !== 'comment');
      return this.survey.live.has(of) && now.length === items.size && now.every((entry) => items.has(entry));
    });
  }

  private spliceLeaf({ start, end }: TomlPlace, { value, source }: Leaf): void {
    if (!source || sameLeafValue(value, source.value)) return;
    // What rops has for no value stays as it is.
    if (value === null && source.value === 'null') return;
    this.edits.push({ start, end, text: scalarText(value, source.style as TomlStyle, this.print.lineEnd, []) });
  }

  private reprint({ start, end }: TomlPlace, value: Value): void {
    const text = printValue(value, this.print, []);
    if (this.text.slice(start, end) === text) return;
    this.edits.push({ start, end, text });
    this.gone.push({ start, end });
  }

  private removeEntry({ start, place }: TomlEntry): void {
    this.removeLine({ start, end: place.end });
  }

  /** Removes a stretch, with its line if nothing else that stays is on that. */
  private removeLine({ start, end }: Span): void {
    const { text } = this;
    const from = lineStart(text, start);
    const next = behindLine(text, end);
    const rest = text.slice(end, next);
    const comment = rest.indexOf('#');
    const stays = comment >= 0 && this.inlineStays(end + comment);
    const to = stays ? end + comment : next;
    this.edits.push({ start: stays ? start : from, end: to, text: '' });
    this.gone.push({ start: from, end: to });
  }

  private inlineStays(at: number): boolean {
    this.liveComments ??= new Set(
      this.target.toml.comments.flatMap((one) => (this.survey.live.has(one) && one.source ? [one.source.start] : [])),
    );
    return this.liveComments.has(at);
  }

  private liveComments: ReadonlySet<number> | undefined;
}

/** rops reads `"null"` as no value, which its MAC leaves out. */
function refuseNull({ value }: Leaf): void {
  if (value !== 'null') return;
  throw new SopsError('output-format', 'the text "null" cannot stay readable in an encrypted TOML file', {
    hint: 'rops takes it for no value at all: encrypt it, or write another text.',
  });
}
