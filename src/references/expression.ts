/** References in a text: where they stand, and which of them is part of another (docs/references.md#grammar). */
import { SopsError } from '../errors.js';

/** A reference as it is written. */
export interface Expression {
  /** `secretref` is for values that a print for people leaves as they are. */
  readonly kind: 'ref' | 'secretref';
  /** As written, its closing `+` included. */
  readonly text: string;
  /** The address, from the scheme to the end; references in it are parts of their own. */
  readonly address: readonly (string | Expression)[];
}

/** References that stand in one another. */
const MOST_LEVELS = 10;
const PREFIX = /(?:secret)?ref\+/g;
/** Between two references, one of these means that the second is not part of the first. */
const SEPARATORS = /[ \n\r\t",]/;

/** Whether a text may hold a reference; cheap, and sometimes wrong to say yes. */
export function mayHoldReference(text: string): boolean {
  return text.includes('ref+') && text.includes('://');
}

/**
 * The parts of a text: what stands as it is, and references. A reference begins with `ref+` or `secretref+`, has a scheme without `+` and
 * `:`, `://`, and at least two characters that are not `+`, space or line break, the last of them not `"` or `,` either; a `+` that ends it
 * belongs to it. Throws `reference-malformed` for references that stand in one another more than ten levels deep.
 */
export function expressionsIn(text: string): (string | Expression)[] {
  if (!mayHoldReference(text)) return text === '' ? [] : [text];
  return new Scanner(text).scan();
}

/** Each prefix is begun at most once as part of another and once by itself, so the work is linear but for the levels. */
class Scanner {
  readonly #text: string;
  /** Where `ref+` and `secretref+` stand: their beginning and their end. */
  readonly #prefixes: readonly (readonly [start: number, end: number])[];

  constructor(text: string) {
    this.#text = text;
    this.#prefixes = [...text.matchAll(PREFIX)].map((found) => [found.index, found.index + found[0].length]);
  }

  scan(): (string | Expression)[] {
    const parts: (string | Expression)[] = [];
    let at = 0;
    for (let index = 0; index < this.#prefixes.length; index++) {
      const [start] = this.#prefixes[index] as readonly [number, number];
      if (start < at) continue;
      const found = this.#read(index, 1);
      if (!found) continue;
      if (start > at) parts.push(this.#text.slice(at, start));
      parts.push(found.expression);
      at = found.end;
    }
    if (at < this.#text.length) parts.push(this.#text.slice(at));
    return parts;
  }

  /** The reference that begins at a prefix, and where it ends; undefined when no reference follows. */
  #read(index: number, level: number): { expression: Expression; end: number } | undefined {
    const [start, behindPrefix] = this.#prefixes[index] as readonly [number, number];
    const scheme = /[^+:]*:\/\//y;
    scheme.lastIndex = behindPrefix;
    const head = scheme.exec(this.#text);
    if (!head) return undefined;
    const behindHead = behindPrefix + head[0].length;
    const body = this.#body(behindHead, index, level);
    if (!body) return undefined;
    const end = this.#text[body.end] === '+' ? body.end + 1 : body.end;
    const kind = this.#text.startsWith('secretref', start) ? 'secretref' : 'ref';
    const address = joined([head[0], ...body.parts]);
    return { expression: { kind, text: this.#text.slice(start, end), address }, end };
  }

  /** What stands after `://`, references in it included. */
  #body(from: number, index: number, level: number): { parts: (string | Expression)[]; end: number } | undefined {
    const parts: (string | Expression)[] = [];
    let at = from;
    let next = index + 1;
    for (;;) {
      const stop = this.#stopFrom(at);
      while ((this.#prefixes[next]?.[0] ?? Number.POSITIVE_INFINITY) < at) next += 1;
      const prefix = this.#prefixes[next];
      const isInside = prefix !== undefined && prefix[0] <= stop && this.#isPartOf(next);
      const inner = isInside && prefix[0] < stop ? this.#inner(next, level) : undefined;
      if (!inner || !prefix) return this.#ended(parts, at, stop);
      if (prefix[0] > at) parts.push(this.#text.slice(at, prefix[0]));
      parts.push(inner.expression);
      at = inner.end;
    }
  }

  #inner(index: number, level: number): { expression: Expression; end: number } | undefined {
    if (level >= MOST_LEVELS) {
      throw new SopsError(
        'reference-malformed',
        `references stand in one another more than ${MOST_LEVELS} levels deep`,
      );
    }
    return this.#read(index, level + 1);
  }

  /** The end of an address: the last characters may not be a quote or a comma, and without two characters it is not one. */
  #ended(
    parts: (string | Expression)[],
    at: number,
    stop: number,
  ): { parts: (string | Expression)[]; end: number } | undefined {
    let end = stop;
    while (end > at && (this.#text[end - 1] === '"' || this.#text[end - 1] === ',')) end -= 1;
    if (parts.length === 0 && end - at < 2) return undefined;
    if (end > at) parts.push(this.#text.slice(at, end));
    return { parts, end };
  }

  /** Where what begins here ends for certain. */
  #stopFrom(at: number): number {
    const stop = /[+ \n]/g;
    stop.lastIndex = at;
    return stop.exec(this.#text)?.index ?? this.#text.length;
  }

  #isPartOf(index: number): boolean {
    const [, before] = this.#prefixes[index - 1] as readonly [number, number];
    const [start] = this.#prefixes[index] as readonly [number, number];
    return !SEPARATORS.test(this.#text.slice(before, start));
  }
}

/** The parts with neighbouring texts as one. */
function joined(parts: readonly (string | Expression)[]): (string | Expression)[] {
  const made: (string | Expression)[] = [];
  for (const part of parts) {
    const last = made.at(-1);
    if (typeof part === 'string' && typeof last === 'string') made[made.length - 1] = last + part;
    else made.push(part);
  }
  return made;
}
