/** The parts of TOML that is written anew: values, comments, the names in headers. */
import { SopsError } from '../../errors.js';
import type { Branch, Comment, Item, KeyPath, List, Value } from '../../tree/tree.js';
import { TOML_MAX_DEPTH } from './parse.js';
import { scalarText, tomlKeyText } from './scalar.js';

/** What a branch holds, with the comments that stand before each item, and those at its end. */
export interface CommentedItem {
  readonly item: Item;
  readonly comments: readonly Comment[];
}

/** How texts are printed. */
export interface TomlPrint {
  readonly lineEnd: string;
}

/** The text of a value after a key. Throws `output-format`. */
export function printValue(value: Value, print: TomlPrint, path: KeyPath, depth = 0): string {
  if (depth > TOML_MAX_DEPTH) throw tooDeepToWrite(path);
  if (value.kind === 'leaf') return scalarText(value.value, 'double', print.lineEnd, path);
  if (value.kind === 'list') return arrayText(value, print, path, depth);
  // On one line there is no place for comments.
  const texts = commentedItems(value, path).entries.map(({ item }) => {
    const at = [...path, item.key];
    return `${tomlKeyText(item.key, at)} = ${printValue(item.value, print, at, depth + 1)}`;
  });
  return texts.length > 0 ? `{ ${texts.join(', ')} }` : '{}';
}

function arrayText({ items }: List, print: TomlPrint, path: KeyPath, depth: number): string {
  const elements = items.filter((entry) => entry.kind !== 'comment');
  const [only] = elements;
  if (items.length === elements.length && elements.length < 2) {
    return only ? `[${printValue(only, print, path, depth + 1)}]` : '[]';
  }
  const lines: string[] = [];
  let behind = '';
  for (const entry of items) {
    if (entry.kind !== 'comment') {
      lines.push(`    ${printValue(entry, print, path, depth + 1)},${behind}`);
      behind = '';
    } else if (entry.inline && behind === '') {
      behind = ` ${commentText(entry)}`;
    } else {
      lines.push(`    ${commentText(entry)}`);
    }
  }
  if (behind !== '') lines.push(`   ${behind}`);
  return ['[', ...lines, ']'].join(print.lineEnd);
}

/** Throws `output-format` for a key that stands twice. */
export function commentedItems({ items }: Branch, path: KeyPath): { entries: CommentedItem[]; rest: Comment[] } {
  const entries: CommentedItem[] = [];
  const known = new Set<string>();
  let comments: Comment[] = [];
  for (const entry of items) {
    if (entry.kind === 'comment') {
      comments.push(entry);
      continue;
    }
    if (known.has(entry.key)) {
      throw new SopsError('output-format', 'TOML cannot hold a key twice', { path: [...path, entry.key] });
    }
    known.add(entry.key);
    entries.push({ item: entry, comments });
    comments = [];
  }
  return { entries, rest: comments };
}

/** Comments of an entry or a header: one stands after it, the others above. */
export function placedComments(comments: readonly Comment[]): { above: readonly Comment[]; behind: string } {
  const inline = comments.find((one) => one.inline);
  return { above: comments.filter((one) => one !== inline), behind: inline ? ` ${commentText(inline)}` : '' };
}

/** A comment with its mark; of several lines each gets one. */
export function commentText({ text }: Pick<Comment, 'text'>): string {
  return `#${text.replaceAll(/\r?\n/g, '\n#')}`;
}

export function pathText(path: KeyPath): string {
  return path.map((key, depth) => tomlKeyText(key, path.slice(0, depth + 1))).join('.');
}

export function tooDeepToWrite(path: KeyPath): SopsError {
  return new SopsError('output-format', `TOML is written with at most ${TOML_MAX_DEPTH} levels`, {
    path: path.slice(0, 3),
  });
}
