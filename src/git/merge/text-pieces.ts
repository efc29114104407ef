/** A plaintext as tokens: its scalars, each by its keys, and what stands between them, cut behind line ends. */
import type { Branch, Comment, Item, Leaf, LeafValue, Value } from '../../tree/tree.js';

export interface TextPiece {
  readonly text: string;
  /** Of a scalar its keys, else undefined. */
  readonly path?: string;
  readonly value?: LeafValue;
}

/** A plaintext as it was read; its documents hold what stands in the text. */
export interface PlainSide {
  readonly text: string;
  readonly documents: readonly Branch[];
}

/** The tokens of a plaintext; put together they are the text. */
export function textPiecesOf({ text, documents }: PlainSide): TextPiece[] {
  const tokens: TextPiece[] = [];
  let at = 0;
  for (const { start, end, path, value } of placedLeaves(documents)) {
    if (start < at || end <= start) continue;
    pushLines(tokens, text.slice(at, start));
    tokens.push({ text: text.slice(start, end), path, value });
    at = end;
  }
  pushLines(tokens, text.slice(at));
  return tokens;
}

/** Gives tokens numbers that the same tokens share, of however many texts. */
export class PieceNumbers {
  private readonly known = new Map<string, number>();

  of(tokens: readonly TextPiece[]): number[] {
    return tokens.map(({ text, path }) => {
      const key = path === undefined ? `-${text}` : `+${path.length}:${path}${text}`;
      const number = this.known.get(key) ?? this.known.size;
      this.known.set(key, number);
      return number;
    });
  }
}

function pushLines(tokens: TextPiece[], text: string): void {
  for (let at = 0; at < text.length; ) {
    const found = text.indexOf('\n', at);
    const end = found < 0 ? text.length : found + 1;
    tokens.push({ text: text.slice(at, end) });
    at = end;
  }
}

interface PlacedLeaf {
  readonly start: number;
  readonly end: number;
  readonly path: string;
  readonly value: LeafValue;
}

/** The scalars that stand in the text, in its order; what an alias stands for, stands there but once. */
function placedLeaves(documents: readonly Branch[]): PlacedLeaf[] {
  const placed: PlacedLeaf[] = [];
  const pending: [Value, string][] = documents.map((document, at): [Value, string] => [document, `${at}`]).reverse();
  for (let next = pending.pop(); next; next = pending.pop()) {
    const [value, path] = next;
    if (value.alias) continue;
    if (value.kind === 'leaf') {
      pushLeaf(placed, value, path);
      continue;
    }
    for (const entry of (value.items as readonly (Item | Value | Comment)[]).toReversed()) {
      if (entry.kind === 'item') pending.push([entry.value, `${path}\0${entry.key}`]);
      else if (entry.kind !== 'comment') pending.push([entry, path]);
    }
  }
  return placed.sort((one, other) => one.start - other.start);
}

function pushLeaf(placed: PlacedLeaf[], { source, value }: Leaf, path: string): void {
  if (source) placed.push({ start: source.start, end: source.end, path, value });
}
