/** What the rows of command lines say, which run beside the real sops and alone, and the files that they find. */
import { splitWords } from '../../../src/exec/shell-words.js';

export const PLAINS: readonly (readonly [name: string, plain: string])[] = [
  ['e.yaml', 'a: 1\nb: two\nc:\n    - x\n    - y: 3\n'],
  ['e.json', '{\n\t"a": 1,\n\t"b": "two",\n\t"c": [\n\t\t"x",\n\t\t{\n\t\t\t"y": 3\n\t\t}\n\t]\n}\n'],
  ['e.env', 'A=1\nB=two\n'],
  ['e.ini', '[s]\na = 1\n'],
  ['e.txt', 'one\n'],
  ['m.yaml', 'a: 1\n---\nb: 2\n'],
  ['l.yaml', 'c:\n    - x # note\n    - y\n'],
];

export interface Case {
  /** The words, as a shell splits them; `R1` and `R2` are recipients. */
  readonly line: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads, or `<` and the name of a file that it reads. */
  readonly stdin?: string;
  readonly files?: Readonly<Record<string, string>>;
  /** What both (or only ours, where they differ) say on one of their outputs. */
  readonly says?: string | readonly string[];
  readonly saysNot?: string;
}

export interface EqualCase extends Case {
  readonly status?: number;
  /** The output is text for people or new ciphertext: it need not be the same. */
  readonly text?: true;
  /** Files that say the same afterwards. */
  readonly after?: readonly string[];
}

export interface DifferentCase extends Case {
  readonly ours: number;
  readonly theirs: number;
  readonly why: string;
  /** Files that ours leaves as they were. */
  readonly intact?: readonly string[];
}

/** A configuration that is for `x.yaml` alone. */
export const RULE = 'creation_rules:\n  - path_regex: x\\.yaml$\n    age: R1\n';

/** One with two recipients. */
export const BOTH = 'creation_rules:\n  - age: R1,R2\n';

/** What edits when a row names no editor. */
export const EDITOR = '#!/bin/sh\necho "b2: new" >> "$1"\n';

export class Recipients {
  constructor(
    private readonly first: string,
    private readonly second: string,
  ) {}

  /** A text with `R1` and `R2` replaced. */
  fill(text: string): string {
    return text.replace(/\bR1\b/g, this.first).replace(/\bR2\b/g, this.second);
  }

  wordsOf(line: string): string[] {
    return (splitWords(line) ?? []).map((word) => this.fill(word));
  }

  /** The variables of a row, on top of those of its desk. */
  variablesOf({ env = {} }: Case): Record<string, string> {
    const all = Object.entries({ SOPS_EDITOR: './editor', ...env });
    return Object.fromEntries(all.map(([name, value]) => [name, this.fill(value)]));
  }
}

/** What a row reads. */
export function inputOf({ stdin = '' }: Case, files: ReadonlyMap<string, Buffer>): Buffer {
  return stdin.startsWith('<') ? (files.get(stdin.slice(1)) ?? Buffer.alloc(0)) : Buffer.from(stdin);
}
