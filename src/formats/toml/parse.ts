/** Parses TOML 1.1 with the package for it, and words what is refused as this project does. */
import type { AST, parseTOML } from 'toml-eslint-parser';
import type { SopsError } from '../../errors.js';
import { documentError } from '../document-error.js';
import { withoutLongStrings } from './long-strings.js';

/** What the package exports for parsing. */
export type ParseToml = typeof parseTOML;

/** Levels of nesting, keys with dots included; deeper ones are refused, since the package goes down in calls. */
export const TOML_MAX_DEPTH = 1000;

/** The syntax tree of a text. Throws `document-invalid`. */
export function parseText(parse: ParseToml, text: string): AST.TOMLProgram {
  if (!text.isWellFormed()) throw documentError(text, loneAt(text), 'bytes that are not UTF-8');
  const bare = /\r(?!\n)/.exec(text);
  if (bare) throw documentError(text, bare.index, 'a carriage return without a line feed');
  // A blank in the place of the byte order mark, so that all offsets are those of the text.
  const shown = text.replace(/^\ufeff/, ' ');
  return parseShown(parse, text, shown) ?? parseEmptied(parse, text, shown);
}

/** Parses a text whose long strings were too much for the package. */
function parseEmptied(parse: ParseToml, text: string, shown: string): AST.TOMLProgram {
  const emptied = withoutLongStrings(shown);
  const program = emptied === undefined ? undefined : parseShown(parse, text, emptied);
  if (!program) throw tooDeepToRead(text, 0);
  return program;
}

/** Parses what stands for a text; undefined where the package goes down too far. */
function parseShown(parse: ParseToml, text: string, shown: string): AST.TOMLProgram | undefined {
  try {
    return parse(shown, { tomlVersion: '1.1' });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    if (!isParseError(error)) throw error;
    throw documentError(text, error.index, lowerFirst(error.message));
  }
}

/** The refusal of a text with more levels than {@link TOML_MAX_DEPTH}. */
export function tooDeepToRead(text: string, at: number): SopsError {
  return documentError(text, at, `more than ${TOML_MAX_DEPTH} levels of nesting`);
}

function loneAt(text: string): number {
  return text.search(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/);
}

/** The package's class is not imported, since that would load it. */
function isParseError(error: unknown): error is SyntaxError & { readonly index: number } {
  return error instanceof SyntaxError && 'index' in error && typeof error.index === 'number';
}

function lowerFirst(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
