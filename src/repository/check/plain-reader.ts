/** What a file holds as plaintext: read once for each format, however many rules it is held to. */
import { SopsError } from '../../errors.js';
import type { FormatRow } from '../../formats/registry.js';
import type { SourceFile } from '../../formats/store.js';

/** Gives the file as plaintext of a format, or why it is not. It is for all who ask: nobody changes it. */
export type PlainReader = (row: FormatRow) => Promise<SourceFile | SopsError>;

/** Reads some bytes, when somebody asks. */
export function plainReader(bytes: Uint8Array): PlainReader {
  const readings = new Map<FormatRow, ReturnType<PlainReader>>();
  return (row) => {
    const reading = readings.get(row) ?? read(bytes, row);
    readings.set(row, reading);
    return reading;
  };
}

async function read(bytes: Uint8Array, row: FormatRow): Promise<SourceFile | SopsError> {
  const store = await row.load();
  try {
    return (store.parsePlain ?? store.parse)(bytes);
  } catch (error) {
    if (error instanceof SopsError) return error;
    throw error;
  }
}
