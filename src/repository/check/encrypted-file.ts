/** A file with metadata: whether it is whole, encrypted where it should be, and as its creation rule says. */

import { formatMeantUnder } from '../../config/name-formats.js';
import { SopsError } from '../../errors.js';
import { type FormatRow, formatNamed } from '../../formats/registry.js';
import { isWrappedWell, keyStringOf } from '../../keyservice/keyservice.js';
import { metadataFromBranch } from '../../metadata/from-branch.js';
import { DEFAULT_SELECTION, type Metadata } from '../../metadata/metadata.js';
import { metadataComments } from '../../metadata/metadata-comments.js';
import { scopeOf } from '../../metadata/scope-of.js';
import { unknownFields } from '../../metadata/unknown-fields.js';
import type { EncryptedFile } from '../../operations/read/encrypted-files.js';
import { FORMAT_VERSION } from '../../operations/write/encrypt.js';
import { type EncryptionScope, selectorOf } from '../../tree/scope.js';
import { append } from '../../util/lists.js';
import { LineIndex } from '../../util/text/line-index.js';
import { oneLine } from '../../util/text/one-line.js';
import type { Discovery } from './check-finding.js';
import { type ExaminedFile, lineOf, metadataLine, shellWord } from './examined-file.js';
import { trapsOf } from './plain-file.js';
import { compareWithRule } from './recipients-check.js';
import type { CoveringRule } from './rule-book.js';
import { type SeenValue, stateOf, valuesSeen } from './seen-values.js';
import { secondOpinion } from './yaml-opinion.js';

/** Everything about an encrypted file that can be told without a key. Throws `config` and `key` for a rule that is wrong. */
export async function examineEncrypted(
  file: ExaminedFile,
  read: EncryptedFile,
  covering: CoveringRule | null,
): Promise<Discovery[]> {
  const lines = new LineIndex(read.file.text);
  const line = metadataLine(read.file.text, lines);
  const metadata = metadataOf(read);
  if (metadata instanceof SopsError) return [brokenMetadata(metadata.message, line)];
  const row = formatNamed(read.store.name);
  const scope = row.whole
    ? ({ rule: 'encrypted_suffix', suffix: '' } as const)
    : await scopeOf(metadata.selection, 'read');
  return [
    ...(await wholenessOf(read, metadata, line)),
    ...(await valuesIn(file, read, { scope, lines, line })),
    ...(covering ? await againstRule(file, read, { metadata, covering, lines, line }) : ruleless(file, line)),
    ...recognition(read, row, line),
    ...unknownMetadata(read, metadata, { lines, line }),
    ...dotenvIn(file, read, row, lines),
  ];
}

function metadataOf({ file }: EncryptedFile): Metadata | SopsError {
  try {
    return metadataFromBranch(file.metadata);
  } catch (error) {
    if (error instanceof SopsError) return error;
    throw error;
  }
}

export const RESTORE = 'Take the file from a commit in which it was whole; git log shows them.';

function brokenMetadata(message: string, line: number | undefined): Discovery {
  return { rule: 'malformed-metadata', line, message: oneLine(message), next: RESTORE };
}

/** What is missing in metadata that can be read. */
async function wholenessOf(
  { file }: EncryptedFile,
  metadata: Metadata,
  line: number | undefined,
): Promise<Discovery[]> {
  const found: Discovery[] = [];
  const { strayDocument } = file;
  if (strayDocument !== undefined)
    found.push(brokenMetadata(`document ${strayDocument} was not encrypted with the ones before it`, line));
  if (metadata.mac === '') found.push(brokenMetadata('the metadata hold no MAC', line));
  else if (stateOf(metadata.mac) !== 'encrypted') found.push(brokenMetadata('the MAC is not ciphertext', line));
  if (metadata.layout !== undefined && stateOf(metadata.layout) !== 'encrypted')
    found.push(brokenMetadata('sops_ts_layout is not a ciphertext', line));
  for (const key of metadata.keyGroups.flat()) {
    const isEmpty = key.enc.trim() === '';
    if (!isEmpty && (await isWrappedWell(key))) continue;
    const holds = isEmpty ? 'no data key' : 'what is not a wrapped data key, so that nobody can open it';
    found.push(brokenMetadata(`the entry of ${oneLine(await keyStringOf(key))} holds ${holds}`, line));
  }
  if (metadata.keyGroups.some((group) => group.length === 0))
    found.push(brokenMetadata('a key group holds no key', line));
  return found;
}

interface Reading {
  readonly scope: EncryptionScope;
  readonly lines: LineIndex;
  readonly line: number | undefined;
}

/** The values by the selection that the file itself names. */
async function valuesIn(file: ExaminedFile, read: EncryptedFile, reading: Reading): Promise<Discovery[]> {
  const { scope, lines, line } = reading;
  const seen = valuesSeen(read.file.documents, scope);
  const found = seen.flatMap((value) => discoveryOf(value, lines, file));
  if (formatNamed(read.store.name).secondReading) append(found, await opinionOn(read, scope, { seen, lines, file }));
  if (read.file.strayText !== undefined) found.push(strayText(read.file.strayText, lines));
  append(found, commentsOnMetadata(read, scope, seen, { lines, file }));
  const values = seen.filter(({ kind }) => kind === 'value');
  // Under the default each key says itself that its value stays readable.
  if (
    hasOwnSelection(read) &&
    values.length > 0 &&
    !values.some(({ state, selected }) => selected || state !== 'plain')
  ) {
    const message = `none of its ${values.length} value(s) is encrypted: the selection of the file matches none`;
    const next = `Correct the selection in .sops.yaml, then: sops-ts decrypt -i ${shellWord(file.shown)} && sops-ts encrypt -i ${shellWord(file.shown)}`;
    found.push({ rule: 'nothing-encrypted', line, message, next });
  }
  return found;
}

function strayText(offset: number, lines: LineIndex): Discovery {
  const message = 'what stands here is not part of the document, and not encrypted';
  const next = 'Take it out; if it was pushed, it is known: choose a new one.';
  return { rule: 'plain-value', line: lines.lineAt(offset), message, next };
}

/** Comments among the metadata, which nobody reads, and those after everything, where in most formats it stands. */
function commentsOnMetadata(
  { file: { metadata, text } }: EncryptedFile,
  scope: EncryptionScope,
  seen: readonly SeenValue[],
  { lines, file }: Pick<Opined, 'lines' | 'file'>,
): Discovery[] {
  if (!selectorOf(scope).selects(false)) return [];
  const known = new Set(seen.map(({ kind, offset }) => (kind === 'comment' ? lineOf(lines, offset) : undefined)));
  const at = (of: readonly number[], where: string): Discovery[] =>
    of
      .filter((line) => !known.has(line))
      .map((line) => ({
        rule: 'plain-comment' as const,
        line,
        message: `this comment stands ${where} the metadata, and is not encrypted`,
        next: mending(file),
      }));
  const among = metadataComments(metadata).flatMap(({ source }) => lineOf(lines, source?.start) ?? []);
  const behind = lastCommentLines(text).filter((line) => !among.includes(line));
  return [...at(among, 'among'), ...at(behind, 'behind')];
}

function lastCommentLines(text: string): number[] {
  const found: number[] = [];
  const all = text.trimEnd().split('\n');
  for (let line = all.length; /^\s*(?:[;#]|$)/.test(all[line - 1] ?? 'none'); line--)
    if (/[;#]\s*\S/.test(all[line - 1] ?? '')) found.unshift(line);
  return found;
}

function hasOwnSelection(read: EncryptedFile): boolean {
  const { selection } = metadataFromBranch(read.file.metadata);
  const { option, text } = selection ?? DEFAULT_SELECTION;
  return option !== DEFAULT_SELECTION.option || text !== DEFAULT_SELECTION.text;
}

interface Opined {
  readonly seen: readonly SeenValue[];
  readonly lines: LineIndex;
  readonly file: ExaminedFile;
}

async function opinionOn(
  read: EncryptedFile,
  scope: EncryptionScope,
  { seen, lines, file }: Opined,
): Promise<Discovery[]> {
  const { plain, discoveries } = await secondOpinion(read.file.text, scope, seen, lines);
  const told = plain.flatMap((place) => discoveryOf({ ...place, kind: 'value', selected: true }, lines, file));
  return [...told.map((one) => ({ ...one, message: `${one.message} (as the package yaml reads it)` })), ...discoveries];
}

function discoveryOf(value: SeenValue, lines: LineIndex, file: ExaminedFile): Discovery[] {
  const { kind, path, selected, state, offset, text = '' } = value;
  const place = { line: lineOf(lines, offset), keyPath: path };
  if (state === 'malformed' && selected)
    return [
      {
        rule: 'malformed-value',
        ...place,
        message: `this ${kind} begins like a ciphertext but is not one`,
        next: RESTORE,
      },
    ];
  if (state === 'plain' && selected) {
    if (kind === 'value')
      return [{ rule: 'plain-value', ...place, message: 'this value is not encrypted', next: mending(file) }];
    if (text.includes('sops-ts:allow')) return [];
    return [{ rule: 'plain-comment', ...place, message: 'this comment is not encrypted', next: mending(file) }];
  }
  if (state === 'encrypted' && !selected && kind === 'value')
    return [
      {
        rule: 'value-outside-selection',
        ...place,
        message: 'this ciphertext stands where the selection leaves values as they are, so it is never decrypted',
        next: 'Correct the selection, or put the plaintext there.',
      },
    ];
  return [];
}

function mending(file: ExaminedFile): string {
  const word = shellWord(file.shown);
  return `Take it out, and put it in again with sops-ts edit ${word}; if it was pushed, it is known: choose a new one.`;
}

interface Against extends Omit<Reading, 'scope'> {
  readonly metadata: Metadata;
  readonly covering: CoveringRule;
}

/** The file next to its rule; values that the rule has encrypted and the file does not are found whatever the file says. */
async function againstRule(file: ExaminedFile, read: EncryptedFile, against: Against): Promise<Discovery[]> {
  const { book } = file;
  const { metadata, covering, lines, line } = against;
  if (!book) return [];
  const { rule } = covering;
  const differing = await compareWithRule({ file, metadata, format: read.store.name, book, rule, line });
  if (!differing.some(({ rule: id }) => id === 'selection-differs')) return differing;
  const { scope } = await book.optionsOf(rule);
  const own = valuesSeen(read.file.documents, await scopeOf(metadata.selection, 'read'));
  const known = new Set(own.map((value) => `${value.offset}:${value.selected}`));
  const byRule = valuesSeen(read.file.documents, scope);
  const wanted = byRule.filter(
    ({ kind, selected, state, offset }) =>
      kind === 'value' && selected && state === 'plain' && !known.has(`${offset}:true`),
  );
  const exposed = byRule.filter(({ selected, state }) => state === 'encrypted' && !selected).length;
  const plain = wanted.flatMap((value) => discoveryOf(value, lines, file));
  return [
    ...differing.map((one) => (one.rule === 'selection-differs' ? withExposed(one, exposed) : one)),
    ...plain.map((one) => ({ ...one, message: `${one.message}, as ${rule.name} has it` })),
  ];
}

/** A rule that selects less makes readable what is not: nobody but a person may have wanted that. */
function withExposed(discovery: Discovery, exposes: number): Discovery {
  if (exposes === 0) return discovery;
  const what = `${exposes} value(s) or comment(s) that are encrypted now would be readable`;
  return { ...discovery, exposes, message: `${discovery.message}, by which ${what}` };
}

function ruleless(file: ExaminedFile, line: number | undefined): Discovery[] {
  if (!file.book?.hasRules) return [];
  const message = `it is encrypted, and no creation rule of ${file.book.config.path} is for it`;
  return [{ rule: 'no-creation-rule', line, message, next: `Add a rule for it: sops-ts why ${shellWord(file.shown)}` }];
}

function recognition({ file }: EncryptedFile, row: FormatRow, line: number | undefined): Discovery[] {
  const marker = row.marker ?? (row.container && formatNamed(row.container).marker);
  if (!marker || marker.test(file.text)) return [];
  const message = `other programs know an encrypted ${row.name} file by a text that this one does not have`;
  return [
    { rule: 'unrecognised-metadata', line, message, next: 'sops-ts rotate -i writes the metadata as sops does.' },
  ];
}

/**
 * Entries that no SOPS writes: what somebody adds after the last line of a file ends up in the metadata, neither encrypted nor covered by
 * the MAC.
 */
function unknownMetadata(
  { file }: EncryptedFile,
  { version }: Metadata,
  reading: Pick<Reading, 'lines' | 'line'>,
): Discovery[] {
  const { lines, line } = reading;
  if (!file.metadata || isNewer(version, FORMAT_VERSION)) return [];
  return unknownFields(file.metadata).map(({ path, value }) => ({
    rule: 'plain-value' as const,
    line: (value.kind === 'leaf' && lineOf(lines, value.source?.start)) || line,
    keyPath: ['sops', ...path],
    message: 'this stands among the metadata but is not part of it, and is not encrypted',
    next: 'Take it out, and put it in with sops-ts edit; if it was pushed, it is known: choose a new one.',
  }));
}

/** Whether a version is a later one than another, as far as numbers tell. */
function isNewer(one: string, other: string): boolean {
  const [left, right] = [one, other].map((version) => version.replace(/^v/, '').split('.').map(Number.parseFloat));
  const at = [0, 1, 2].find((index) => left?.[index] !== right?.[index]);
  return at !== undefined && (left?.[at] ?? 0) > (right?.[at] ?? 0);
}

function dotenvIn(file: ExaminedFile, read: EncryptedFile, row: FormatRow, lines: LineIndex): Discovery[] {
  const meant = formatMeantUnder(file.book?.config, file.path);
  if (row.whole && meant.variables) {
    const message = 'its name is that of a dotenv file, and it is encrypted in one piece';
    const next = `sops-ts decrypt --output-type binary -i, then sops-ts encrypt --input-type dotenv -i ${shellWord(file.shown)}`;
    return [{ rule: 'dotenv-as-binary', message, next }];
  }
  return trapsOf(read.file, row, lines);
}
