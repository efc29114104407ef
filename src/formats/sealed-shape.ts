/** What a text looks like that was encrypted and cannot be read any more: cut off, merged badly, or written over in part. */
import { isConflictMarker } from './merge-conflict.js';
import { FORMATS, type FormatName, type SealedShape } from './registry.js';

/**
 * The format in which a text was surely encrypted before it broke, by how it begins or ends; undefined for other texts, such as
 * one that only quotes an encrypted file.
 */
export function shapeOfSealed(text: string): FormatName | undefined {
  const lines = text
    .replace(/^\ufeff/, '')
    .split(/\r\n|[\r\n]/)
    .filter((line) => line.trim() !== '' && !isConflictMarker(line));
  const fitting = FORMATS.filter(({ sealedShape }) => sealedShape && fits(lines, sealedShape));
  return fitting.toSorted((one, other) => one.turn - other.turn)[0]?.name;
}

function fits(lines: readonly string[], { first, opening, following, some, last }: SealedShape): boolean {
  return (
    (!first || first.test(lines[0] ?? '')) &&
    (!last || last.test(lines.at(-1) ?? '')) &&
    (!some || lines.some((line) => some.test(line))) &&
    (!opening || endsAs(lines, opening, following))
  );
}

/** Whether all lines after the last one that opens the metadata are such as follow it. */
function endsAs(lines: readonly string[], opening: RegExp, following: RegExp | undefined): boolean {
  const at = lines.findLastIndex((line) => opening.test(line));
  return at >= 0 && lines.slice(at + 1).every((line) => following?.test(line) ?? true);
}
