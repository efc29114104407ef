/** A plaintext as tokens: its scalars, each by its keys, and what stands between them, cut after line ends. */
import { nodes } from '../../tree/leaves.js';
import type { Branch, LeafValue } from '../../tree/tree.js';

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
  for (const place of nodes(documents)) {
    const { node } = place;
    if (node.kind !== 'comment' && node.alias) place.passOver();
    else if (node.kind === 'leaf' && node.source) {
      const { start, end } = node.source;
      placed.push({ start, end, path: `${place.root}\0${place.pathText}`, value: node.value });
    }
  }
  return placed.sort((one, other) => one.start - other.start);
}
