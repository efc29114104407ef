/** A scratch folder with files that the library works on, and options that keep it off the tester's own surroundings. */
import type { Options } from '../../src/index.js';
import { Desk } from './desk.js';

export class LibraryDesk extends Desk {
  readonly warnings: string[] = [];

  /** Options with which nothing but the desk's key opens anything. */
  get options(): Options & { cwd: string } {
    return {
      env: {},
      cwd: this.folder,
      identities: { age: this.identity, only: true },
      onWarning: ({ message }) => void this.warnings.push(message),
    };
  }

  /** Encrypts a text for the desk's key, by the command line, and puts it into a file of that name. */
  async seal(name: string, text: string | Uint8Array, ...flags: string[]): Promise<string> {
    return this.write(name, await this.encrypt(name, text, ...flags));
  }

  /** What the command line prints of a file. */
  async plain(name: string): Promise<string> {
    return (await this.run(['decrypt', name])).stdout.toString('utf8');
  }
}

/** The code of the error that a promise is rejected with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'fulfilled',
    (error: { code?: string }) => error.code ?? String(error),
  );
}
