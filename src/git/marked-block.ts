/** Lines of ours in a file of others': a block between two marks, put in and taken out again to the byte. */

const BEGIN = '# >>> sops-ts';
const END = '# <<< sops-ts';

/** Where a block stands in a text, the blanks before its first mark included. */
interface Block {
  readonly start: number;
  /** After its last line, or the end of the text: without a line break there it was put after a line that had none either. */
  readonly end: number;
}

/** The blocks of a text, in order. A first mark without a last one does not make a block. */
function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let start: number | undefined;
  for (let at = 0; at < text.length; ) {
    const found = text.indexOf('\n', at);
    const end = found < 0 ? text.length : found + 1;
    const line = text.slice(at, end).trim();
    if (start === undefined && /^# >>> sops-ts\b/.test(line) && found >= 0) start = at;
    else if (start !== undefined && line === END) {
      blocks.push({ start, end });
      start = undefined;
    }
    at = end;
  }
  return blocks;
}

export interface BlockPlace {
  /** Where a new block goes; an old one is replaced where it stands. */
  readonly at: 'end' | number;
  /** Put before every line. */
  readonly indent?: string;
  /** Whether it is one of several, so that no other is replaced. */
  readonly isFurther?: boolean;
}

/** What stands after the first mark. */
const ADVICE = ' (sops-ts git uninstall takes these lines out)';

/** A text with a block of these lines, which takes the place of any that is there. */
export function withBlock(
  text: string,
  lines: readonly string[],
  { at, indent = '', isFurther = false }: BlockPlace,
): string {
  const end = text.includes('\r\n') ? '\r\n' : '\n';
  const block = [BEGIN + ADVICE, ...lines, END].map((line) => indent + line).join(end);
  const [first] = blocksOf(text);
  if (first && !isFurther) {
    const last = text.slice(0, first.end).endsWith('\n') ? end : '';
    return text.slice(0, first.start) + block + last + text.slice(first.end);
  }
  if (at !== 'end') return text.slice(0, at) + block + end + text.slice(at);
  return text === '' || text.endsWith('\n') ? text + block + end : text + end + block;
}

/** The text without our blocks: what it was before they were put in. */
export function withoutBlocks(text: string): string {
  const blocks = blocksOf(text);
  const left = blocks.map(({ start }, at) => text.slice(blocks[at - 1]?.end ?? 0, start)).join('');
  const last = blocks.at(-1)?.end ?? 0;
  const isOpen = last === text.length && last > 0 && !text.endsWith('\n');
  return isOpen ? left.replace(/\r?\n$/, '') : left + text.slice(last);
}

/** The lines of our blocks, without the marks; undefined where there is none. */
export function blockIn(text: string): string | undefined {
  const found = blocksOf(text).map(({ start, end }) => text.slice(start, end).trim().split(/\r?\n/).slice(1, -1));
  return found.length === 0 ? undefined : found.flat().join('\n');
}
