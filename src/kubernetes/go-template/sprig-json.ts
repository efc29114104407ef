/** Sprig's functions for JSON, as Go's encoding/json reads and writes it. */

import { escapedUnit } from '../../util/text/text.js';
import { type FunctionTable, fixed, named } from './call.js';
import { elementsOf, GoInteger, GoList, GoMap, type GoValue, refusal } from './values.js';

/** Characters that Go escapes so that JSON may stand in HTML and scripts. */
const UNSAFE = /[<>&\u2028\u2029]/g;
const SCRIPT_LINES = /[\u2028\u2029]/g;

export const JSON_FUNCTIONS: FunctionTable = {
  ...named(
    'toJson mustToJson',
    fixed(['any'], (value) => escaped(jsonOf(value, ''), UNSAFE)),
  ),
  ...named(
    'toPrettyJson mustToPrettyJson',
    fixed(['any'], (value) => escaped(jsonOf(value, '\n'), UNSAFE)),
  ),
  ...named(
    'toRawJson mustToRawJson',
    fixed(['any'], (value) => escaped(jsonOf(value, ''), SCRIPT_LINES)),
  ),
  ...named('fromJson mustFromJson', fixed(['string'], parsed)),
};

/** `line` is the line break with the indentation so far, or empty for no line breaks. */
function jsonOf(value: GoValue, line: string): string {
  if (value instanceof GoInteger) return String(value.value);
  if (value instanceof GoList) {
    if (value.isNil) return 'null';
    return enclosed(
      '[]',
      elementsOf(value).map((item) => jsonOf(item, deeper(line))),
      line,
    );
  }
  if (value instanceof GoMap) {
    const colon = line === '' ? ':' : ': ';
    const members = value
      .sortedKeys()
      .map((key) => textJson(key) + colon + jsonOf(value.entries.get(key) ?? null, deeper(line)));
    return enclosed('{}', members, line);
  }
  if (typeof value === 'number') return numberJson(value);
  return typeof value === 'string' ? textJson(value) : String(value);
}

function deeper(line: string): string {
  return line === '' ? '' : `${line}  `;
}

function enclosed([open, close]: string, parts: readonly string[], line: string): string {
  if (parts.length === 0) return `${open}${close}`;
  return `${open}${deeper(line)}${parts.join(`,${deeper(line)}`)}${line}${close}`;
}

function textJson(text: string): string {
  return JSON.stringify(text.toWellFormed());
}

/** Go writes floats as JavaScript does, but for the sign of zero. */
function numberJson(value: number): string {
  if (!Number.isFinite(value)) throw refusal('NaN and infinite numbers have no JSON');
  return Object.is(value, -0) ? '-0' : String(value);
}

function escaped(json: string, characters: RegExp): string {
  return json.replaceAll(characters, escapedUnit);
}

/** Numbers are floats in Go, too. What is not JSON is nil for `fromJson` and ends the template for `mustFromJson`; here for both. */
function parsed(text: string): GoValue {
  try {
    return goValueOf(JSON.parse(text));
  } catch {
    throw refusal('fromJson is given what is not JSON');
  }
}

function goValueOf(value: unknown): GoValue {
  if (Array.isArray(value)) return new GoList(value.map(goValueOf));
  if (typeof value === 'object' && value !== null) {
    return new GoMap(new Map(Object.entries(value).map(([key, member]) => [key, goValueOf(member)])));
  }
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return null;
}
