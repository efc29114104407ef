/** Giving files a creation rule of their own: a copy of the one that they share with others, in front of it. Every other byte stays. */
import { SopsError } from '../errors.js';
import type { Branch, Value } from '../tree/tree.js';
import { lineBreakOf, startBehindLine, startOfLine } from './entry-removal.js';
import type { ConfigTree } from './recipients-of.js';

export interface RuleCopy {
  /** The place of the rule among those that are there. */
  readonly at: number;
  /** What the copy is for. */
  readonly pathRegex: string;
}

/** `&name` where a node may begin. Within a quoted text it is not an anchor, but telling the two apart is not worth the effort. */
const ANCHOR = /(?:^|[\s,[{])&[^\s,[\]{}]/;

/** The text of a configuration with the copies in it; comments within a rule are copied, those above it are not. Throws `config`. */
export function withRuleCopies(tree: ConfigTree, copies: readonly RuleCopy[], path: string): string {
  let { text } = tree;
  const rules = rulesIn(tree.document);
  // From the end, so that places stay what they are.
  for (const { at, pathRegex } of copies.toSorted((one, other) => other.at - one.at)) {
    const rule = rules[at];
    const place = rule && tree.places.get(rule);
    if (rule?.kind !== 'branch' || rule.alias || !place || place.inFlow) throw notCopied(path, at, 'it is not a block');
    const start = startOfLine(text, place.start);
    const block = text.slice(start, startBehindLine(text, place.end));
    if (ANCHOR.test(block)) throw notCopied(path, at, 'it holds an anchor');
    const copy = withPath(tree, rule, { start, block, pathRegex });
    const lineBreak = /\n$/.test(copy) ? '' : lineBreakOf(text);
    text = text.slice(0, start) + copy + lineBreak + text.slice(start);
  }
  return text;
}

interface Copied {
  /** Where the block begins in the text. */
  readonly start: number;
  readonly block: string;
  readonly pathRegex: string;
}

/** The lines of a rule with another expression for paths, in front of all else where it has none. */
function withPath(tree: ConfigTree, rule: Branch, { start, block, pathRegex }: Copied): string {
  const scalar = `'${pathRegex.replaceAll("'", "''")}'`;
  const items = rule.items.flatMap((entry) => (entry.kind === 'item' ? [entry] : []));
  const own = items.find(({ key }) => key === 'path_regex')?.value;
  const written = own?.alias ?? (own?.kind === 'leaf' ? own.source : undefined);
  if (written) return block.slice(0, written.start - start) + scalar + block.slice(written.end - start);
  const first = items[0] && tree.places.get(items[0]);
  const at = (first?.start ?? start) - start;
  const indent = ' '.repeat(at - startOfLine(block, at));
  return `${block.slice(0, at)}path_regex: ${scalar}${lineBreakOf(tree.text)}${indent}${block.slice(at)}`;
}

/** The creation rules as written, those that are nothing left out. */
function rulesIn(document: Branch): Value[] {
  for (const entry of document.items) {
    if (entry.kind !== 'item' || entry.key !== 'creation_rules' || entry.value.kind !== 'list') continue;
    return entry.value.items.flatMap((value) =>
      value.kind === 'comment' || (value.kind === 'leaf' && value.value === null) ? [] : [value],
    );
  }
  return [];
}

function notCopied(path: string, at: number, why: string): SopsError {
  return new SopsError('config', `creation rule ${at + 1} of ${path} cannot be copied: ${why}`, {
    file: '',
    hint: 'Nothing was changed. Put a rule of their own in front of it by hand, then run this again.',
  });
}
