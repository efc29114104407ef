/** The IVs of a tree that was put together from several files under one data key: each plaintext at its place has the one it had. */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { encodeText } from '../util/text/text.js';
import { IvMemory, type Remembered } from './iv-memory.js';

/** What the key for new IVs is derived for: the data key itself is for the cipher alone. */
const PURPOSE = 'sops-ts: IVs of merged files';

/**
 * Asks the memories of the files in turn; they must have been opened with this very data key. What none of them knows gets an IV
 * that is made of data key, place, type and plaintext: the same merge done twice gives the same text, and no two plaintexts share one.
 */
export class MergedIvs extends IvMemory {
  private readonly secret: KeyObject;

  constructor(
    dataKey: Uint8Array,
    private readonly files: readonly IvMemory[],
  ) {
    super();
    this.secret = createSecretKey(createHmac('sha256', dataKey).update(PURPOSE).digest());
  }

  override recall(aad: string, type: string, plaintext: string): Remembered {
    const known = this.files.find((file) => file.knows(aad, type, plaintext))?.recall(aad, type, plaintext);
    return known ?? { iv: this.derived(aad, type, plaintext) };
  }

  override knows(aad: string, type: string, plaintext: string): boolean {
    return this.files.some((file) => file.knows(aad, type, plaintext));
  }

  override isKept(aad: string, text: string): boolean {
    return this.files.some((file) => file.isKept(aad, text));
  }

  override restart(): void {
    for (const file of this.files) file.restart();
  }

  private derived(aad: string, type: string, plaintext: string): string {
    const hmac = createHmac('sha256', this.secret);
    // The lengths make it unambiguous: places and plaintexts may hold anything.
    hmac.update(`${aad.length}:${type.length}:`).update(encodeText(aad)).update(type).update(encodeText(plaintext));
    return hmac.digest('base64');
  }
}
