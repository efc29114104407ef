/** Errors in the words of a command line: they name the command, so that help can be offered for it. */
import { SopsError } from '../../errors.js';
import type { FlagRow } from './flag.js';

/** A word that was looked for in vain, and where: only when it is told is the nearest one looked up. */
export type UnknownWord =
  /** As typed, without its dashes. */
  | { readonly kind: 'flag'; readonly word: string; readonly table: readonly FlagRow[] }
  | { readonly kind: 'command'; readonly word: string; readonly names: readonly string[] };

export class UsageError extends SopsError {
  /** The command whose flags were read, or undefined for what stands before a command. */
  readonly command: string | undefined;
  readonly unknown: UnknownWord | undefined;

  constructor(reason: string, command: string | undefined, unknown?: UnknownWord, hint = helpHint(command)) {
    super('usage', `Incorrect Usage: ${reason}`, { hint });
    this.command = command;
    this.unknown = unknown;
  }
}

function helpHint(command: string | undefined): string {
  return `See: sops-ts help${command === undefined ? '' : ` ${command}`}`;
}
