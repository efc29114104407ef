/** INI comments: one comment may be made of several lines, and of what stands after a value (docs/format.md#ini). */

import { type Comment, comment } from '../../tree/tree.js';
import type { Span } from '../span.js';
import { trim } from './white-space.js';

/** A piece of a comment: a whole line, or what stands after a value or a section's header. */
export interface Fragment {
  /** From the mark on, without white space at the end. */
  readonly span: Span;
  /** What to remove so that nothing of it is left: the line, or the white space before the mark too. */
  readonly cut: Span;
  readonly inline: boolean;
}

/** A comment as it was read. */
export interface IniComment {
  readonly node: Comment;
  readonly fragments: readonly Fragment[];
  /** The mark it begins with and the blanks behind, e.g. `; `. */
  readonly prefix: string;
  /** Its text as it was read. */
  readonly text: string;
}

/**
 * The comment that some fragments make up, null when there are none: everything after the mark of the first
 * one, marks of the others included. Line ends are line feeds, and none comes first (SOPS crashes on printing such a comment).
 */
export function readComment(text: string, fragments: readonly Fragment[]): IniComment | null {
  const [first] = fragments;
  if (!first) return null;
  const raw = trim(
    fragments.map(({ span, cut, inline }) => text.slice(span.start, inline ? span.end : cut.end)).join(''),
  );
  const stripped = strip(raw);
  const value = stripped.replaceAll('\r\n', '\n').replace(/^\n+/, '');
  const { start, end } = first.span;
  const source = { start, end, style: first.inline ? 'inline' : 'line', value };
  return {
    node: comment(value, false, source),
    fragments,
    prefix: raw.slice(0, raw.length - stripped.length),
    text: value,
  };
}

/** The text of a comment without the mark and the blanks before it. */
function strip(text: string): string {
  if (text.startsWith(';')) return text.replace(/^[; ]+/, '');
  return text.startsWith('#') ? text.replace(/^[# ]+/, '') : text;
}

/**
 * The lines of a comment as SOPS writes them: those that begin with a mark as they are, the others after `; `; those of a
 * section untrimmed. The first one keeps the `prefix` it was read with, unless that is SOPS's own or would not read back.
 */
export function writeComment(text: string, prefix: string, ofSection: boolean): string[] {
  return text.split('\n').map((line, index) => {
    const content = ofSection ? line : trim(line);
    const written = (index === 0 ? prefix : '; ') + content;
    const isMarked = /^[#;]/.test(line);
    if (index === 0 && strip(written) === content && !(isMarked && prefix === '; ')) return written;
    return isMarked ? `${line.charAt(0)} ${trim(line.slice(1))}` : written;
  });
}
