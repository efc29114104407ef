/** From a scalar as it is written to the leaf it stands for: its type and style, and what SOPS reads but cannot encrypt. */
import { SopsError } from '../../errors.js';
import { type LeafValue, leaf, type Source, type Value } from '../../tree/tree.js';
import type { Cursor } from './cursor.js';
import type { LooseReading } from './node.js';
import { isTypingTag, type Properties } from './properties.js';
import { resolvePlain, resolveTagged, type Taken } from './resolve.js';
import type { ScalarToken } from './scalars.js';

/** What stands for an integer from 2^63 on, or a time that no clock shows, where only the written text counts. */
const UNENCRYPTABLE = 2n ** 63n;

/** Whoever reads the document, as far as its leaves depend on it. */
export interface LeafReader {
  readonly cursor: Cursor;
  readonly takes: Taken;
  readonly loose: LooseReading | undefined;
  /** Receives errors that only count when the file is otherwise well-formed. */
  readonly defer: (error: SopsError) => void;
}

/** The leaf of a scalar, in a node that is `column` units indented. Throws what does not fit its tag. */
export function leafOf(
  reader: LeafReader,
  token: ScalarToken,
  properties: Properties | undefined,
  column: number,
): Value {
  const tag = properties?.tag;
  try {
    const value = resolved(token, tag, reader.takes);
    const style = reader.cursor.flowLevel > 0 ? (`flow-${token.style}` as const) : token.style;
    const source: Source = { start: token.start, end: token.end, style, value, column };
    if (tag === undefined || !properties?.tagSpan) return leaf(value, source);
    return leaf(value, { ...source, [isTypingTag(tag) ? 'tag' : 'textTag']: properties.tagSpan });
  } catch (error) {
    const placed = placedAt(reader.cursor, error, token.start);
    if (!(placed instanceof SopsError)) throw placed;
    return unusable(reader, token, placed);
  }
}

function resolved({ text, style }: ScalarToken, tag: string | undefined, takes: Taken): LeafValue {
  const isPlain = style === 'plain';
  if (tag !== undefined) return resolveTagged(tag, text, isPlain, takes);
  return isPlain ? resolvePlain(text, takes) : text;
}

/** Adds line and column to an error about a value; the value itself is never named. */
function placedAt(cursor: Cursor, error: unknown, at: number): unknown {
  if (!(error instanceof SopsError)) return error;
  return cursor.error(error.message, at).with(error.code, { cause: error });
}

/**
 * The value of what SOPS reads but cannot encrypt, which is refused once the file is known to be well-formed. Loosely read it is
 * an integer all the same, and what does not fit its tag is nobody's matter yet.
 */
function unusable({ loose, defer }: LeafReader, token: ScalarToken, error: SopsError): Value {
  const source: Source = { start: token.start, end: token.end, style: token.style, value: token.text };
  if (error.code === 'leaf-not-encryptable') {
    if (!loose) defer(error);
    return leaf(UNENCRYPTABLE, { ...source, value: UNENCRYPTABLE });
  }
  if (!loose) throw error;
  const value = leaf(token.text, source);
  loose.broken(value, error);
  return value;
}
