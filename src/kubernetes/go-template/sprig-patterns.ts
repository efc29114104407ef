/** Sprig's functions for regular expressions, in Go's syntax and in linear time. */
import type { RE2JS } from 're2js';
import { type FunctionTable, fixed, named } from './call.js';
import { GoList, refusal } from './values.js';

/** What a replacement may hold: `$1`, `${name}`, `$$`. */
const REFERENCE = /\$(?:\{(\w+)\}|(\w+)|\$)/g;

interface Match {
  readonly start: number;
  readonly end: number;
  /** The whole match and its groups; undefined for one that took no part. */
  readonly groups: readonly (string | undefined)[];
}

/** The functions, on the engine that was loaded for them. */
export function patternFunctions(engine: typeof RE2JS): FunctionTable {
  const compiled = new Map<string, RE2JS>();
  const compile = (pattern: string): RE2JS => {
    try {
      const known = compiled.get(pattern) ?? engine.compile(pattern);
      compiled.set(pattern, known);
      return known;
    } catch {
      throw refusal('a regular expression is malformed');
    }
  };
  const find: Find = (pattern, text, most = -1) => matchesOf(compile(pattern), text, most);
  return {
    ...searchFunctions(find),
    ...named(
      'regexReplaceAll mustRegexReplaceAll',
      fixed(['string', 'string', 'string'], (pattern, text, by) => {
        const names = compile(pattern).namedGroups();
        return replaced(text, find(pattern, text), (match) => expanded(by, match, names));
      }),
    ),
    ...named(
      'regexReplaceAllLiteral mustRegexReplaceAllLiteral',
      fixed(['string', 'string', 'string'], (pattern, text, by) => replaced(text, find(pattern, text), () => by)),
    ),
    regexQuoteMeta: fixed(['string'], (text) => text.replaceAll(/[\\.+*?()|[\]{}^$]/g, '\\$&')),
  };
}

/** The matches of an expression in a text, at most so many. */
type Find = (pattern: string, text: string, most?: number) => Match[];

function searchFunctions(find: Find): FunctionTable {
  return {
    ...named(
      'regexMatch mustRegexMatch',
      fixed(['string', 'string'], (pattern, text) => find(pattern, text, 1).length > 0),
    ),
    ...named(
      'regexFind mustRegexFind',
      fixed(['string', 'string'], (pattern, text) => find(pattern, text, 1)[0]?.groups[0] ?? ''),
    ),
    ...named(
      'regexFindAll mustRegexFindAll',
      fixed(['string', 'string', 'int'], (pattern, text, most) => {
        return GoList.orNil(
          find(pattern, text, most).map(({ groups }) => groups[0] ?? ''),
          'string',
        );
      }),
    ),
    ...named(
      'regexSplit mustRegexSplit',
      fixed(['string', 'string', 'int'], (pattern, text, most) => {
        return GoList.orNil(split(text, find(pattern, text), most, pattern), 'string');
      }),
    ),
  };
}

/** The matches from left to right; an empty one right after another does not count. */
function matchesOf(pattern: RE2JS, text: string, most: number): Match[] {
  if (!text.isWellFormed()) throw refusal('a regular expression is tried on bytes that are not UTF-8');
  const found: Match[] = [];
  const matcher = pattern.matcher(text);
  let end = -1;
  while ((most < 0 || found.length < most) && matcher.find()) {
    const isEmptyBehind = matcher.start() === matcher.end() && matcher.start() === end;
    end = matcher.end();
    if (isEmptyBehind) continue;
    const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, at) => matcher.group(at) ?? undefined);
    found.push({ start: matcher.start(), end, groups });
  }
  return found;
}

function replaced(text: string, matches: readonly Match[], by: (match: Match) => string): string {
  let at = 0;
  let made = '';
  for (const match of matches) {
    made += text.slice(at, match.start) + by(match);
    at = match.end;
  }
  return made + text.slice(at);
}

/** A replacement with the groups that it names; those that are not there are empty. */
function expanded(by: string, { groups }: Match, names: Readonly<Record<string, number>>): string {
  return by.replaceAll(REFERENCE, (whole, braced: string | undefined, bare: string | undefined) => {
    const name = braced ?? bare;
    if (name === undefined) return whole === '$$' ? '$' : whole;
    const at = /^[0-9]+$/.test(name) ? Number(name) : names[name];
    return (at === undefined ? undefined : groups[at]) ?? '';
  });
}

function split(text: string, matches: readonly Match[], most: number, pattern: string): string[] {
  if (most === 0) return [];
  if (pattern !== '' && text === '') return [''];
  const parts: string[] = [];
  let at = 0;
  for (const { start, end } of matches) {
    if (most > 0 && parts.length === most - 1) break;
    if (end === 0) continue;
    parts.push(text.slice(at, start));
    at = end;
  }
  if (at !== text.length || parts.length === 0 || matches.at(-1)?.start !== text.length) parts.push(text.slice(at));
  return parts;
}
