/** Places in a YAML text where lines of ours can be put in without touching others. */
import type { Node } from 'yaml';

/** The package, which is loaded when it is needed. */
export type Yaml = typeof import('../../packages/yaml.js');

/** A place in a text for lines of ours, and how far they are indented. */
export interface Gap {
  readonly at: number | 'end';
  readonly indent: string;
  /** The lines, without indentation. */
  readonly lines: readonly string[];
}

/** The gap at the beginning of the line on which an entry begins, if nothing stands before it there but its own dash. */
export function gapBefore(entry: Node | undefined, text: string, lines: readonly string[]): Gap | null {
  const start = entry?.range?.[0];
  if (start === undefined) return null;
  const at = text.lastIndexOf('\n', start - 1) + 1;
  const indent = /^[ ]*(?=(?:- +)?$)/.exec(text.slice(at, start))?.[0];
  return indent === undefined ? null : { at, indent, lines };
}
