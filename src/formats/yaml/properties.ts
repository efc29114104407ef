/** Anchors, aliases and tags: reading their names, and what a tag stands for. */
import type { Value } from '../../tree/tree.js';
import { isBlankOrEnd, isWord } from './characters.js';
import type { Cursor } from './cursor.js';

/** An anchor, and the value it stands for once that has been read. */
interface Anchor {
  readonly name: string;
  value?: Value;
}

/** Of each name the anchor that began last: within what an anchor stands for, its name may be given to something else. */
export type Anchors = Map<string, Anchor>;

/** The anchor and tag in front of a node, and where they stand. */
export interface Properties {
  anchor?: Anchor;
  /** The full tag, e.g. `tag:yaml.org,2002:int`, or `!`. */
  tag?: string;
  /** Where the tag stands, the blanks after it included. */
  tagSpan?: { start: number; end: number };
  readonly start: number;
  readonly column: number;
}

export const CORE_PREFIX = 'tag:yaml.org,2002:';

/** Characters that may follow the name of an anchor or alias, beside blanks and breaks. */
const AFTER_NAME = '?:,]}%@`';

/** Reads the name after `&` or `*`. */
export function readName(cursor: Cursor): string {
  const start = cursor.at + 1;
  let end = start;
  while (isWord(cursor.text.charCodeAt(end))) end += 1;
  const next = cursor.text.charAt(end);
  if (end === start || !(isBlankOrEnd(cursor.text.charCodeAt(end)) || AFTER_NAME.includes(next))) {
    throw cursor.error('an anchor or alias has a name of letters, digits, - and _');
  }
  cursor.at = end;
  return cursor.text.slice(start, end);
}

/** The tag handles in force in a document; `!` and `!!` always are. */
export type TagHandles = ReadonlyMap<string, string>;
export const DEFAULT_HANDLES: TagHandles = new Map([
  ['!', '!'],
  ['!!', CORE_PREFIX],
]);

const URI = "[\\w\\-;/?:@&=+$,.!~*'()[\\]%]";
const TAG = new RegExp(`!(?:<(${URI}+)>|((?:[\\w-]*!)?)(${URI}*))`, 'y');
/** What a handle stands for. */
export const TAG_PREFIX = new RegExp(`^${URI}+$`);

/** Reads a tag and resolves its handle. */
export function readTag(cursor: Cursor, handles: TagHandles): string {
  TAG.lastIndex = cursor.at;
  const found = TAG.exec(cursor.text);
  const end = TAG.lastIndex;
  if (!found || !isBlankOrEnd(cursor.text.charCodeAt(end))) throw cursor.error('this tag is malformed');
  const [, verbatim, rest = '', suffix = ''] = found;
  const handle = `!${rest}`;
  const prefix = handles.get(handle);
  if (verbatim === undefined && prefix === undefined)
    throw cursor.error('no %TAG line declares the handle of this tag');
  if (verbatim === undefined && suffix === '' && rest !== '')
    throw cursor.error('this tag has no name after its handle');
  cursor.at = end;
  if (verbatim !== undefined) return unescapeUri(cursor, verbatim);
  return suffix === '' ? '!' : prefix + unescapeUri(cursor, suffix);
}

function unescapeUri(cursor: Cursor, text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw cursor.error('a %-escape in this tag is malformed').with('document-invalid', { cause });
  }
}

/** Whether a tag makes a type other than string, so that ciphertext cannot stand under it. */
export function isTypingTag(tag: string): boolean {
  return tag.startsWith(CORE_PREFIX) && /^(int|float|bool|null|timestamp|binary)$/.test(tag.slice(CORE_PREFIX.length));
}
