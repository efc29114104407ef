/** The replacements for TOML comments that have changed, or gone. */

import type { Comment } from '../../tree/tree.js';
import { append } from '../../util/lists.js';
import type { Span } from '../span.js';
import type { Edit } from '../store.js';
import { behindLine, lineStart } from './places.js';
import type { TomlPrint } from './value-text.js';

export interface CommentSplicing {
  readonly text: string;
  readonly print: TomlPrint;
  /** What the tree still holds. */
  readonly live: ReadonlySet<unknown>;
  /** Stretches that are replaced as a whole, comments included. */
  readonly gone: readonly Span[];
}

/** The replacements for the comments of a text, in its order. */
export function commentEdits(splicing: CommentSplicing, comments: readonly Comment[]): Edit[] {
  const gone = splicing.gone.toSorted((one, other) => one.start - other.start);
  const edits: Edit[] = [];
  let at = 0;
  for (const comment of comments) {
    const start = comment.source?.start ?? 0;
    while ((gone[at]?.end ?? start + 1) <= start) at += 1;
    if ((gone[at]?.start ?? start + 1) > start) append(edits, editOf(comment, splicing));
  }
  return edits;
}

function editOf(comment: Comment, { text, print, live }: CommentSplicing): Edit[] {
  const { source } = comment;
  if (!source) return [];
  const { start, end, value } = source;
  const from = lineStart(text, start);
  const before = text.slice(from, start);
  const isAlone = before.trim() === '';
  if (!live.has(comment)) {
    if (isAlone) return [{ start: from, end: behindLine(text, end), text: '' }];
    return [{ start: from + before.trimEnd().length, end, text: '' }];
  }
  if (comment.text === value) return [];
  const between = isAlone ? print.lineEnd + before : ' ';
  return [{ start, end, text: `#${comment.text.replaceAll(/\r?\n/g, `${between}#`)}` }];
}
