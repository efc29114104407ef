/** A plain file next to what was before its commit: encrypted itself, or under rules that have it encrypted. */
import { formatMeantUnder } from '../../config/name-formats.js';
import { SopsError } from '../../errors.js';
import { formatNamed } from '../../formats/registry.js';
import { type EncryptedFile, parseEncrypted } from '../../operations/read/encrypted-files.js';
import { LineIndex } from '../../util/text/line-index.js';
import { oneLine } from '../../util/text/one-line.js';
import type { Discovery } from './check-finding.js';
import { isConfig } from './examine-file.js';
import { type ExaminedFile, lineOf, shellWord } from './examined-file.js';
import { examinePlain } from './plain-file.js';
import type { BookOf } from './rule-books.js';
import { valuesSeen } from './seen-values.js';

/** Rules that a commit goes by besides its own, and what to say of them. */
export interface OtherRules {
  readonly bookOf: BookOf;
  /** Whose they are, after "as the rules … have it". */
  readonly whose: string;
  readonly next: string;
}

export const OF_PARENT = {
  whose: 'before this commit',
  next: 'or commit the change of the rules by itself first',
};
export const OF_WORK_TREE = {
  whose: 'of the work tree, which are not part of the commit,',
  next: 'and git add .sops.yaml, if its rules are meant',
};

/** Every value counts, whatever selections say. */
const ALL = { rule: 'encrypted_suffix', suffix: '' } as const;

/** A plain file that was encrypted before: its values that are readable now. Null for none. */
export async function turnedPlain(file: ExaminedFile, before: readonly Buffer[]): Promise<Discovery | null> {
  for (const bytes of before) {
    const sealed = await sealedKeys(bytes, file.path);
    const place = sealed && (await plainAmong(file, sealed));
    if (!place) continue;
    const first =
      place.keyPath.length > 0 ? `; the first of its values is ${place.keyPath.map(oneLine).join('.')}` : '';
    const message = `it was encrypted before this commit, and is not any more${first}`;
    const next = `sops-ts encrypt -i ${shellWord(file.shown)}. If this is meant, say why in a comment there: sops-ts:allow REASON`;
    return { rule: 'no-longer-encrypted', line: place.line, message, next };
  }
  return null;
}

/** The paths of what is encrypted in a file; `whole` for one that is encrypted in one piece, null for one that is not encrypted. */
async function sealedKeys(bytes: Buffer, path: string): Promise<ReadonlySet<string> | 'whole' | null> {
  const read = await parsedIfEncrypted(bytes, path);
  if (!read) return null;
  if (formatNamed(read.store.name).whole) return 'whole';
  const seen = valuesSeen(read.file.documents, ALL);
  return new Set(
    seen.flatMap(({ kind, state, path: keys }) => (kind === 'value' && state !== 'plain' ? [idOf(keys)] : [])),
  );
}

/** An encrypted file of git's; null for any other, and for one that is broken, of which its own commit was told. */
export async function parsedIfEncrypted(bytes: Buffer, path: string): Promise<EncryptedFile | null> {
  try {
    return await parseEncrypted(bytes, path);
  } catch (error) {
    if (error instanceof SopsError) return null;
    throw error;
  }
}

interface PlainPlace {
  readonly line: number | undefined;
  readonly keyPath: readonly string[];
}

async function plainAmong(file: ExaminedFile, sealed: ReadonlySet<string> | 'whole'): Promise<PlainPlace | null> {
  if (file.bytes.toString('latin1').trim() === '') return null;
  const row = formatMeantUnder(file.book?.config, file.path);
  const parsed = row.whole || sealed === 'whole' ? null : await file.readPlain(row);
  if (!parsed || parsed instanceof SopsError || sealed === 'whole') return { line: 1, keyPath: [] };
  const plain = valuesSeen(parsed.documents, ALL).find(
    ({ kind, state, path, offset }) =>
      kind === 'value' && state === 'plain' && sealed.has(idOf(path)) && !standsForOther(parsed.text, offset),
  );
  return plain ? { line: lineOf(new LineIndex(parsed.text), plain.offset), keyPath: plain.path } : null;
}

/** All of a value that names one which is elsewhere: a reference, a variable without a default, a template without a text in it. */
const PLACEHOLDER =
  /["']?(?:(?:secret)?ref\+(?!echo:)[a-z0-9]{1,32}:\/\/\S*|(?:\$\{\w{1,128}\}|\{\{[^"'`\n]{0,256}\}\})["']?)[ \t]*(?:[,}\]#\r\n]|$)/y;

function standsForOther(text: string, offset: number | undefined): boolean {
  PLACEHOLDER.lastIndex = offset ?? text.length;
  return PLACEHOLDER.test(text);
}

function idOf(path: readonly string[]): string {
  return JSON.stringify(path);
}

/** A new plain file that other rules than those of its commit have encrypted. Null for none; rules that are broken say nothing here. */
export async function heldByOthers(file: ExaminedFile, others: readonly OtherRules[]): Promise<Discovery | null> {
  if (isConfig(file.path)) return null;
  for (const { bookOf, whose, next } of others) {
    try {
      const book = await bookOf(file.absolute);
      const covering = book?.ruleFor(file.absolute);
      if (!book || !covering || covering.isForAll) continue;
      const { discoveries } = await examinePlain({ ...file, book }, book, covering.rule);
      const found = discoveries.find(({ rule }) => rule === 'not-encrypted');
      if (found)
        return { ...found, message: `${found.message}: so the rules ${whose} have it`, next: `${found.next}; ${next}` };
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
    }
  }
  return null;
}
