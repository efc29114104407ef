/** The text under the hands of the YAML printer: lines, columns and comments. */

/** Where YAML 1.1 or 1.2 ends a line. SOPS writes such a break of a comment raw, which other readers take as text. */
const BREAK = /[\n\r\u0085\u2028\u2029]/;

export class Page {
  private readonly parts: string[] = [];
  /** Length of the present line. */
  private column = 0;
  /** Nothing but blanks and the indicators `-`, `?`, `:` stands on the present line. */
  private open = true;

  get text(): string {
    return this.parts.join('');
  }

  /** Goes to a column: on the present line if only indicators stand there with a blank after them, else on the next. */
  goTo(column: number): void {
    const here = this.open && (this.column < column || this.column === 0);
    if (!here) this.endLine();
    if (column > this.column) this.parts.push(' '.repeat(column - this.column));
    this.column = column;
  }

  /** Writes text that ends the line's openness; it holds no line break. */
  write(text: string): void {
    this.parts.push(text);
    this.column += text.length;
    this.open = false;
  }

  /** Writes `-`, `?` or `:`, after which an entry may begin on the same line. */
  writeIndicator(indicator: string): void {
    this.parts.push(indicator);
    this.column += indicator.length;
  }

  /** Writes whole lines below the present one; the last one's break is still to come. */
  writeLines(lines: readonly string[]): void {
    for (const line of lines) this.parts.push('\n', line);
  }

  /** Ends the present line, if there is one. */
  finishLine(): void {
    if (!this.open || this.column > 0) this.endLine();
  }

  /** Writes comments on lines of their own. */
  writeComments(texts: readonly string[], column: number): void {
    if (texts.length === 0) return;
    for (const line of commentLines(texts)) this.writeCommentLine(line, column);
  }

  /** Writes comments after what stands on the present line; all but the first line go below, at a column. */
  writeCommentsBehind(texts: readonly string[], column: number): void {
    if (texts.length === 0) return;
    const [first, ...rest] = commentLines(texts);
    if (first === undefined) return;
    this.write(` ${first}`);
    for (const line of rest) this.writeCommentLine(line, column);
  }

  private writeCommentLine(line: string, column: number): void {
    if (line === '') {
      this.endLine();
      return;
    }
    this.goTo(column);
    this.write(line);
    this.endLine();
  }

  private endLine(): void {
    this.parts.push('\n');
    this.column = 0;
    this.open = true;
  }
}

/** The lines of some comments, with their marks. Only comments of INI files have several lines. */
function commentLines(texts: readonly string[]): string[] {
  return texts.flatMap((text) => {
    const [first = '', ...rest] = text.split(BREAK);
    if (rest.at(-1) === '') rest.pop();
    return [`#${first}`, ...rest.map((line) => (line === '' || line.startsWith('#') ? line : `# ${line}`))];
  });
}
