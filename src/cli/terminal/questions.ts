/** Questions that are answered by a line on standard input, which may be a terminal or a pipe (`yes |`). */
import { SopsError } from '../../errors.js';
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
  #isAsking = false;

  constructor(streams: Streams) {
    this.#streams = streams;
  }

  /** Whether somebody is to answer. */
  get isAsking(): boolean {
    return this.#isAsking;
  }

  /** Asks, naming the answers, until the answer is yes or no, in full or the first letter. Throws `failed` when the input ends before. */
  async confirm(question: string, answers = ' (y/n):'): Promise<boolean> {
    const release = holdLine();
    return this.#ask(question + answers, (answer) => ANSWERS.get(answer)).finally(release);
  }

  /** Asks until the answer is a number from 1 to `most`. Throws as `confirm` does. */
  async choose(question: string, most: number): Promise<number> {
    const release = holdLine();
    const numberOf = (answer: string): number | undefined => {
      const number = /^[0-9]{1,9}$/.test(answer) ? Number(answer) : 0;
      return number >= 1 && number <= most ? number : undefined;
    };
    return this.#ask(`${question} (1-${most}):`, numberOf).finally(release);
  }

  async #ask<T>(prompt: string, meaning: (answer: string) => T | undefined): Promise<T> {
    this.#lines ??= linesOf(this.#streams.stdin);
    for (;;) {
      await writeAll(this.#streams.stdout, prompt);
      this.#isAsking = true;
      const { value, done } = await this.#lines.next();
      this.#isAsking = false;
      if (done) {
        throw new SopsError('failed', 'EOF: standard input ended without an answer', {
          hint: 'Nothing was changed. With --yes nothing is asked.',
        });
      }
      const answer = meaning(value.trim().toLowerCase());
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
