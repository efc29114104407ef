/** What a file holds as plaintext: read once for each format, however many rules it is held to. */
import { SopsError } from '../../errors.js';
import type { FormatRow } from '../../formats/registry.js';
import type { SourceFile } from '../../formats/store.js';

export class PlainReadings {
  readonly #known = new Map<FormatRow, SourceFile | SopsError>();

  constructor(private readonly bytes: Uint8Array) {}

  /** The file as plaintext of a format, or why it is not. It is for all who ask: nobody changes it. */
  async as(row: FormatRow): Promise<SourceFile | SopsError> {
    const known = this.#known.get(row) ?? (await this.read(row));
    this.#known.set(row, known);
    return known;
  }

  private async read(row: FormatRow): Promise<SourceFile | SopsError> {
    const store = await row.load();
    try {
      return (store.parsePlain ?? store.parse)(this.bytes);
    } catch (error) {
      if (error instanceof SopsError) return error;
      throw error;
    }
  }
}
