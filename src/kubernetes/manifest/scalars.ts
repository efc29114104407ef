/**
 * Scalars where a string is wanted: what YAML 1.1 readers, and so the API's clients, make of unquoted ones
 * (docs/kubernetes/manifests.md#reading-as-kubernetes-does).
 */
import { SopsError } from '../../errors.js';
import { yamlFloatText } from '../../formats/yaml/float-text.js';
import { readNumber, readPointFloat, UNSIGNED } from '../../formats/yaml/resolve-number.js';
import type { Leaf, LeafValue, Value } from '../../tree/tree.js';
import { branchAt, describe, itemsOf, type Manifest } from './manifest.js';

/** What to do with an unquoted scalar that is not a string for some reader: refuse it, or take it as YAML 1.1 does. */
export type ScalarPolicy = 'refuse' | 'yaml11';

/** The words of YAML 1.1 that are not strings; a null becomes the empty text. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ...'y Y yes Yes YES true True TRUE on On ON'.split(' ').map((word): [string, string] => [word, 'true']),
  ...'n N no No NO false False FALSE off Off OFF'.split(' ').map((word): [string, string] => [word, 'false']),
  ...['', '~', 'null', 'Null', 'NULL'].map((word): [string, string] => [word, '']),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((word): [string, string] => [word, '+Inf']),
  ...['-.inf', '-.Inf', '-.INF'].map((word): [string, string] => [word, '-Inf']),
  ...['.nan', '.NaN', '.NAN'].map((word): [string, string] => [word, 'NaN']),
]);

/** The text that a YAML 1.1 reader makes of a plain scalar whose target is a string; undefined when it is a string as it stands. */
export function oldTextOf(plain: string): string | undefined {
  const word = WORDS.get(plain);
  if (word !== undefined) return word;
  const number = plain.startsWith('.') ? readPointFloat(plain) : /^[-+0-9]/.test(plain) ? readNumber(plain) : undefined;
  if (number === undefined) return undefined;
  return number === UNSIGNED ? plain.replaceAll('_', '') : plainTextOf(number);
}

/** A leaf's text, and whether every reader takes it as that string. */
export interface StringReading {
  readonly text: string;
  readonly isCertain: boolean;
}

/** How a leaf reads where a string is wanted; `text` is the source that the leaf's place points into. */
export function readAsString({ value, source }: Leaf, text: string): StringReading {
  if (source?.style.endsWith('plain')) {
    const old = oldTextOf(text.slice(source.start, source.end));
    if (old !== undefined) return { text: old, isCertain: false };
  }
  return typeof value === 'string' ? { text: value, isCertain: true } : { text: plainTextOf(value), isCertain: false };
}

/**
 * The string at a place of an object. Throws `document-invalid`: for a list or map always, for an unquoted scalar that
 * is not a string for some reader under the policy `refuse`. The value itself is never named.
 */
export function stringOf(value: Value, manifest: Manifest, path: readonly string[], policy: ScalarPolicy): string {
  if (value.kind !== 'leaf')
    throw wrongType(manifest, path, `is a ${value.kind === 'list' ? 'list' : 'map'}, not a text`);
  const reading = readAsString(value, manifest.text);
  if (reading.isCertain || policy === 'yaml11') return reading.text;
  throw wrongType(manifest, path, 'is not quoted, and not every reader of YAML takes it for a string').with(
    'document-invalid',
    {
      hint: 'Put it in quotes, or take it as YAML 1.1 does with --yaml11.',
    },
  );
}

/** The places under `data` and `stringData` of an object whose value is an unquoted scalar and no string for every reader. */
export function looseScalars({ root, text }: Manifest): (readonly string[])[] {
  const found: (readonly string[])[] = [];
  for (const field of ['data', 'stringData']) {
    for (const { key, value } of itemsOf(branchAt(root, field))) {
      if (value.kind === 'leaf' && !readAsString(value, text).isCertain) found.push([field, key]);
    }
  }
  return found;
}

/** A warning for each of {@link looseScalars}, without values. */
export function looseScalarWarnings(manifest: Manifest): string[] {
  return looseScalars(manifest).map(
    (path) =>
      `${describe(manifest)}: ${path.join('.')} is not quoted, and not every reader of YAML takes it for a string`,
  );
}

function wrongType(manifest: Manifest, path: readonly string[], problem: string): SopsError {
  const { file } = manifest.origin;
  const details = { path, ...(file === undefined ? {} : { file }) };
  return new SopsError('document-invalid', `${describe(manifest)}: ${path.join('.')} ${problem}`, details);
}

function plainTextOf(value: Exclude<LeafValue, string>): string {
  if (value === null) return '';
  if (typeof value !== 'number') return String(value);
  return yamlFloatText(value).replace(/^(-?)\.inf$/, (_, sign) => `${sign || '+'}Inf`);
}
