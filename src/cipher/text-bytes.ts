/** The bytes of many short texts at once: a call for each would cost more than the bytes. */

/** Byte strings, one behind the other. */
export interface Spans {
  readonly bytes: Uint8Array;
  /** Where the one at an index begins; the one before ends there. */
  readonly starts: Int32Array;
}

/** The bytes of some texts. */
export class TextBytes implements Spans {
  bytes = Buffer.alloc(0);
  readonly starts: Int32Array;

  /**
   * @param capacity texts that may be held at once
   * @param mostUnits that a text may have; a longer one has no bytes
   */
  constructor(
    capacity: number,
    private readonly mostUnits: number,
  ) {
    this.starts = new Int32Array(capacity + 1);
  }

  /** Takes the UTF-8 bytes of up to that many texts, instead of those before. A text with lone surrogates has none. */
  fill(given: readonly string[]): void {
    const texts = this.hasLongOne(given) ? given.map((text) => (text.length > this.mostUnits ? '' : text)) : given;
    const joined = texts.join('');
    if (this.bytes.length < joined.length * 3) this.bytes = Buffer.alloc(joined.length * 4);
    const isAscii = this.bytes.write(joined, 'utf8') === joined.length;
    let end = 0;
    for (let index = 0; index < texts.length; index++) {
      const text = texts[index] ?? '';
      if (isAscii) end += text.length;
      else if (text.isWellFormed()) end += this.bytes.write(text, end, 'utf8');
      this.starts[index + 1] = end;
    }
  }

  private hasLongOne(texts: readonly string[]): boolean {
    for (let index = 0; index < texts.length; index++) if ((texts[index] ?? '').length > this.mostUnits) return true;
    return false;
  }
}
