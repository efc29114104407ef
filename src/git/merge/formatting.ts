/** Whether a side wrote anew what it did not change: its text is then the one to keep. */
import { sameLeafValue } from '../../tree/equality.js';
import type { LeafValue } from '../../tree/tree.js';
import { type PlainSide, type TextPiece, textPiecesOf } from './text-pieces.js';

interface Written {
  readonly text: string;
  /** What stands before it on its line. */
  readonly lead: string;
  readonly value: LeafValue | undefined;
}

/** Whether a scalar that both hold is written in another way: in other quotes, or indented otherwise. */
export function isReformatted(base: PlainSide, side: PlainSide): boolean {
  const before = writtenIn(base);
  for (const [path, { text, lead, value }] of writtenIn(side)) {
    const old = before.get(path);
    if (!old || !sameLeafValue(old.value as LeafValue, value as LeafValue)) continue;
    if (old.text !== text || old.lead !== lead) return true;
  }
  return false;
}

/** The scalars of a text by their keys, as far as these tell them apart. */
function writtenIn(side: PlainSide): Map<string, Written> {
  const written = new Map<string, Written>();
  const twice = new Set<string>();
  let last: TextPiece | undefined;
  for (const token of textPiecesOf(side)) {
    if (token.path !== undefined) {
      if (written.has(token.path)) twice.add(token.path);
      const lead = last && last.path === undefined ? last.text : '';
      written.set(token.path, { text: token.text, lead: /\n$/.test(lead) ? '' : lead, value: token.value });
    }
    last = token;
  }
  for (const path of twice) written.delete(path);
  return written;
}
