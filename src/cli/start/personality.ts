/** What the executable is: by the name that it is called by, or by words. */
import { basename, win32 } from 'node:path';

export interface Personality {
  readonly name: string;
  readonly words: readonly string[];
}

/**
 * The name that decides on it, and the words that are for that: after the word `as`, as links are impossible in some places, else that of
 * `called`, the first word of the command line as the caller had it. On Windows names of programs have no case, and may have an ending.
 */
export function personalityOf(called: string, words: readonly string[], platform: NodeJS.Platform): Personality {
  const [first, named] = words;
  const isNamed = first === 'as' && named !== undefined;
  const rest = isNamed ? words.slice(2) : words;
  if (platform !== 'win32') return { name: isNamed ? named : basename(called).replace(/\.exe$/, ''), words: rest };
  return {
    name: win32
      .basename(isNamed ? named : called)
      .toLowerCase()
      .replace(/\.exe$/, ''),
    words: rest,
  };
}
