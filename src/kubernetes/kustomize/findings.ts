/** What checks find: each finding once, in the order in which they were made. */
import { SopsError } from '../../errors.js';
import { isSystemError, systemReason } from '../../util/files/files.js';

/** What is wrong, and in which file. */
export interface Finding {
  readonly file: string;
  readonly text: string;
}

export class Findings {
  private readonly made = new Map<string, Finding>();

  get all(): readonly Finding[] {
    return [...this.made.values()];
  }

  add(file: string, text: string): void {
    const id = `${file}\0${text}`;
    if (!this.made.has(id)) this.made.set(id, { file, text });
  }

  /** The same of an error, in its first `lines` lines; any other error is thrown on. */
  addError(file: string, error: unknown, lines = 1): void {
    if (isSystemError(error)) this.add(file, `cannot be read: ${systemReason(error)}`);
    else if (error instanceof SopsError) this.add(file, error.message.split('\n').slice(0, lines).join(' '));
    else throw error;
  }
}
