/** A whole value on one line, in flow style: what takes the place of an alias whose copies now differ. */
import type { Branch, Item, LeafValue, List, Value } from '../../tree/tree.js';
import { entryAt } from './emit-entries.js';
import { layScalar, type ScalarWriting } from './scalar-text.js';

/** YAML allows 1024 characters in front of the colon of a key without `?`. */
const MAX_SIMPLE_KEY = 1000;

/** A branch or list being printed. */
interface Frame {
  readonly of: Branch | List;
  at: number;
  empty: boolean;
}

/**
 * A value on one line, every string quoted (in single quotes where they can hold it), so that it can stand anywhere.
 * Comments are left out, but that encrypted ones in lists are string items (docs/format.md#writing-yaml). Given the
 * line break and indentation to put around them, all comments stand on lines of their own above their entries.
 * Throws `output-format` for a time that has no text.
 */
export function emitFlow(value: Value, commentBreak?: string, writing?: ScalarWriting): string {
  if (value.kind === 'leaf') return scalar(value.value, writing);
  const parts: string[] = [value.kind === 'list' ? '[' : '{'];
  const stack: Frame[] = [{ of: value, at: 0, empty: true }];
  for (let frame = stack.at(-1); frame; frame = stack.at(-1)) {
    const inList = frame.of.kind === 'list';
    const entry = entryAt(frame.of, frame.at, commentBreak === undefined ? 'items' : 'lines');
    const comments = commentBreak === undefined ? '' : commentLines([...entry.above, ...entry.behind], commentBreak);
    if (entry.value === undefined) {
      parts.push(comments, inList ? ']' : '}');
      stack.pop();
      continue;
    }
    if (!frame.empty) parts.push(', ');
    parts.push(comments);
    if (!inList) parts.push(keyOf(entry.key ?? ''));
    frame.at = entry.next;
    frame.empty = false;
    if (entry.value.kind === 'leaf') {
      parts.push(scalar(entry.value.value, writing));
    } else {
      parts.push(entry.value.kind === 'list' ? '[' : '{');
      stack.push({ of: entry.value, at: 0, empty: true });
    }
  }
  return parts.join('');
}

/**
 * The comma for a further entry after the one that ends at a place. Right after the colon of a key without a value it would
 * make the colon part of the key; of a key that ends in a colon (`{b:}`) it is part already.
 */
export function commaBehind(text: string, at: number, last: Item | Value | undefined): string {
  const key = last?.kind === 'item' ? last.key : '';
  const isColon = text.charAt(at - 1) === ':' && !(key.endsWith(':') && text.endsWith(key, at));
  return isColon ? ' , ' : ', ';
}

function commentLines(texts: readonly string[], commentBreak: string): string {
  return texts.length === 0 ? '' : `${texts.map((text) => `${commentBreak}#${text}`).join('')}${commentBreak}`;
}

function keyOf(key: string): string {
  const text = scalar(key);
  return text.length > MAX_SIMPLE_KEY ? `? ${text} : ` : `${text}: `;
}

function scalar(value: LeafValue, writing?: ScalarWriting): string {
  return layScalar(value, { style: 'single', inFlow: true, contentIndent: 0, parentIndent: 0, writing }).head;
}
