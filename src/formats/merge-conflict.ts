/** The marks that git leaves in a file where a merge could not be finished. */

/** A line of seven signs or more (`conflict-marker-size`), alone or with a label; git and its kin write them at the margin. */
const MARKER = /^([<|=>])\1{6,}(?: .*)?$/;

/** Whether a line, without its line end, is a mark of a conflict. */
export function isConflictMarker(line: string): boolean {
  return MARKER.test(line);
}

/**
 * The numbers of the lines, from 1, with the marks of unfinished merges; empty if there are none. A line of equal signs alone
 * does not count: it underlines a title.
 */
export function conflictLines(text: string): number[] {
  if (!/^(?:<{7}|>{7})/m.test(text)) return [];
  const found: number[] = [];
  let inside = false;
  let isOne = false;
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r\n|[\r\n]/)
    .entries()) {
    const sign = MARKER.exec(line)?.[1];
    if (sign === undefined || (!inside && (sign === '=' || sign === '|'))) continue;
    found.push(index + 1);
    inside = sign !== '>';
    isOne ||= sign === '<' || sign === '>';
  }
  return isOne ? found : [];
}
