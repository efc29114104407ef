/** Texts of others within messages of ours, which consist of lines. */
import { escapedUnit } from './text.js';

/** Lines as one, with blanks between them: for texts of our own, which hold no forged ones. */
export function joinedLines(text: string): string {
  const lines = text.split('\n').map((line, at, all) => {
    const start = at === 0 ? line : line.trimStart();
    return at === all.length - 1 ? start : start.trimEnd();
  });
  return lines.filter((line, at) => line !== '' || at === 0 || at === lines.length - 1).join(' ');
}

/** A text without line breaks: they are escaped, so that it cannot pass for lines of the message around it. */
export function oneLine(text: string): string {
  return text.replace(/[\n\v\f\r\u0085\u2028\u2029]/g, (unit) => (unit === '\n' ? '\\n' : escapedUnit(unit)));
}
