/** Numbers of things as messages have them: `1 file`, `2 files`. */

/** `noun` in the singular, of those that take an s. */
export function quantity(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
