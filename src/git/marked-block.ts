/** Lines of ours in a file of others': a block between two marks, put in and taken out again to the byte. */

const BEGIN = '# >>> sops-ts';
const END = '# <<< sops-ts';
/** A block with the blanks before its marks; without an end of its last line it was put behind one that had none either. */
const BLOCKS = /^[ \t]*# >>> sops-ts\b[^\n]*\n(?:[^\n]*\n)*?[ \t]*# <<< sops-ts\r?(?:\n|$)/gm;

export interface BlockPlace {
  /** Where a new block goes; an old one is replaced where it stands. */
  readonly at: 'end' | number;
  /** Put before every line. */
  readonly indent?: string;
  /** Whether it is one of several, so that no other is replaced. */
  readonly isFurther?: boolean;
}

/** What stands behind the first mark. */
const ADVICE = ' (sops-ts git uninstall takes these lines out)';

/** A text with a block of these lines, which takes the place of any that is there. */
export function withBlock(
  text: string,
  lines: readonly string[],
  { at, indent = '', isFurther = false }: BlockPlace,
): string {
  const end = text.includes('\r\n') ? '\r\n' : '\n';
  const block = [BEGIN + ADVICE, ...lines, END].map((line) => indent + line).join(end);
  const [first] = text.matchAll(BLOCKS);
  if (first && !isFurther) {
    const last = first[0].endsWith('\n') ? end : '';
    return text.slice(0, first.index) + block + last + text.slice(first.index + first[0].length);
  }
  if (at !== 'end') return text.slice(0, at) + block + end + text.slice(at);
  return text === '' || text.endsWith('\n') ? text + block + end : text + end + block;
}

/** The text without our blocks: what it was before they were put in. */
export function withoutBlocks(text: string): string {
  const left = text.replaceAll(BLOCKS, (block) => (block.endsWith('\n') ? '' : '\0'));
  return left.replace(/\r?\n?\0$/, '');
}

/** The lines of our blocks, without the marks; undefined where there is none. */
export function blockIn(text: string): string | undefined {
  const found = [...text.matchAll(BLOCKS)].map(([block]) => block.trim().split(/\r?\n/).slice(1, -1));
  return found.length === 0 ? undefined : found.flat().join('\n');
}
