/** Which lines of a file belong to one conflict, so that they stand between one pair of marks. */

import { SopsError } from '../../errors.js';
import type { FormatStore } from '../../formats/store.js';
import { nodes } from '../../tree/leaves.js';
import { getAt } from '../../tree/path.js';
import type { Branch, Value } from '../../tree/tree.js';
import type { TreeConflict } from '../merge/merge-contract.js';
import type { Stretch } from '../merge/three-way.js';

/** The stretches of lines that values in conflict take, sorted; those of list items are found by their list. */
export function blocksIn(bytes: Uint8Array, store: FormatStore, conflicts: readonly TreeConflict[]): Stretch[] {
  const { text, documents } = store.parse(bytes);
  const lines = new LineCounter(text);
  const blocks = conflicts.flatMap(({ document, path }) => {
    const keys = path.slice(0, path.findIndex((step) => typeof step === 'number') >>> 0);
    const places = placesBelow(standingAt(documents[document], keys));
    if (places.length === 0) return [];
    const start = places.reduce((least, place) => Math.min(least, place.start), Number.POSITIVE_INFINITY);
    const end = places.reduce((most, place) => Math.max(most, place.end), 0);
    return [{ from: lines.lineOf(start), to: lines.lineOf(Math.max(start, end - 1)) + 1 }];
  });
  return blocks.sort((one, other) => one.from - other.from);
}

/** What stands at a place; undefined for nothing, and for a comment. */
export function standingAt(root: Branch | undefined, path: readonly (string | number)[]): Value | undefined {
  if (!root) return undefined;
  try {
    const found = getAt(root, path);
    return found.kind === 'comment' ? undefined : found;
  } catch (error) {
    if (error instanceof SopsError) return undefined;
    throw error;
  }
}

function placesBelow(value: Value | undefined): { start: number; end: number }[] {
  const places: { start: number; end: number }[] = [];
  for (const { node } of nodes(value ? [value] : [])) {
    if ('source' in node && node.source) places.push({ start: node.source.start, end: node.source.end });
  }
  return places;
}

class LineCounter {
  private readonly starts: number[] = [0];

  constructor(text: string) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.starts.push(at + 1);
  }

  /** The line of a place, from 0. */
  lineOf(at: number): number {
    let low = 0;
    let high = this.starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.starts[middle] as number) <= at) low = middle;
      else high = middle;
    }
    return low;
  }
}
