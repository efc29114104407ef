/** One file: what it is by its bytes, and the checks that this calls for; most files need no parser. */
import { parseEncryptedValue } from '../../cipher/encrypted-value.js';
import { formatMeantUnder } from '../../config/name-formats.js';
import { SopsError } from '../../errors.js';
import { conflictLines } from '../../formats/merge-conflict.js';
import { recognise } from '../../formats/recognise.js';
import type { SourceFile } from '../../formats/store.js';
import { type EncryptedFile, parseEncrypted } from '../../operations/read/encrypted-files.js';
import { isPassing } from '../../util/files/leftovers.js';
import { LineIndex } from '../../util/text/line-index.js';
import { oneLine } from '../../util/text/one-line.js';
import { decodeText } from '../../util/text/text.js';
import { withoutAllowed } from './allowed-lines.js';
import type { Discovery } from './check-finding.js';
import { examineEncrypted, RESTORE } from './encrypted-file.js';
import { type ExaminedFile, lineOf, shellWord } from './examined-file.js';
import { examinePlain } from './plain-file.js';
import type { CoveringRule } from './rule-book.js';
import { randomValues, secretDiscoveries } from './secret-check.js';
import { isDerKey } from './secrets/der-key.js';
import { Needles } from './secrets/needles.js';
import { isRingName, isWide, SECRET_NEEDLES } from './secrets/secret-scan.js';
import { valuesSeen } from './seen-values.js';
import { type Verifying, verifySealed } from './verify.js';

export interface ExamineOptions {
  /** Whether random values of data files that no rule is for are looked for. */
  readonly secrets?: boolean | undefined;
  /** Opens every encrypted file to compare its MAC; absent for a check that needs no key. */
  readonly verifying?: Verifying | undefined;
}

/** What came of one file. */
export interface Examination {
  readonly discoveries: readonly Discovery[];
  /** How many more a comment in the file allows. */
  readonly allowed: number;
  /** Whether it is encrypted, and could be read as that. */
  readonly encrypted: boolean;
  /** The rule that is for the file. */
  readonly covering: CoveringRule | null;
  /** Whether that rule encrypts nothing of a file that has values. */
  readonly passesOver: boolean;
  /** Whether something of it is encrypted, or would be. */
  readonly isSealed: boolean;
  /** Why it could not be opened, where that was asked for. */
  readonly problem?: SopsError | undefined;
}

type Verdict = Pick<Examination, 'discoveries'> &
  Partial<Pick<Examination, 'encrypted' | 'passesOver' | 'isSealed' | 'problem'>>;

const CONFIG_NAMES = new Set(['.sops.yaml', '.sops.yml']);

/** Whether a file is a configuration by its name, which no rule is for. */
export function isConfig(path: string): boolean {
  return CONFIG_NAMES.has(path.slice(path.lastIndexOf('/') + 1));
}

/** What an encrypted file may still hold one of when the other was cut off. */
const MARKS = ['ENC[AES256_GCM,', 'sops'] as const;
/** The second mark as UTF-16 holds it, in either order of bytes. */
const WIDE = 's\0o\0p\0s';

/** What a file has that anything can be found in, whatever the rules say. */
const INTERESTING = new Needles([...SECRET_NEEDLES, ...MARKS, WIDE]);
const NOTHING_FOUND: Examination = {
  discoveries: [],
  allowed: 0,
  encrypted: false,
  covering: null,
  passesOver: false,
  isSealed: false,
};

/** What comes of a file that one pass over its bytes shows to hold nothing of interest, as most do; null for any other. */
export function examineQuickly(file: Omit<ExaminedFile, 'readPlain'>, { secrets }: ExamineOptions): Examination | null {
  const name = file.path.slice(file.path.lastIndexOf('/') + 1);
  if (secrets || isPassing(name) || isRingName(name) || isWide(file.bytes) || isDerKey(file.bytes)) return null;
  if (file.book?.ruleFor(file.absolute)?.isForAll === false || INTERESTING.isIn(file.bytes)) return null;
  return NOTHING_FOUND;
}

/** Looks at a file. Throws what rules that are wrong throw, and nothing for what is wrong with the file. */
export async function examineFile(file: ExaminedFile, options: ExamineOptions): Promise<Examination> {
  const name = file.path.slice(file.path.lastIndexOf('/') + 1);
  const covering = isConfig(file.path) ? null : (file.book?.ruleFor(file.absolute) ?? null);
  const isWanted = covering !== null && !covering.isForAll;
  const verdict = isPassing(name)
    ? { discoveries: [trackedLock(file)] }
    : await verdictOn(file, isWanted ? covering : null, covering, options);
  const secrets = secretDiscoveries(file, isWanted || verdict.encrypted === true);
  const isRuleless = !isWanted && verdict.encrypted !== true;
  const random = options.secrets && isRuleless ? await randomValues(file) : [];
  const taken = new Set(secrets.map(({ line }) => line));
  const all = [...verdict.discoveries, ...secrets, ...random.filter(({ line }) => !taken.has(line))];
  return {
    encrypted: false,
    passesOver: false,
    isSealed: false,
    ...verdict,
    ...withoutAllowed(all, file.bytes),
    covering,
  };
}

const NOTHING: Verdict = { discoveries: [] };

/** `wanted` is the rule that has the file encrypted, `covering` the one by which it would be. */
async function verdictOn(
  file: ExaminedFile,
  wanted: CoveringRule | null,
  covering: CoveringRule | null,
  options: ExamineOptions,
): Promise<Verdict> {
  const isMarked = mayHoldCiphertext(file.bytes);
  if (!isMarked && !wanted) return NOTHING;
  const merge = conflictIn(file.bytes, wanted !== null);
  if (merge) return { discoveries: [merge] };
  const found = isMarked ? await examineMarked(file, covering, options) : null;
  if (found) return found;
  if (!wanted || !file.book) return NOTHING;
  const { discoveries, isSelected } = await examinePlain(file, file.book, wanted.rule);
  return { discoveries, passesOver: !isSelected, isSealed: discoveries.length > 0 };
}

/** Whether bytes are worth a parser for what they hold; neither mark is in most files of a repository. */
export function mayHoldCiphertext(bytes: Buffer): boolean {
  return MARKS.some((mark) => bytes.includes(mark)) || bytes.includes(WIDE);
}

function trackedLock(file: ExaminedFile): Discovery {
  const message = 'a file that sops-ts keeps for the length of a write is in the repository';
  return { rule: 'tracked-lock', message, next: `git rm --cached ${shellWord(file.shown)}` };
}

/** Conflict marks in a file that is, or should be, encrypted; in other files they are not our business. */
function conflictIn(bytes: Buffer, isWanted: boolean): Discovery | null {
  if (!bytes.includes('<<<<<<<') && !bytes.includes('>>>>>>>')) return null;
  if (!isWanted && !(bytes.includes(MARKS[0]) && isSealedText(bytes))) return null;
  const [line] = conflictLines(decodeText(bytes));
  if (line === undefined) return null;
  const message = 'the file holds an unfinished merge: marks of git';
  return {
    rule: 'conflict-markers',
    line,
    message,
    next: 'Finish the merge: sops-ts resolve FILE shows what is in conflict. Then look at the file with sops-ts decrypt.',
  };
}

/** What stands in metadata and in hardly any text about them: a line that opens them. */
const SEALED = /^(?:["']?sops["']?:|sops_[a-z_]+=|\[\[?sops)|"sops"\s*:/m;

function isSealedText(bytes: Buffer): boolean {
  return SEALED.test(decodeText(bytes));
}

/** A file that holds what encrypted files hold; null for one that turns out to be plain. */
async function examineMarked(
  file: ExaminedFile,
  covering: CoveringRule | null,
  { verifying }: ExamineOptions,
): Promise<Verdict | null> {
  let read: EncryptedFile | null;
  try {
    read = (await parseEncrypted(file.bytes, file.path)) ?? (await withBareMetadata(file));
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return { discoveries: brokenFile(file, error, covering) };
  }
  if (read) return sealedVerdict(file, read, { covering, verifying });
  const lost = await lostMetadata(file);
  return lost.length > 0 ? { discoveries: lost } : null;
}

interface Sealed {
  readonly covering: CoveringRule | null;
  readonly verifying: Verifying | undefined;
}

async function sealedVerdict(
  file: ExaminedFile,
  read: EncryptedFile,
  { covering, verifying }: Sealed,
): Promise<Verdict> {
  const discoveries = await examineEncrypted(file, read, covering);
  const isIdle = discoveries.some(({ rule }) => rule === 'nothing-encrypted');
  const verdict = { discoveries, encrypted: true, isSealed: !isIdle };
  // Of a broken file this would be told twice.
  const isWhole = !discoveries.some(({ rule }) => rule === 'malformed-metadata' || rule === 'malformed-value');
  if (!verifying || !isWhole) return verdict;
  try {
    return { ...verdict, discoveries: [...discoveries, ...(await verifySealed(read, file.shown, verifying))] };
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    return { ...verdict, problem: error.with(error.code, { file: file.shown }) };
  }
}

/**
 * A file with metadata and not one ciphertext, whose MAC went as well. An entry called `sops` alone may be anybody's: it takes a time
 * as well.
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
  const place = line === undefined ? {} : { line: Number(line) };
  return [{ rule: 'malformed-metadata', ...place, message, next: RESTORE }];
}

/** Ciphertexts as values of a file that has no metadata. */
async function lostMetadata(file: ExaminedFile): Promise<Discovery[]> {
  const row = formatMeantUnder(file.book?.config, file.path);
  if (row.whole || !file.bytes.includes(MARKS[0])) return [];
  const read = await file.readPlain(row);
  const place = read instanceof SopsError ? sealedLine(decodeText(file.bytes)) : sealedValue(read);
  if (!place) return [];
  const message = 'the file holds encrypted values and no metadata that say who can open them';
  return [{ rule: 'missing-metadata', ...place, message, next: RESTORE }];
}

type ValuePlace = Pick<Discovery, 'line' | 'keyPath'>;

/** Where the first ciphertext stands among the values of a file. */
function sealedValue({ documents, text }: SourceFile): ValuePlace | undefined {
  const all = valuesSeen(documents, { rule: 'encrypted_suffix', suffix: '' });
  const first = all.find(({ kind, state }) => kind === 'value' && state !== 'plain');
  return first && { line: lineOf(new LineIndex(text), first.offset), keyPath: first.path };
}

/** The line of the first whole ciphertext in a text that is not of its format, and so has no values; comments do not count. */
function sealedLine(text: string): ValuePlace | undefined {
  for (const [index, line] of text.split('\n').entries()) {
    const at = line.indexOf(MARKS[0]);
    if (at < 0 || /^\s*(?:#|;|\/\/)/.test(line)) continue;
    if (parseEncryptedValue(line.slice(at, line.indexOf(']', at) + 1))) return { line: index + 1 };
  }
  return undefined;
}
