/** `check`: whether what should be encrypted is, and as the rules say; in the work tree and the index. Needs no key. */

import { SopsError } from '../../errors.js';
import { commitOf, stagedChanges } from '../../exec/git/changes.js';
import { isWithoutWorkTree, type WorkTree, workTreeOf } from '../../exec/git/places.js';
import { closeSync, openSync, readSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import type { Host, Session } from '../../util/host/host.js';
import { sessionOf } from '../../util/host/session.js';
import { AskedWords } from '../operands.js';
import { withoutAllowed } from './allowed-lines.js';
import { heldByOthers, OF_PARENT, OF_WORK_TREE, type OtherRules, turnedPlain } from './before-commit.js';
import type { Discovery } from './check-finding.js';
import type { CheckRuleId } from './check-rules.js';
import { type CheckReport, Collector } from './collector.js';
import { decryptedCopy, type SealedBeside, sealedBeside } from './decrypted-copy.js';
import {
  type Examination,
  type ExamineOptions,
  examineFile,
  examineQuickly,
  mayHoldCiphertext,
} from './examine-file.js';
import { bringingBack, type ExaminedFile } from './examined-file.js';
import { heldSubjects, indexFiles } from './git-source.js';
import { changesRules, commitConfigs, indexConfigs, isConfigPath } from './held-configs.js';
import { pastReaders, type SealedPlace } from './past-readers.js';
import { plainReader } from './plain-reader.js';
import type { RuleBook } from './rule-book.js';
import { type BookOf, bookFinder } from './rule-books.js';
import { discoveryOfSecret, secretDiscoveries } from './secret-check.js';
import { WindowScan } from './secrets/secret-scan.js';
import { type FileSubject, type HugeSubject, type Subject, type SubjectSource, singly } from './subject.js';
import { type DecryptChoice, verifyingFor } from './verify.js';
import { workTreeSource } from './work-tree-source.js';

export interface CheckRequest extends Omit<ExamineOptions, 'verifying'> {
  /** Files, folders, patterns; none stands for the working directory, and in the index for all of it. */
  readonly paths: readonly string[];
  readonly configPath?: string | undefined;
  /** How every encrypted file is opened to compare its MAC; absent for a check that needs no key. */
  readonly decrypt?: DecryptChoice | undefined;
}

/** What the examination of a file goes by. */
export async function examineOptions(
  { secrets, decrypt, configPath }: CheckRequest,
  host: Host,
): Promise<ExamineOptions> {
  return { secrets, verifying: await verifyingFor(decrypt, configPath, host) };
}

/** Checks files as they stand in the work tree, or outside of a repository. Throws `failed` in one that has no work tree. */
export async function checkFiles(request: CheckRequest, given: Host): Promise<CheckReport> {
  const host = sessionOf(given);
  const tree = await workTreeOf(host.cwd, host);
  // What lies in such a folder are git's own files, in which nothing can be seen.
  if (!tree && request.paths.length === 0 && (await isWithoutWorkTree(host.cwd, host))) throw noWorkTree();
  const bookOf = bookFinder({ host, configPath: request.configPath, top: tree?.top ?? null });
  const options = await examineOptions(request, host);
  return checkAll(workTreeSource(request.paths, { tree, host }), bookOf, { ...options, history: host });
}

/**
 * Checks what a commit of the index would add or change, by the configuration that is in the index. With a changed configuration
 * every file of the index is looked at: it says something else of all of them. Throws `failed` outside of a repository.
 */
export async function checkStaged(request: CheckRequest, given: Host): Promise<CheckReport> {
  const host = sessionOf(given);
  const tree = await treeFor(host);
  const changes = await stagedChanges(host, { cwd: tree.top });
  const everything = await indexFiles(host, tree);
  const all = [...new Map([...everything, ...changes].map((file) => [file.path, file])).values()];
  const looked = changes.some(({ path }) => isConfigPath(path)) ? all : changes;
  const held = await indexConfigs(everything, { tree, host });
  const common = { host, configPath: request.configPath, top: tree.top };
  const bookOf = bookFinder({ ...common, held });
  const others: OtherRules[] = [{ ...OF_WORK_TREE, bookOf: bookFinder(common) }];
  if (changes.some(changesRules) && (await commitOf('HEAD', host, { cwd: tree.top })) !== null) {
    const parent = await commitConfigs(changes, 'HEAD', { tree, host });
    others.push({ ...OF_PARENT, bookOf: bookFinder({ ...common, held: parent }) });
  }
  const asked = await AskedWords.of(request.paths, host);
  const absent = asked.absentAmong([...everything, ...changes].map(({ path }) => resolve(tree.top, path)));
  const source: SubjectSource = {
    subjects: async function* () {
      yield absent.map((error): Subject => ({ kind: 'failed', error }));
      yield* singly(heldSubjects(looked, { tree, host, asked }));
    },
    all: () => singly(heldSubjects(everything, { tree, host })),
  };
  const beside = sealedBeside([undefined, 'HEAD'], changes, { tree, host });
  return checkAll(source, bookOf, { ...(await examineOptions(request, host)), newFiles: { others, beside } });
}

/** The work tree of the working directory. Throws `failed`. */
export async function treeFor(host: Session): Promise<WorkTree> {
  const tree = await workTreeOf(host.cwd, host);
  if (tree) return tree;
  throw noWorkTree();
}

function noWorkTree(): SopsError {
  return new SopsError('failed', 'this is not a work tree of git', {
    hint: 'Change into the repository. Files elsewhere are checked by their names: sops-ts check PATH',
  });
}

interface CheckAllOptions extends ExamineOptions {
  /** For whom git is asked for the versions that encrypted files had; absent where that is not to be looked at. */
  readonly history?: Session;
  readonly newFiles?: NewFiles;
}

/** What new files are held to. */
export interface NewFiles {
  /** Other rules than those for it. */
  readonly others: readonly OtherRules[];
  readonly beside: SealedBeside;
}

async function checkAll(
  source: SubjectSource,
  bookOf: BookOf,
  { history, newFiles, ...options }: CheckAllOptions,
): Promise<CheckReport> {
  const checking = new Checking(options);
  for await (const some of source.subjects())
    for (const subject of some)
      if (!checking.takeQuickly(subject, bookOf)) await checking.take(subject, bookOf, newFiles);
  if (source.all && !checking.isSettled) await checking.settle(source.all(), bookOf);
  if (history) await checking.lookBack(bookOf, history);
  return checking.report();
}

/** A check on its way. */
export class Checking {
  private readonly collector = new Collector();
  private readonly sealed: SealedPlace[] = [];

  constructor(private readonly options: ExamineOptions = {}) {}

  /** Whether the subjects so far tell all that there is to tell of the rules. */
  get isSettled(): boolean {
    return this.collector.isSettled;
  }

  report(): CheckReport {
    return this.collector.report();
  }

  /** Takes one subject in that nothing can be found in, as most are, without waiting; false for any other, which is to be taken in by {@link take}. */
  takeQuickly(subject: Subject, bookOf: BookOf): boolean {
    if (subject.kind !== 'file' || subject.isNew || (subject.before ?? []).length > 0) return false;
    try {
      const book = bookOf(subject.absolute);
      if (book instanceof Promise || !examineQuickly({ ...subject, book }, this.options)) return false;
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      return false;
    }
    this.collector.count(subject.path);
    return true;
  }

  /** Takes one subject in. */
  async take(subject: Subject, bookOf: BookOf, newFiles?: NewFiles): Promise<void> {
    const { collector } = this;
    if (subject.kind === 'failed') return collector.fail(subject.error);
    if (subject.kind === 'passed-over') return collector.skip(subject.shown);
    if (subject.kind === 'link') return collector.add(secretDiscoveries(subject, false), subject);
    collector.count(subject.path);
    if (subject.kind === 'unseen')
      return collector.add([{ rule: 'not-looked-at', message: subject.reason, next: subject.next }], subject);
    try {
      const found = bookOf(subject.absolute);
      const book = found instanceof Promise ? await found : found;
      if (subject.kind === 'huge') return this.takeHuge(subject, book?.ruleFor(subject.absolute)?.isForAll === false);
      const file = examined(subject, book);
      const own = examineQuickly(file, this.options) ?? (await examineFile(file, this.options));
      const examination = await withBefore(own, file, newFiles);
      collector.takeExamination(subject.isLeftOut ? fromAfar(examination, subject) : examination, subject, book);
      const { path, shown, absolute } = subject;
      if (examination.encrypted) this.sealed.push({ path, shown, absolute });
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      collector.fail(error.file === undefined ? error.with(error.code, { file: subject.shown }) : error);
    }
  }

  /** Looks among all files for one of which a rule encrypts something, until each idle rule has one. */
  async settle(all: AsyncIterable<Iterable<Subject>>, bookOf: BookOf): Promise<void> {
    for await (const some of all) {
      for (const subject of some) {
        if (this.isSettled) return;
        if (subject.kind === 'file') await this.tryIdle(subject, bookOf);
      }
    }
  }

  /** Looks at what git has of the encrypted files so far. */
  async lookBack(bookOf: BookOf, host: Session): Promise<void> {
    for await (const [place, discovery] of pastReaders(this.sealed, bookOf, host))
      this.collector.add([discovery], place);
  }

  private async tryIdle(subject: FileSubject, bookOf: BookOf): Promise<void> {
    try {
      const book = await bookOf(subject.absolute);
      const rule = book?.ruleFor(subject.absolute)?.rule;
      if (!rule || !this.collector.isIdle(rule)) return;
      this.collector.noteRule(await examineFile(examined(subject, book), {}), subject, book);
    } catch (error) {
      // It is told of where the file itself is looked at.
      if (!(error instanceof SopsError)) throw error;
    }
  }

  /** A file of more than half a gigabyte is not a document of ours; keys in it are looked for piece by piece. */
  private takeHuge(subject: HugeSubject, isCovered: boolean): void {
    const scan = new WindowScan();
    let isMarked = false;
    for (const [window, at] of windowsOf(subject.absolute)) {
      scan.add(window, at);
      isMarked ||= mayHoldCiphertext(window) && window.includes('ENC[AES256_GCM,');
    }
    const secrets = scan.found.map((secret) => discoveryOfSecret(secret, subject.shown, isCovered));
    const message = `it has ${subject.size} bytes, more than can be read as one text`;
    const next = 'Keep such files out of the repository, or out of the rules.';
    const unread = isCovered || isMarked ? [{ rule: 'not-looked-at', message, next } as const] : [];
    this.collector.add([...unread, ...secrets], subject);
  }
}

function examined(subject: FileSubject, book: RuleBook | null): FileSubject & ExaminedFile {
  return { ...subject, book, readPlain: plainReader(subject.bytes) };
}

/** With what tells that a file should not have become readable; one that is found to be plain anyway needs no more. */
async function withBefore(
  examination: Examination,
  file: FileSubject & ExaminedFile,
  newFiles: NewFiles | undefined,
): Promise<Examination> {
  const { encrypted, discoveries, allowed } = examination;
  if (encrypted || discoveries.some(({ rule }) => TOLD.has(rule))) return examination;
  const found =
    (await turnedPlain(file, file.before ?? [])) ?? (file.isNew && newFiles ? await heldTo(newFiles, file) : null);
  if (!found) return examination;
  const more = withoutAllowed([found], file.bytes);
  return { ...examination, discoveries: [...more.discoveries, ...discoveries], allowed: allowed + more.allowed };
}

async function heldTo({ others, beside }: NewFiles, file: ExaminedFile): Promise<Discovery | null> {
  return (await heldByOthers(file, others)) ?? (await decryptedCopy(file, beside));
}

const TOLD: ReadonlySet<CheckRuleId> = new Set<CheckRuleId>([
  'not-encrypted',
  'malformed-metadata',
  'missing-metadata',
  'conflict-markers',
]);

/** What is told to do about a file that has to come into the work tree first. */
function fromAfar(examination: Examination, { shown }: FileSubject): Examination {
  const discoveries = examination.discoveries.map(({ next, ...found }) =>
    next === undefined ? found : { ...found, next: `${bringingBack(shown)}; then: ${next}` },
  );
  return { ...examination, discoveries };
}

/** A file in windows, each with where it begins. */
function* windowsOf(path: string): Generator<readonly [Buffer, number]> {
  const descriptor = openSync(path, 'r');
  try {
    const window = Buffer.allocUnsafe(WindowScan.size);
    for (let at = 0; ; at += WindowScan.step) {
      const length = readSync(descriptor, window, 0, window.length, at);
      if (length > 0) yield [window.subarray(0, length), at];
      if (length < window.length) return;
    }
  } finally {
    closeSync(descriptor);
  }
}
