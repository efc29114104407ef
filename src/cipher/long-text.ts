/** A long text that is not UTF-8, kept with its bytes: to find out that bytes are the same is quicker than to read them again. */
import { decodeText, hasInvalidBytes } from '../util/text/text.js';

/** Shorter ones are read again in no time. */
const LONG = 1 << 20;

/** The last long text that was encrypted, for whoever reads the ciphertext back. */
export class LongText {
  private text = '';
  private bytes: Uint8Array | undefined;

  /** Takes a text, if it is a long one that is not UTF-8, and its bytes, which must stay as they are. */
  keep(text: string, bytes: Uint8Array): void {
    if (text.length < LONG || !hasInvalidBytes(text)) return;
    this.text = text;
    this.bytes = bytes;
  }

  /** The text of some bytes, as `decodeText` gives it. */
  textOf(bytes: Uint8Array): string {
    const { bytes: known } = this;
    return known && known.length === bytes.length && Buffer.compare(known, bytes) === 0 ? this.text : decodeText(bytes);
  }
}
