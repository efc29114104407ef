/** The files of a work tree, as they stand there. */
import { basename, dirname, join, relative, sep } from 'node:path';
import { SopsError } from '../../errors.js';
import { readBlobs } from '../../exec/git/blobs.js';
import { fieldsOf, repositoryOf, type WorkTree } from '../../exec/git/places.js';
import { git } from '../../exec/git/run-git.js';
import { unreadableFile } from '../../operations/read/encrypted-files.js';
import { isWithin } from '../../util/files/files.js';
import { lstatSync, readlinkSync } from '../../util/files/fs.js';
import { isPassing } from '../../util/files/leftovers.js';
import { resolve } from '../../util/files/paths.js';
import { realPath } from '../../util/files/real-path.js';
import { TEMPORARY_PATTERN } from '../../util/files/temporary-name.js';
import type { Host } from '../../util/host/host.js';
import { LOCK_PATTERN } from '../../util/locks/file-lock.js';
import { oneLine } from '../../util/text/one-line.js';
import { type Content, contentOf } from '../contents.js';
import { AskedWords, type FoundFile, findFiles } from '../operands.js';
import { lfsContent, lfsObjectOf } from './lfs.js';
import { type Subject, type SubjectSource, singly } from './subject.js';

interface Surroundings {
  readonly tree: WorkTree | null;
  readonly host: Host;
}

/** The files that words of a command line stand for; without words those of the working directory. */
export function workTreeSource(words: readonly string[], surroundings: Surroundings): SubjectSource {
  const { tree } = surroundings;
  const source = { subjects: () => subjectsIn(words, surroundings) };
  return words.length === 0 || tree === null ? source : { ...source, all: () => subjectsIn([tree.top], surroundings) };
}

async function* subjectsIn(words: readonly string[], surroundings: Surroundings): AsyncGenerator<Iterable<Subject>> {
  const { tree, host } = surroundings;
  const { files, problems, passedOver } = await findFiles(words, host);
  yield problems.map((error): Subject => ({ kind: 'failed', error }));
  yield passedOver.map((shown): Subject => ({ kind: 'passed-over', shown }));
  const gone: FoundFile[] = [];
  yield read(files, gone, surroundings);
  yield* singly(outOfSight(gone, surroundings));
  const asked = await AskedWords.of(words, host);
  const isAsked = (absolute: string): boolean =>
    asked.covers(absolute) && !files.some((file) => file.absolute === absolute);
  if (tree) yield* singly(trackedLeftovers(tree, isAsked, host));
}

/** Reads the files, each once and by its real path, which is what rules are about; and notes those that are gone. */
function* read(files: readonly FoundFile[], gone: FoundFile[], surroundings: Surroundings): Generator<Subject> {
  const folders = new Map<string, string>();
  let listed: Set<string> | undefined;
  for (const found of files) {
    const given = found.absolute;
    const own = contentOf(given);
    const link = own.kind === 'link' ? linkSubject(found, surroundings) : null;
    if (link) yield link;
    const target = own.kind === 'link' && found.isNamed ? own.target : undefined;
    const content = target === undefined ? own : contentOf(target);
    const folder = dirname(given);
    const real = target === undefined ? realFolder(folder, folders) : undefined;
    let file = found;
    if (real !== folder) {
      file = { ...found, absolute: target ?? join(real ?? folder, basename(given)) };
      // What a link leads to may be among the others, or have been reached before.
      listed ??= new Set(files.map(({ absolute }) => absolute));
      if (listed.has(file.absolute)) continue;
      listed.add(file.absolute);
    }
    if (content.kind === 'gone' && !file.isNamed) gone.push(file);
    const subject = subjectOf(file, content, surroundings);
    if (subject) yield subject;
  }
}

/** A link itself; null for one that is gone meanwhile. */
function linkSubject(found: FoundFile, { tree, host }: Surroundings): Subject | null {
  try {
    return { kind: 'link', ...placeOf(found, tree, host), bytes: Buffer.from(readlinkSync(found.absolute)) };
  } catch {
    return null;
  }
}

/** Real paths of folders, each found once: finding that of every file would take a fifth of a check. */
function realFolder(folder: string, known: Map<string, string>): string {
  const found = known.get(folder);
  if (found !== undefined) return found;
  const above = dirname(folder);
  let real = folder;
  if (above !== folder) {
    const base = realFolder(above, known);
    real = isLink(folder) ? realPath(folder) : base === above ? folder : join(base, basename(folder));
  }
  known.set(folder, real);
  return real;
}

/** What cannot be looked at is reported with the file. */
function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

/** Null for what is not a file of its own: links, whose targets are listed themselves, pipes, and what is gone. */
function subjectOf(file: FoundFile, content: Content, { tree, host }: Surroundings): Subject | null {
  const place = placeOf(file, tree, host);
  switch (content.kind) {
    case 'file': {
      const bytes = behindPointer(content.bytes, tree);
      return bytes ? { kind: 'file', ...place, bytes } : { kind: 'unseen', ...place, ...ABSENT_LFS };
    }
    case 'huge':
      return { ...content, ...place };
    case 'unreadable':
      return { kind: 'failed', error: unreadableFile(file.path, content.cause) };
    case 'special':
      return file.isNamed ? { kind: 'unseen', ...place, ...NO_FILE } : null;
    default:
      return null;
  }
}

const NO_FILE = { reason: 'it is not a regular file', next: 'Name regular files, folders or patterns.' };
/** What is said of a pointer whose content is not here. */
export const ABSENT_LFS = {
  reason: 'Git LFS keeps its content elsewhere, and it is not on this machine',
  next: 'git lfs pull, then check again.',
};

/** What is said of a file whose content git should have. */
export function lacking(path: string): Subject {
  const message = `git does not have the content of ${oneLine(path)}`;
  const hint = 'A partial clone leaves contents out: git fetch --refetch brings them.';
  return { kind: 'failed', error: new SopsError('input-unreadable', message, { file: path, hint }) };
}

/** The content of a file, from the store of Git LFS where the bytes only point there; null where it is not on this machine. */
export function behindPointer(bytes: Buffer, tree: WorkTree | null): Buffer | null {
  const id = lfsObjectOf(bytes);
  if (id === undefined) return bytes;
  return tree && lfsContent(id, tree.commonFolder);
}

function placeOf({ path, absolute }: FoundFile, tree: WorkTree | null, host: Host) {
  const isInside = tree !== null && isWithin(absolute, tree.top);
  const fromTop = isInside ? absolute.slice(tree.top.length + 1) : relative(host.cwd, absolute);
  return { path: sep === '/' ? fromTop : fromTop.replaceAll(sep, '/'), shown: path, absolute };
}

/** Files that a sparse checkout leaves in the index: they are looked at there. Any other that is gone was deleted. */
async function* outOfSight(gone: readonly FoundFile[], { tree, host }: Surroundings): AsyncGenerator<Subject> {
  const byTop = new Map<string, FoundFile[]>();
  for (const file of gone) {
    const top = tree && isWithin(file.absolute, tree.top) ? tree.top : repositoryOf(dirname(file.absolute));
    const known = top === undefined ? undefined : byTop.get(top);
    if (known) known.push(file);
    else if (top !== undefined) byTop.set(top, [file]);
  }
  for (const [top, files] of byTop) yield* inIndex(files, top, { tree, host });
}

async function* inIndex(
  files: readonly FoundFile[],
  top: string,
  { tree, host }: Surroundings,
): AsyncGenerator<Subject> {
  const call = { cwd: top, elsewhere: top !== tree?.top };
  const skipped = new Map<string, string>();
  for (const line of fieldsOf(await git(['ls-files', '-z', '-s', '-t'], host, call))) {
    const [, blob, path] = /^S \d+ ([0-9a-f]+) 0\t([\s\S]*)$/.exec(line) ?? [];
    if (blob !== undefined && path !== undefined) skipped.set(resolve(top, path), blob);
  }
  const wanted = files.flatMap((file) => {
    const blob = skipped.get(file.absolute);
    return blob === undefined ? [] : [{ place: placeOf(file, tree, host), blob }];
  });
  let at = 0;
  for await (const [, bytes] of readBlobs(
    wanted.map(({ blob }) => blob),
    host,
    call,
  )) {
    const one = wanted[at++];
    if (!one) continue;
    if (!bytes) {
      yield lacking(one.place.shown);
      continue;
    }
    const content = behindPointer(bytes, tree);
    yield content
      ? { kind: 'file', ...one.place, bytes: content, isLeftOut: true }
      : { kind: 'unseen', ...one.place, ...ABSENT_LFS };
  }
}

/** Files of ours that somebody added: listing files passes over them. */
async function* trackedLeftovers(
  tree: WorkTree,
  isAsked: (absolute: string) => boolean,
  host: Host,
): AsyncGenerator<Subject> {
  const patterns = [LOCK_PATTERN, TEMPORARY_PATTERN].map((pattern) => `:(glob)**/${pattern}`);
  const listed = await git(['ls-files', '-z', '--full-name', '--', ...patterns], host, { cwd: tree.top });
  for (const path of fieldsOf(listed)) {
    const absolute = `${tree.top}/${path}`;
    if (!isPassing(basename(path)) || !isAsked(absolute)) continue;
    yield { kind: 'file', path, shown: relative(host.cwd, absolute), absolute, bytes: Buffer.alloc(0) };
  }
}
