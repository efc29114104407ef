/**
 * dotenv as programs load it, by the rules of Node's `--env-file`. Its own reader is not taken: of one text Node 20, later ones and Bun
 * make different variables, and a blank behind `A=` makes Node 22 to 26 take the line below for A's value.
 */

/** A value within these goes on over several lines, up to the next of its kind. */
export const QUOTES = '"\'`';

/** The variables of a plaintext, in its order; of several with one name the last one counts. */
export function dotenvEnvironment(text: string): ReadonlyMap<string, string> {
  const lines = text.replaceAll('\r', '');
  const found = new Map<string, string>();
  const close = quoteFinder(lines);
  for (let at = 0; at < lines.length; ) {
    let end = lineEnd(lines, at);
    const line = lines.slice(at, end);
    const equals = line.indexOf('=');
    const before = trimBlanks(line.slice(0, Math.max(equals, 0)));
    if (equals >= 0 && !before.startsWith('#')) {
      const value = trimBlanks(line.slice(equals + 1));
      const opened = at + line.indexOf(value, equals + 1);
      const closed = close(value.charAt(0), opened);
      if (closed !== undefined) end = lineEnd(lines, closed);
      found.set(
        trimBlanks(before.replace(/^export /, '')),
        closed === undefined ? unquoted(value) : unescaped(lines.slice(opened, closed)),
      );
    }
    at = end + 1;
  }
  return found;
}

/** Finds the end of what a quote begins. Looks once for a kind that does not come any more: each of many would look through all that follows. */
function quoteFinder(text: string): (quote: string, at: number) => number | undefined {
  const gone = new Set<string>();
  return (quote, at) => {
    if (quote === '' || !QUOTES.includes(quote) || gone.has(quote)) return undefined;
    const found = text.indexOf(quote, at + 1);
    if (found >= 0) return found;
    gone.add(quote);
    return undefined;
  };
}

/** What stands behind the quote that begins it. */
function unescaped(quoted: string): string {
  const value = quoted.slice(1);
  return quoted.startsWith('"') ? value.replaceAll(String.raw`\n`, '\n') : value;
}

/** Without its comment, unless it begins with a quote that nothing closes. */
function unquoted(value: string): string {
  if (value !== '' && QUOTES.includes(value.charAt(0))) return value;
  const [text = ''] = value.split('#', 1);
  return trimBlanks(text);
}

function lineEnd(text: string, at: number): number {
  const found = text.indexOf('\n', at);
  return found < 0 ? text.length : found;
}

/** Blanks and tabs alone: others are part of values. */
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && ' \t'.includes(text.charAt(start))) start += 1;
  while (end > start && ' \t'.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}
