/** What lets into a service for a whole run: found when it is first wanted, and anew when the service refuses it, as tokens run out. */

export class LastingAccess<Access> {
  #found: Promise<Access> | undefined;

  /** What was found; `find` is called where nothing is, or the last search failed. Rejects as `find` does. */
  async get(find: () => Promise<Access>): Promise<Access> {
    const found = this.#found ?? find();
    this.#found = found;
    try {
      return await found;
    } catch (error) {
      this.#forget(found);
      throw error;
    }
  }

  /** What is found now in place of what was refused. Several who were refused at a time search once. */
  async renew(refused: Access, find: () => Promise<Access>): Promise<Access> {
    const found = this.#found;
    if (found && (await found.catch(() => refused)) === refused) this.#forget(found);
    return this.get(find);
  }

  /** Has the next who asks search anew. */
  drop(): void {
    this.#found = undefined;
  }

  #forget(found: Promise<Access>): void {
    if (this.#found === found) this.#found = undefined;
  }
}
