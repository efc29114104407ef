/** The replacements that put metadata into a TOML text, or take it out. */

import type { Branch } from '../../tree/tree.js';
import type { Span } from '../span.js';
import type { Edit } from '../store.js';
import { tomlMetadataText } from './metadata.js';
import type { TomlPrint } from './value-text.js';

export interface MetadataSplicing {
  readonly text: string;
  readonly print: TomlPrint;
  /** Where the metadata stands. */
  readonly sealed: readonly Span[];
}

/**
 * The metadata comes last, after one more line end: to a text that ends in one that is an empty line, as rops has it, to any
 * other the end of its last line. Removing both so always leaves the text as it was. Throws `output-format`.
 */
export function metadataEdits({ text, print, sealed }: MetadataSplicing, metadata: Branch | null): Edit[] {
  const printed = metadata ? tomlMetadataText(metadata, print) : '';
  const [first] = sealed;
  if (!first || !isTail(text, sealed)) {
    const edits = sealed.map((span): Edit => ({ ...span, text: '' }));
    const isBare = text === '' || text === '\ufeff';
    if (metadata) edits.push({ start: text.length, end: text.length, text: (isBare ? '' : print.lineEnd) + printed });
    return edits;
  }
  const { start } = first;
  const before = /\r?\n$/.exec(text.slice(Math.max(0, start - 2), start))?.[0].length ?? 0;
  const from = metadata ? start : start - before;
  return text.slice(from) === printed ? [] : [{ start: from, end: text.length, text: printed }];
}

/** Whether spans are the end of a text, one after the other. */
function isTail(text: string, spans: readonly Span[]): boolean {
  let at = spans[0]?.start ?? 0;
  for (const { start, end } of spans) {
    if (/[^\s]/.test(text.slice(at, start).replaceAll(/^[ \t]*#.*$/gm, ''))) return false;
    at = end;
  }
  return /^\s*$/.test(text.slice(at).replaceAll(/^[ \t]*#.*$/gm, ''));
}
