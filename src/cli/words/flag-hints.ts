/** Flags in hints: one that the running command does not have is told with a command that has it. */

import type { HintFor } from '../output/report.js';
import { commandsWith, flagsOf } from './flags.js';

/** What is kept: command lines, of ours or of other programs, up to the end of the clause. */
const COMMAND_LINE = /(\b(?:sops(?:-ts)?|aws|docker|git(?:-crypt)?|gpg|kubectl|node|npm|op) [^\n,;)]*)/;

/** A flag and the word before it, which may be the command that it is for. */
const FLAG = /(?:(?<![\w-])([\w-]{1,40}) )?--([a-z][a-z-]*)/g;

/** Commands that do what is meant, where it is not the first one with the flag. */
const MEANT: { readonly [flag: string]: string } = { 'ignore-mac': 'rotate' };

/** Words hints for a command, named as in the table. */
export function hintsFor(command: string): HintFor {
  const owned = (found: string, word: string | undefined, flag: string): string => {
    const owners = commandsWith(flag);
    const [first] = owners;
    const isTold = word !== undefined && owners.includes(word);
    if (first === undefined || isTold || flagsOf(command).some(({ name }) => name === flag)) return found;
    return `${word === undefined ? '' : `${word} `}sops-ts ${MEANT[flag] ?? first} --${flag}`;
  };
  return (hint) =>
    hint
      .split(COMMAND_LINE)
      .map((part, at) => (at % 2 === 1 ? part : part.replace(FLAG, owned)))
      .join('');
}
