/** The lines of a stream of bytes, for protocols that talk in lines. */
import type { Readable } from 'node:stream';

/** Each line without its line feed, as latin1; what follows the last line feed is dropped. */
export async function* readLines(stream: Readable): AsyncGenerator<string> {
  // Kept apart until their line feed comes, so that a long line costs no more than its length.
  let held: string[] = [];
  stream.setEncoding('latin1');
  for await (const part of stream) {
    const [first = '', ...rest] = String(part).split('\n');
    held.push(first);
    for (const next of rest) {
      yield held.join('');
      held = [next];
    }
  }
}
