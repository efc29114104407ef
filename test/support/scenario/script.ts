/** Reads scenarios: the lines of a story, and below them the files that it begins with (CONTRIBUTING.md#scenarios). */

/** One line of the story. */
export interface Step {
  /** Its number in the file, from 1 on. */
  readonly line: number;
  /** As it is written, without the `!`. */
  readonly text: string;
  /** Whether it is to fail. */
  readonly isToFail: boolean;
}

export interface Script {
  /** The first line, which says what the story is about. */
  readonly title: string;
  /** What the machine must have, e.g. `git`. */
  readonly needs: readonly string[];
  readonly steps: readonly Step[];
  /** By name, in the order of the file. */
  readonly files: ReadonlyMap<string, string>;
}

/** Throws an Error where it begins with no comment, or a line of `needs` stands below other commands. */
export function readScript(text: string): Script {
  const [story = '', ...rest] = text.split(/^-- (.+) --\n/m);
  const files = new Map<string, string>();
  for (let at = 0; at < rest.length; at += 2) files.set(rest[at] as string, rest[at + 1] as string);
  const title = /^# (.+)/.exec(story)?.[1];
  if (title === undefined) throw new Error('a scenario begins with a comment that says what it is about');
  const needs: string[] = [];
  const steps: Step[] = [];
  for (const [at, written] of story.split('\n').entries()) {
    const [, mark, line = ''] = /^\s*(!\s+)?(.*?)\s*$/.exec(written) ?? [];
    if (line === '' || line.startsWith('#')) continue;
    if (!line.startsWith('needs ')) steps.push({ line: at + 1, text: line, isToFail: mark !== undefined });
    else if (steps.length > 0) throw new Error(`line ${at + 1}: what a scenario needs stands above its commands`);
    else needs.push(...line.split(/\s+/).slice(1));
  }
  return { title, needs, steps, files };
}

/** A blank, a quoted text, a variable in both forms, a comment, other text, a quote that nothing closes. */
const TOKEN = /(\s+)|'((?:[^']|'')*)'|\$\{(\w+)\}|\$(\w+)|(#)|([^\s'$#]+|\$)|(')/y;

/** Splits a line into words: single quotes hold a text together (`''` in them is a quote), elsewhere `$NAME` is a variable and ` #` begins a comment. */
export function wordsOf(line: string, variable: (name: string) => string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  const end = (): void => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  for (const [, blank, quoted, braced, name, comment, other, open] of line.matchAll(new RegExp(TOKEN, 'gy'))) {
    if (open !== undefined) throw new Error('a quote is not closed');
    if (comment !== undefined && word === undefined) break;
    if (blank !== undefined) end();
    else if (quoted !== undefined) word = (word ?? '') + quoted.replaceAll("''", "'");
    else if (braced ?? name) word = (word ?? '') + variable(braced ?? name ?? '');
    else word = (word ?? '') + (comment ?? other ?? '');
  }
  end();
  return words;
}
