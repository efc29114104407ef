/** Cutting off repeated characters, in linear time: `/x+$/` looks at a long run of them once for each of them. */

/** A text without those characters at its end; each is one UTF-16 unit. */
export function withoutTrailing(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

/** A text without those characters at its start and end. */
export function withoutSurrounding(text: string, characters: string): string {
  let start = 0;
  while (start < text.length && characters.includes(text.charAt(start))) start += 1;
  return withoutTrailing(text.slice(start), characters);
}
