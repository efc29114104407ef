/** One file: what it is by its bytes, and the checks that this calls for; most files need no parser. */
import { formatMeantUnder } from '../../config/name-formats.js';
import { SopsError } from '../../errors.js';
import { conflictLines } from '../../formats/merge-conflict.js';
import { recognise } from '../../formats/recognise.js';
import { type EncryptedFile, isPassing, parseEncrypted } from '../../operations/read/encrypted-files.js';
import type { Branch } from '../../tree/tree.js';
import { oneLine } from '../../util/one-line.js';
import { decodeText } from '../../util/text.js';
import type { Discovery } from './check-finding.js';
import { examineEncrypted, RESTORE } from './encrypted-file.js';
import { type ExaminedFile, lineOf } from './examined-file.js';
import { LineIndex } from './line-index.js';
import { examinePlain } from './plain-file.js';
import type { CoveringRule } from './rule-book.js';
import { valuesSeen } from './seen-values.js';

/** What came of one file. */
export interface Examination {
  readonly discoveries: readonly Discovery[];
  /** The file as it was read, if it is encrypted. */
  readonly encrypted?: EncryptedFile;
  /** The rule that is for the file. */
  readonly covering: CoveringRule | null;
  /** Whether that rule encrypts nothing of a file that has values. */
  readonly passesOver?: boolean;
}

const CONFIG_NAMES = new Set(['.sops.yaml', '.sops.yml']);
/** What an encrypted file may still hold one of when the other was cut off. */
const MARKS = ['ENC[AES256_GCM,', 'sops'] as const;
/** The second mark as UTF-16 holds it, in either order of bytes. */
const WIDE = 's\0o\0p\0s';

/** Looks at a file without a key. Throws what rules that are wrong throw, and nothing for what is wrong with the file. */
export async function examineFile(file: ExaminedFile): Promise<Examination> {
  const name = file.path.slice(file.path.lastIndexOf('/') + 1);
  if (isPassing(name)) return { discoveries: [trackedLock(file)], covering: null };
  if (CONFIG_NAMES.has(name)) return { discoveries: [], covering: null };
  const covering = file.book?.ruleFor(file.absolute) ?? null;
  const isMarked = mayHoldCiphertext(file.bytes);
  const isWanted = covering !== null && !covering.isForAll;
  if (!isMarked && !isWanted) return { discoveries: [], covering };
  const merge = conflictIn(file.bytes, isWanted);
  if (merge) return { discoveries: [merge], covering };
  if (isMarked) {
    const found = await examineMarked(file, covering);
    if (found) return { ...found, covering };
  }
  if (!isWanted || !file.book) return { discoveries: [], covering };
  const { discoveries, isSelected } = await examinePlain(file, file.book, covering.rule);
  return { discoveries, covering, passesOver: !isSelected };
}

/** Whether bytes are worth a parser for what they hold; neither mark is in most files of a repository. */
export function mayHoldCiphertext(bytes: Buffer): boolean {
  return MARKS.some((mark) => bytes.includes(mark)) || bytes.includes(WIDE);
}

function trackedLock(file: ExaminedFile): Discovery {
  const message = 'a file that sops-ts keeps for the length of a write is in the repository';
  return { rule: 'tracked-lock', message, next: `git rm --cached ${file.shown}` };
}

/** Marks of git in a file that is, or should be, encrypted; in other files they are nobody's business here. */
function conflictIn(bytes: Buffer, isWanted: boolean): Discovery | null {
  if (!bytes.includes('<<<<<<<') && !bytes.includes('>>>>>>>')) return null;
  if (!isWanted && !(bytes.includes(MARKS[0]) && bytes.includes(MARKS[1]))) return null;
  const [line] = conflictLines(decodeText(bytes));
  if (line === undefined || !(isWanted || isSealedText(bytes))) return null;
  const message = 'the file holds an unfinished merge: marks of git';
  return {
    rule: 'conflict-markers',
    line,
    message,
    next: 'Finish the merge, then look at the file with sops-ts decrypt.',
  };
}

/** What stands in metadata and in no text about them: a line that opens them, and a wrapped key or MAC. */
const SEALED = /^(?:["']?sops["']?:|sops_[a-z_]+=|\[\[?sops)|"sops"\s*:/m;

function isSealedText(bytes: Buffer): boolean {
  return SEALED.test(decodeText(bytes));
}

/** A file that holds what encrypted files hold; null for one that turns out to be plain. */
async function examineMarked(
  file: ExaminedFile,
  covering: CoveringRule | null,
): Promise<Pick<Examination, 'discoveries' | 'encrypted'> | null> {
  let read: EncryptedFile | null;
  try {
    read = (await parseEncrypted(file.bytes, file.path)) ?? (await withBareMetadata(file));
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return { discoveries: brokenFile(file, error, covering) };
  }
  if (read) return { discoveries: await examineEncrypted(file, read, covering), encrypted: read };
  const lost = await lostMetadata(file);
  return lost.length > 0 ? { discoveries: lost } : null;
}

/**
 * A file with metadata and not one ciphertext, whose MAC went as well. An entry called `sops` alone may be anybody's: it takes
 * recipients or a time as well.
 */
async function withBareMetadata(file: ExaminedFile): Promise<EncryptedFile | null> {
  if (!file.bytes.includes('lastmodified') || !isSealedText(file.bytes)) return null;
  const found = await recognise(file.bytes, formatMeantUnder(file.book?.config, file.path));
  return found.file.metadata ? { bytes: file.bytes, ...found } : null;
}

/** A file that was surely encrypted, or should be, and cannot be read. Any other is no business of ours. */
function brokenFile(file: ExaminedFile, error: SopsError, covering: CoveringRule | null): Discovery[] {
  const isOurs = isSealedText(file.bytes) || (covering && !covering.isForAll);
  if (!isOurs && formatMeantUnder(file.book?.config, file.path).whole) return [];
  const line = /\bline (\d+)/.exec(error.message)?.[1];
  const message = `it looks encrypted and cannot be read: ${oneLine(error.message)}`;
  return [{ rule: 'malformed-metadata', line: line === undefined ? undefined : Number(line), message, next: RESTORE }];
}

/** Ciphertexts as values of a file that has no metadata. */
async function lostMetadata(file: ExaminedFile): Promise<Discovery[]> {
  const row = formatMeantUnder(file.book?.config, file.path);
  if (row.whole || !file.bytes.includes(MARKS[0])) return [];
  const documents = await documentsOf(file);
  if (!documents) return [];
  const all = valuesSeen(documents.documents, { rule: 'encrypted_suffix', suffix: '' });
  const first = all.find(({ kind, state }) => kind === 'value' && state !== 'plain');
  if (!first) return [];
  const place = { line: lineOf(new LineIndex(documents.text), first.offset), keyPath: first.path };
  const message = 'the file holds encrypted values and no metadata that say who can open them';
  return [{ rule: 'missing-metadata', ...place, message, next: RESTORE }];
}

async function documentsOf(file: ExaminedFile): Promise<{ documents: readonly Branch[]; text: string } | null> {
  const store = await formatMeantUnder(file.book?.config, file.path).load();
  try {
    return store.parse(file.bytes);
  } catch (error) {
    if (error instanceof SopsError) return null;
    throw error;
  }
}
