/** Texts of others within messages of ours, which consist of lines. */

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
  return text.replace(/[\n\v\f\r\u0085\u2028\u2029]/g, (character) => {
    return character === '\n' ? '\\n' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
