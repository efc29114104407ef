/** Which line of a text an offset is in: the text is read once, however often that is asked. */

export class LineIndex {
  private starts: number[] | undefined;

  constructor(private readonly text: string) {}

  /** The number of the line, from 1. */
  lineAt(offset: number): number {
    this.starts ??= startsOf(this.text);
    let [low, high] = [0, this.starts.length];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }
}

function startsOf(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
