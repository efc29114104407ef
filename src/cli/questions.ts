/** Questions that are answered by a line on standard input, which may be a terminal or a pipe (`yes |`). */
import { SopsError } from '../errors.js';
import { holdLine } from './progress-line.js';
import { type Streams, writeAll } from './streams.js';

const ANSWERS: ReadonlyMap<string, boolean> = new Map([
  ['y', true],
  ['yes', true],
  ['n', false],
  ['no', false],
]);

/** Asks on standard output. Reads no further than the answers need, and must be closed so that the program can end. */
export class Questions {
  readonly #streams: Streams;
  #lines: AsyncGenerator<string> | undefined;

  constructor(streams: Streams) {
    this.#streams = streams;
  }

  /** Asks, naming the answers, until the answer is yes or no, in full or the first letter. Throws `failed` when the input ends before. */
  async confirm(question: string, answers = ' (y/n):'): Promise<boolean> {
    const release = holdLine();
    return this.#ask(question + answers).finally(release);
  }

  async #ask(prompt: string): Promise<boolean> {
    this.#lines ??= linesOf(this.#streams.stdin);
    for (;;) {
      await writeAll(this.#streams.stdout, prompt);
      const { value, done } = await this.#lines.next();
      if (done) {
        throw new SopsError('failed', 'EOF: standard input ended without an answer', {
          hint: 'Nothing was changed. With --yes nothing is asked.',
        });
      }
      const answer = ANSWERS.get(value.trim().toLowerCase());
      if (answer !== undefined) return answer;
    }
  }

  /** Lets go of standard input. */
  async close(): Promise<void> {
    await this.#lines?.return(undefined);
  }
}

/** The lines of a stream; a last one without line end counts. */
async function* linesOf(stream: NodeJS.ReadableStream): AsyncGenerator<string> {
  let held = '';
  for await (const chunk of stream) {
    const lines = (held + chunk.toString()).split('\n');
    held = lines.pop() ?? '';
    yield* lines;
  }
  if (held !== '') yield held;
}
