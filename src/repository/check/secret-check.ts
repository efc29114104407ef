/** Secrets in plain sight: keys and tokens in any file, and random values in data files that no rule is for. */

import { formatMeantUnder } from '../../config/name-formats.js';
import { SopsError } from '../../errors.js';
import { leaves } from '../../tree/leaves.js';
import { type Branch, itemOf, type List } from '../../tree/tree.js';
import { append } from '../../util/lists.js';
import { LineIndex } from '../../util/text/line-index.js';
import { decodeText } from '../../util/text/text.js';
import type { Discovery } from './check-finding.js';
import { CHECK_RULES } from './check-rules.js';
import { type ExaminedFile, shellWord } from './examined-file.js';
import { looksSecret } from './secrets/entropy.js';
import type { FoundSecret } from './secrets/pem-secrets.js';
import { isWide, type SecretInFile, secretsIn, wideText } from './secrets/secret-scan.js';

/** The keys and tokens of a file. `isCovered`: a rule has it encrypted. */
export function secretDiscoveries(
  file: Pick<ExaminedFile, 'path' | 'shown' | 'bytes'>,
  isCovered: boolean,
): Discovery[] {
  const name = file.path.slice(file.path.lastIndexOf('/') + 1);
  return secretsIn(file.bytes, name).map((secret) => discoveryOfSecret(secret, file.shown, isCovered));
}

/** What is said of a secret: its kind and length, and nothing of itself. */
export function discoveryOfSecret({ rule, line, length }: SecretInFile, shown: string, isCovered: boolean): Discovery {
  const message = `this looks like ${CHECK_RULES[rule].title} (${length} characters)`;
  return { rule, line, message, next: isCovered ? sealing(shown) : REPLACE };
}

const REPLACE = 'Take it out, and replace it where it is used: whoever had this file knows it.';

function sealing(shown: string): string {
  return `sops-ts encrypt -i ${shellWord(shown)}; if it was pushed, replace it as well.`;
}

/** Files of data that no format of ours is for. */
const DATA = /\.(?:properties|tfvars)$/i;
/** Data that machines write, full of hashes. */
const MACHINE_MADE =
  /(?:^|\/)(?:Chart\.lock|[^/]*-lock\.\w+|[^/]*\.lock(?:\.\w+)?|[^/]*\.sum|composer\.lock|[^/]*\.min\.\w+|[^/]*\.map|go\.sum)$|\.map$/i;

interface NamedValue {
  readonly path: readonly string[];
  /** What it is called where that is not the last of its path. */
  readonly name?: string | undefined;
  readonly value: string;
  readonly offset: number | undefined;
}

/** The values of a data file that look like secrets. */
export async function randomValues(file: ExaminedFile): Promise<Discovery[]> {
  const hasFormat = !formatMeantUnder(file.book?.config, file.path).whole;
  if (!(hasFormat || DATA.test(file.path)) || MACHINE_MADE.test(file.path)) return [];
  const text = isWide(file.bytes) ? wideText(file.bytes) : decodeText(file.bytes);
  const values = (await valuesOf(file)) ?? valuesOfText(text);
  const lines = new LineIndex(text);
  return values.flatMap(({ path, name, value, offset }) => {
    if (!looksSecret(name ?? path.at(-1) ?? '', value, path)) return [];
    const secret: FoundSecret = { rule: 'high-entropy-value', start: offset ?? 0, length: value.length };
    const line = offset === undefined ? undefined : lines.lineAt(offset);
    const message = `this looks like a secret: ${secret.length} random characters`;
    const next =
      'Encrypt it: a creation rule with a path_regex for this file, then sops-ts encrypt -i. Or say why not: sops-ts:allow REASON.';
    return [{ rule: secret.rule, line, keyPath: path, message, next }];
  });
}

async function valuesOf({ path, book, readPlain }: ExaminedFile): Promise<NamedValue[] | null> {
  const row = formatMeantUnder(book?.config, path);
  const read = row.whole ? null : await readPlain(row);
  if (!read || read instanceof SopsError) return null;
  const values: NamedValue[] = [];
  for (const { node, path: keys, container } of leaves(read.documents)) {
    const { value, source } = node;
    if (typeof value !== 'string') continue;
    const name = keys.at(-1) === 'value' ? nameBeside(container) : undefined;
    values.push({ path: keys, name, value, offset: source?.start });
    if (value.includes('\n')) append(values, valuesWithin(value, keys, source?.start));
  }
  return values;
}

/** Maps of which `value` is one of a pair are small. */
const MOST_ENTRIES = 16;

/** What a `value` is called by the `name` or `key` beside it, as the variables of containers are. */
function nameBeside(container: Branch | List): string | undefined {
  if (container.kind !== 'branch' || container.items.length > MOST_ENTRIES) return undefined;
  const beside = (itemOf(container, 'name') ?? itemOf(container, 'key'))?.value;
  return beside?.kind === 'leaf' && typeof beside.value === 'string' ? beside.value : undefined;
}

/** What stands in the lines of a value that is a text of settings, as ConfigMaps hold them; placed where the text begins. */
function valuesWithin(text: string, path: readonly string[], offset: number | undefined): NamedValue[] {
  return valuesOfLines(text).map((one) => ({ path: [...path, ...one.path], value: one.value, offset }));
}

const LINE =
  /^[ \t]{0,64}(?:-[ \t]{1,8}){0,4}([\w.-]{1,128})["']?[ \t]{0,8}[:=][ \t]{0,8}["']?([^\s"']{16,512})["',;]{0,2}[ \t]*\r?$/gm;

/** JSON and the maps of Terraform may have all in one line. */
const ENTRY = /(?<![\w.-])([\w.-]{1,128})"?\s{0,8}[:=]\s{0,8}"([^\s"\\]{16,512})"/g;

/** A text in quotes by itself. */
const BARE = /"()([^\s"\\]{16,512})"(?!\s{0,8}[:=])/g;

/** Names and values of lines. */
function valuesOfLines(text: string, patterns: readonly RegExp[] = [LINE, ENTRY]): NamedValue[] {
  const found = new Map<number, NamedValue>();
  for (const { 0: all, 1: name = '', 2: value = '', index } of patterns.flatMap((one) => [...text.matchAll(one)])) {
    const offset = index + all.lastIndexOf(value);
    found.set(offset, { path: name === '' ? [] : [name], value, offset });
  }
  return [...found.values()];
}

/** The values of what has no reader here or could not be read; those of lists, too, which have no names. */
function valuesOfText(text: string): NamedValue[] {
  return valuesOfLines(text, [BARE, LINE, ENTRY]);
}
