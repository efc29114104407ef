/**
 * Access to a service for a whole run (a token, say): found when it is first wanted, and found anew when the service refuses it, since
 * tokens run out.
 */

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

  /** Finds new access in place of what was refused. Several callers that were refused at the same time search once. */
  async renew(refused: Access, find: () => Promise<Access>): Promise<Access> {
    const found = this.#found;
    if (found && (await found.catch(() => refused)) === refused) this.#forget(found);
    return this.get(find);
  }

  /** Makes the next caller search anew. */
  drop(): void {
    this.#found = undefined;
  }

  #forget(found: Promise<Access>): void {
    if (this.#found === found) this.#found = undefined;
  }
}
