/** Errors in the words of a command line: they name the command, so that help can be offered for it. */
import { SopsError } from '../errors.js';
import type { FlagRow } from './flags.js';

export class UsageError extends SopsError {
  /** The command whose flags were read, or undefined for what stands before a command. */
  readonly command: string | undefined;
  /** A flag that does not exist, as typed without its dashes, and those among which it was looked for. */
  readonly unknown: { readonly flag: string; readonly table: readonly FlagRow[] } | undefined;

  constructor(reason: string, command: string | undefined, unknown?: UsageError['unknown']) {
    super('usage', `Incorrect Usage: ${reason}`, {
      hint: `See: sops-ts help${command === undefined ? '' : ` ${command}`}`,
    });
    this.command = command;
    this.unknown = unknown;
  }
}
