/** Texts whose values are nested to some depth, in every way that YAML has. */

function lines(count: number, line: (at: number) => string): string {
  return Array.from({ length: count }, (_, at) => line(at)).join('');
}

/** By shape: the text of a document with one value, `x`, below so many maps or lists. */
export const DEEP_TEXTS: Readonly<Record<string, (depth: number) => string>> = {
  'block maps': (depth) => `${lines(depth - 1, (at) => `${' '.repeat(at)}a:\n`)}${' '.repeat(depth - 1)}a: x\n`,
  'block lists': (depth) => `a:\n${lines(depth - 2, (at) => `${' '.repeat(at)}-\n`)}${' '.repeat(depth - 2)}- x\n`,
  'compact lists': (depth) => `a:\n  ${'- '.repeat(depth - 1)}x\n`,
  'lists of maps': (depth) =>
    `${lines(depth / 2, (at) => `${' '.repeat(at * 3)}${at ? '- ' : ''}a:\n`)}${' '.repeat((depth / 2) * 3)}- x\n`,
  'lists in brackets': (depth) => `a: ${'['.repeat(depth - 1)}x${']'.repeat(depth - 1)}\n`,
  'maps in braces': (depth) => `a: ${'{a: '.repeat(depth - 1)}x${'}'.repeat(depth - 1)}\n`,
  'lists and maps in brackets': (depth) => `a: ${'[{a: '.repeat(depth / 2 - 1)}x${'}]'.repeat(depth / 2 - 1)}\n`,
};
/** Those whose text does not grow with the square of the depth. */
export const SHORT_SHAPES: ReadonlySet<string> = new Set([
  'compact lists',
  'lists in brackets',
  'maps in braces',
  'lists and maps in brackets',
]);
