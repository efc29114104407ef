/** A file without metadata: whether a creation rule would have it encrypted. */

import type { CreationRule } from '../../config/model.js';
import { formatMeantUnder } from '../../config/name-formats.js';
import { SopsError } from '../../errors.js';
import { dotenvSurprises } from '../../formats/dotenv-surprises.js';
import type { FormatRow } from '../../formats/registry.js';
import type { SourceFile } from '../../formats/store.js';
import { type EncryptionScope, selectorOf } from '../../tree/scope.js';
import { LineIndex } from '../../util/text/line-index.js';
import { oneLine } from '../../util/text/one-line.js';
import { decodeText } from '../../util/text/text.js';
import { allowedLines } from './allowed-lines.js';
import type { Discovery } from './check-finding.js';
import { type ExaminedFile, lineOf, metadataLine, shellWord } from './examined-file.js';
import type { RuleBook } from './rule-book.js';
import { type SeenValue, stateOf, valuesSeen } from './seen-values.js';
import { secondOpinion } from './yaml-opinion.js';

/** What came of a plain file. */
export interface PlainVerdict {
  readonly discoveries: readonly Discovery[];
  /** Whether the rule would encrypt something of it, or there is nothing to be encrypted; false for a rule that passes over all values. */
  readonly isSelected: boolean;
}

const NOTHING: PlainVerdict = { discoveries: [], isSelected: true };

/** Looks at a plain file for which a rule is. Throws `config` for a rule that is wrong. */
export async function examinePlain(file: ExaminedFile, book: RuleBook, rule: CreationRule): Promise<PlainVerdict> {
  if (file.bytes.length === 0) return NOTHING;
  const options = await book.optionsOf(rule);
  const row = formatMeantUnder(file.book?.config, file.path);
  const parsed = await file.readPlain(row);
  if (parsed instanceof SopsError) return unreadableFor(file, row, rule, { error: parsed, scope: options.scope });
  const lines = new LineIndex(parsed.text);
  if (row.whole) return { discoveries: [notEncrypted(file, rule, { line: 1 })], isSelected: true };
  if (parsed.metadata) {
    const found = underReservedName(file, row, rule, metadataLine(parsed.text, lines));
    return { discoveries: [found], isSelected: true };
  }
  const seen = valuesSeen(parsed.documents, options.scope);
  const values = seen.filter(({ kind }) => kind === 'value');
  const opinion = row.secondReading ? await secondOpinion(parsed.text, options.scope, seen, lines) : null;
  // What begins as a ciphertext does counts as plain here, where nobody could open it.
  const wanted: PlainValue[] = [...values.filter(({ selected }) => selected), ...(opinion?.plain ?? [])];
  if (parsed.strayText !== undefined) wanted.push({ path: [], offset: parsed.strayText });
  if (wanted.length > 0) {
    const place = placeOf(wanted, lines, parsed.text);
    return { discoveries: [notEncrypted(file, rule, place), ...trapsOf(parsed, row, lines)], isSelected: true };
  }
  const isSelected = values.length === 0 || values.some(({ selected }) => selected);
  const comments = seen.filter(({ kind, selected, text = '' }) => kind === 'comment' && selected && SETTING.test(text));
  const settings = comments.map(({ offset }) => settingInComment(file, rule, lineOf(lines, offset)));
  return { discoveries: [...(opinion?.discoveries ?? []), ...settings], isSelected };
}

type PlainValue = Pick<SeenValue, 'path' | 'offset'>;

/** Where the first of some values stands, and how many there are; what a comment allows does not stand for the others. */
function placeOf(wanted: readonly PlainValue[], lines: LineIndex, text: string): PlainFinding {
  const isAllowed = allowedLines(text);
  const open = wanted.filter(({ offset }) => !isAllowed(lineOf(lines, offset)));
  const told = open.length > 0 ? open : wanted;
  return { line: lineOf(lines, told[0]?.offset), keyPath: told[0]?.path ?? [], count: told.length };
}

interface Unreadable {
  readonly error: SopsError;
  readonly scope: EncryptionScope;
}

function unreadableFor(
  file: ExaminedFile,
  row: FormatRow,
  rule: CreationRule,
  { error, scope }: Unreadable,
): PlainVerdict {
  if (error.code === 'empty-file' || isBlank(file.bytes)) return settingsIn(file, rule, scope);
  const message = `${rule.name} is for this file; it is not encrypted, and no ${row.name} either: ${oneLine(error.message)}`;
  const next = `Mend it, or give the rule a narrower path_regex: sops-ts why ${shellWord(file.shown)}`;
  return { discoveries: [{ rule: 'not-encrypted', line: 1, message, next }], isSelected: true };
}

/** What stands at the place of the metadata and is not one: no program encrypts a file that has it. */
function underReservedName(
  file: ExaminedFile,
  row: FormatRow,
  rule: CreationRule,
  line: number | undefined,
): Discovery {
  const entry = row.variables ? 'entries whose names begin with sops_' : 'an entry called sops';
  const message = `${rule.name} is for this file; it is not encrypted, and cannot be: it has ${entry}, the place of the metadata`;
  const next = `Rename what stands there, then: sops-ts encrypt -i ${shellWord(file.shown)}`;
  return { rule: 'not-encrypted', line, message, next };
}

/** A setting in a comment: a name, and one word as its value. Comments that tell something have more, or are for programs. */
const SETTING =
  /^[\s#;-]*(?!SPDX|vim?\b|yaml-language-server|https?:)["']?[\w.][\w.-]{0,127}["']?\s{0,8}[:=]\s{0,8}["']?[^\s"']{4,}["']?,?\s*$/;

/** Settings that were made comments in a file of comments, which cannot be encrypted as it is. */
function settingsIn(file: ExaminedFile, rule: CreationRule, scope: EncryptionScope): PlainVerdict {
  if (!selectorOf(scope).selects(false)) return NOTHING;
  const settings = decodeText(file.bytes)
    .split('\n')
    .flatMap((text, at) => (SETTING.test(text) ? [settingInComment(file, rule, at + 1)] : []));
  return { discoveries: settings, isSelected: true };
}

function settingInComment(file: ExaminedFile, rule: CreationRule, line: number | undefined): Discovery {
  const message = `${rule.name} is for this file, and this comment holds a setting that is not encrypted`;
  const next = `Take it out, or put it into force and then: sops-ts encrypt -i ${shellWord(file.shown)}`;
  return { rule: 'plain-comment', line, message, next };
}

/** Comments alone are not a document of any format that needs one, and nothing to encrypt. */
function isBlank(bytes: Buffer): boolean {
  return decodeText(bytes)
    .split('\n')
    .every((line) => /^\ufeff?\s*(?:[#;].*|---\s*)?$/.test(line));
}

interface PlainFinding {
  readonly line: number | undefined;
  readonly keyPath?: readonly string[];
  readonly count?: number;
}

function notEncrypted(file: ExaminedFile, rule: CreationRule, { line, keyPath, count }: PlainFinding): Discovery {
  const what = count !== undefined && count > 1 ? `${count} of its values are` : 'it is';
  const message = `${rule.name} is for this file, and ${what} not encrypted`;
  // The key path of its first value would give the finding another fingerprint with every edit.
  const first = keyPath && keyPath.length > 0 ? `; the first is ${keyPath.map(oneLine).join('.')}` : '';
  return { rule: 'not-encrypted', line, message: message + first, next: `sops-ts encrypt -i ${shellWord(file.shown)}` };
}

/** What of a dotenv file SOPS would read otherwise: best mended before it is encrypted, when nobody sees it any more. */
export function trapsOf(file: SourceFile, row: Pick<FormatRow, 'variables'>, lines: LineIndex): Discovery[] {
  if (!row.variables) return [];
  const [document] = file.documents;
  return dotenvSurprises(document?.items ?? [], file.text).flatMap(({ path, leaf, reading }) => {
    // Whatever is wrong around a ciphertext is reported as such.
    if (stateOf(leaf.value) !== 'plain' && !/name/.test(reading)) return [];
    const next = 'Write NAME=value without quotes, export, or a comment after it.';
    return [
      {
        rule: 'dotenv-trap' as const,
        line: lineOf(lines, leaf.source?.start),
        keyPath: path,
        message: `SOPS reads this line differently than programs do: ${reading}`,
        next,
      },
    ];
  });
}
