/** The flag or command that a misspelt word comes nearest to. */
import type { CommanderError } from 'commander';
import { suggestionFor } from '../../config/misspelt.js';
import type { FlagRow } from './flag.js';

/** The flag of the table that was probably meant, with its dashes, or undefined. */
export async function nearestFlag(name: string, table: readonly FlagRow[]): Promise<string | undefined> {
  const { Command, Option } = await import('../../packages/commander.js');
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  for (const row of table) command.addOption(new Option(`--${row.name}`));
  try {
    command.helpOption(false).parse([`--${name}`], { from: 'user' });
    return undefined;
  } catch (error) {
    return /Did you mean (?:one of )?(--[\w-]+)/.exec((error as CommanderError).message)?.[1];
  }
}

/** Asks whether another of the words was meant. */
export function adviceForWord(word: string, names: readonly string[]): string | undefined {
  const nearest = suggestionFor(word, names);
  return nearest === undefined || nearest === word ? undefined : `Did you mean ${nearest}?`;
}
