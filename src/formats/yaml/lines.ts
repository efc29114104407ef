/** Where the line of a place begins and ends, by the line breaks that YAML has. */
import { isBreak } from './characters.js';

/** A byte order mark belongs to no line. */
const MARK = 0xfeff;

export function yamlLineStart(text: string, at: number): number {
  let start = at;
  while (start > 0 && !isBreak(text.charCodeAt(start - 1)) && text.charCodeAt(start - 1) !== MARK) start -= 1;
  return start;
}

/** Where the break of its line stands. */
export function yamlLineEnd(text: string, at: number): number {
  let end = at;
  while (end < text.length && !isBreak(text.charCodeAt(end))) end += 1;
  return end;
}

/** Where the next line begins; behind the last one, the end of the text. */
export function behindYamlLine(text: string, at: number): number {
  const end = yamlLineEnd(text, at);
  return Math.min(end + (text.startsWith('\r\n', end) ? 2 : 1), text.length);
}

export function columnOf(text: string, at: number): number {
  return at - yamlLineStart(text, at);
}
