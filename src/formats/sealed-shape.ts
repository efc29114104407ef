/** What a text looks like that was encrypted and cannot be read any more: cut off, merged badly, or written over in part. */
import { isConflictMarker } from './merge-conflict.js';
import type { FormatName } from './store.js';

/** A comment, section or entry, and what stands in the quoted text of many lines that a wrapped key is. */
const INI_LINE = /^[;#]|^\[|^[^=:\s]+\s*[=:]|^"""|^-----|^[A-Za-z0-9+/=]+\s*$/;

/** What the metadata of TOML has, and that of INI has not. */
const TOML_LINE = /^mac = "ENC\[|^\[\[sops\./;

/**
 * The format in which a text was surely encrypted before it broke, by how it begins or ends; undefined for other texts, such as
 * one that only quotes an encrypted file.
 */
export function shapeOfSealed(text: string): FormatName | undefined {
  const lines = text
    .replace(/^\ufeff/, '')
    .split(/\r\n|[\r\n]/)
    .filter((line) => line.trim() !== '' && !isConflictMarker(line));
  if (lines[0]?.trimStart().startsWith('{')) return 'json';
  if (endsAs(lines, /^["']?sops["']?:\s*$/, /^\s|^- |^#|^\.\.\.$|^---$/)) return 'yaml';
  if (endsAs(lines, /^\[sops\]\s*$/, INI_LINE)) return lines.some((line) => TOML_LINE.test(line)) ? 'toml' : 'ini';
  return lines.at(-1)?.startsWith('sops_') ? 'dotenv' : undefined;
}

/** Whether all lines behind the last one that opens the metadata are such as follow it. */
function endsAs(lines: readonly string[], opening: RegExp, following: RegExp): boolean {
  const at = lines.findLastIndex((line) => opening.test(line));
  return at >= 0 && lines.slice(at + 1).every((line) => following.test(line));
}
