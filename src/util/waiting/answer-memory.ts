/** Answers that are asked for once, and again only after a failure: clients, tokens, versions of keys. */

export class LastingAnswers<Answer> {
  readonly #answers = new Map<string, Promise<Answer>>();

  /** The answer to a question; `ask` is called when it is neither known nor being asked for. Rejects as `ask` does. */
  get(question: string, ask: () => Promise<Answer>): Promise<Answer> {
    const answer = this.#answers.get(question) ?? ask();
    this.#answers.set(question, answer);
    answer.catch(() => this.#answers.delete(question));
    return answer;
  }
}
