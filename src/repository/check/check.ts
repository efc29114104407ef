/** `check`: whether what should be encrypted is, and as the rules say; in the work tree, the index or commits. Needs no key. */
import { SopsError } from '../../errors.js';
import { stagedChanges } from '../../exec/git/changes.js';
import { type WorkTree, workTreeOf } from '../../exec/git/places.js';
import type { Host, Session } from '../../util/host.js';
import { sessionOf } from '../../util/session.js';
import { type CheckFinding, compareFindings } from './check-finding.js';
import { Collector } from './collector.js';
import { examineFile } from './examine-file.js';
import { heldSubjects, indexFiles } from './git-source.js';
import { heldConfigs, isConfigPath } from './held-configs.js';
import { type BookOf, bookFinder } from './rule-books.js';
import type { FileSubject, Subject, SubjectSource } from './subject.js';
import { workTreeSource } from './work-tree-source.js';

export interface CheckRequest {
  /** Files, folders, patterns; none stands for the working directory, and in the index for all of it. */
  readonly paths: readonly string[];
  readonly configPath?: string | undefined;
}

export interface CheckReport {
  /** In order of path, line and rule. */
  readonly findings: readonly CheckFinding[];
  /** What could not be looked at, or stood for nothing; in the order in which it was met. */
  readonly problems: readonly SopsError[];
  /** Submodules and repositories within, which were not entered. */
  readonly passedOver: readonly string[];
  readonly files: number;
  readonly encrypted: number;
}

/** Checks files as they stand in the work tree, or outside of a repository. */
export async function checkFiles(request: CheckRequest, given: Host): Promise<CheckReport> {
  const host = sessionOf(given);
  const tree = await workTreeOf(host.cwd, host);
  const bookOf = bookFinder({ host, configPath: request.configPath, top: tree?.top ?? null });
  return checkAll(workTreeSource(request.paths, { tree, host }), bookOf);
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
  const looked = changes.some(({ path }) => isConfigPath(path)) ? everything : changes;
  const held = await heldConfigs(
    everything.map(({ path }) => path),
    '',
    { tree, host },
  );
  const bookOf = bookFinder({ host, configPath: request.configPath, top: tree.top, held });
  const place = { tree, host, words: request.paths };
  const source: SubjectSource = {
    subjects: () => heldSubjects(looked, place),
    all: () => heldSubjects(everything, { ...place, words: [] }),
  };
  return checkAll(source, bookOf);
}

/** The work tree of the working directory. Throws `failed`. */
export async function treeFor(host: Session): Promise<WorkTree> {
  const tree = await workTreeOf(host.cwd, host);
  if (tree) return tree;
  throw new SopsError('failed', 'this is no work tree of git', {
    hint: 'Change into the repository. Files elsewhere are checked by their names: sops-ts check PATH',
  });
}

/** Looks at all subjects of a source. */
export async function checkAll(source: SubjectSource, bookOf: BookOf): Promise<CheckReport> {
  const collector = new Collector();
  for await (const subject of source.subjects()) await take(subject, bookOf, collector);
  if (source.all && collector.idleRules.length > 0) await seekWork(source.all(), bookOf, collector);
  collector.tellIdleRules();
  return checkReportOf(collector);
}

/** What was found so far, in order. */
export function checkReportOf({ findings, problems, passedOver, files, encrypted }: Collector): CheckReport {
  return { findings: findings.sort(compareFindings), problems, passedOver, files, encrypted };
}

/** Takes one subject in. */
export async function take(subject: Subject, bookOf: BookOf, collector: Collector): Promise<void> {
  switch (subject.kind) {
    case 'file':
      return takeFile(subject, bookOf, collector);
    case 'failed':
      collector.problems.push(subject.error);
      return;
    case 'passed-over':
      collector.passedOver.push(subject.shown);
      return;
    case 'unseen':
      collector.files += 1;
      collector.add([{ rule: 'not-looked-at', message: subject.reason, next: subject.next }], subject);
      return;
    case 'huge':
      collector.files += 1;
      collector.add([tooLarge(subject.size)], subject);
  }
}

function tooLarge(size: number) {
  const message = `it has ${size} bytes, more than can be read as one text`;
  return { rule: 'not-looked-at', message, next: 'Keep such files out of the repository.' } as const;
}

async function takeFile(subject: FileSubject, bookOf: BookOf, collector: Collector): Promise<void> {
  collector.files += 1;
  try {
    const found = bookOf(subject.absolute);
    const book = found instanceof Promise ? await found : found;
    const examination = await examineFile({ ...subject, book });
    collector.add(examination.discoveries, subject);
    if (examination.encrypted) collector.encrypted += 1;
    collector.noteRule(examination, subject, book);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    const isKnown = collector.problems.some(({ message }) => message === error.message);
    if (!isKnown)
      collector.problems.push(error.file === undefined ? error.with(error.code, { file: subject.shown }) : error);
  }
}

/** Looks among all files for one of which a rule encrypts something, until each idle rule has one. */
async function seekWork(all: AsyncIterable<Subject>, bookOf: BookOf, collector: Collector): Promise<void> {
  for await (const subject of all) {
    if (subject.kind !== 'file') continue;
    const book = await bookOf(subject.absolute);
    const rule = book?.ruleFor(subject.absolute)?.rule;
    if (!rule || !collector.idleRules.includes(rule)) continue;
    try {
      collector.noteRule(await examineFile({ ...subject, book }), subject, book);
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
    }
    if (collector.idleRules.length === 0) return;
  }
}
