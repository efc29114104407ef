/** Files that git holds: what a commit of the index would change, or what commits did. */
import { relative } from 'node:path';
import { readBlobs } from '../../exec/git/blobs.js';
import type { ChangedFile, FileMode } from '../../exec/git/changes.js';
import { fieldsOf, type WorkTree } from '../../exec/git/places.js';
import { git } from '../../exec/git/run-git.js';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import type { AskedWords } from '../operands.js';
import { mayHoldCiphertext } from './examine-file.js';
import type { Subject } from './subject.js';
import { ABSENT_LFS, behindPointer, lacking } from './work-tree-source.js';

/** A file as git holds it, of a commit or of the index. */
export interface HeldFile extends ChangedFile {
  readonly commit?: string | undefined;
}

export interface GitPlace {
  readonly tree: WorkTree;
  readonly host: Host;
  /** Only files that were asked for; absent for all. */
  readonly asked?: AskedWords | undefined;
}

const NO_BLOB = /^0+$/;

/** Reads the files, in order of commits and paths as given. */
export async function* heldSubjects(files: readonly HeldFile[], place: GitPlace): AsyncGenerator<Subject> {
  const { tree, host } = place;
  const wanted = files.filter(({ path }) => place.asked?.covers(resolve(tree.top, path)) ?? true);
  const regular: HeldFile[] = [];
  const links: HeldFile[] = [];
  for (const file of wanted) {
    if (file.mode === 'submodule') yield { kind: 'passed-over', shown: placeIn(file, place).shown };
    // Deleted files matter for the rules alone.
    else if (file.mode === 'file' && NO_BLOB.test(file.blob)) yield unmerged(file, place);
    else if (file.mode === 'file') regular.push(file);
    else if (file.mode === 'link') links.push(file);
  }
  yield* linkSubjects(links, place);
  const blobs = readBlobs(
    regular.flatMap(({ blob, before = [] }) => [...before, blob]),
    host,
    { cwd: tree.top },
  );
  for (const file of regular) {
    const before: Buffer[] = [];
    for (let left = file.before?.length ?? 0; left > 0; left--) {
      const bytes = await nextContent(blobs);
      if (bytes && mayHoldCiphertext(bytes)) before.push(bytes);
    }
    yield subjectOfBlob(file, { bytes: await nextContent(blobs), before }, place);
  }
}

async function* linkSubjects(links: readonly HeldFile[], place: GitPlace): AsyncGenerator<Subject> {
  const { tree, host } = place;
  const blobs = readBlobs(
    links.map(({ blob }) => blob),
    host,
    { cwd: tree.top },
  );
  for (const link of links) {
    const bytes = await nextContent(blobs);
    yield bytes ? { kind: 'link', ...placeIn(link, place), bytes } : lacking(link.path);
  }
}

async function nextContent(blobs: ReturnType<typeof readBlobs>): Promise<Buffer | null> {
  const { value } = await blobs.next();
  return value ? value[1] : null;
}

interface Contents {
  readonly bytes: Buffer | null;
  readonly before: readonly Buffer[];
}

function subjectOfBlob(file: HeldFile, { bytes, before }: Contents, place: GitPlace): Subject {
  if (bytes === null) return lacking(file.path);
  const content = behindPointer(bytes, place.tree);
  const where = placeIn(file, place);
  if (!content) return { kind: 'unseen', ...where, ...ABSENT_LFS };
  return { kind: 'file', ...where, bytes: content, before, isNew: file.before?.length === 0 };
}

function unmerged(file: HeldFile, place: GitPlace): Subject {
  const reason = 'its merge is not finished, so that the index holds several contents of it';
  return { kind: 'unseen', ...placeIn(file, place), reason, next: 'Finish the merge, and git add the file.' };
}

function placeIn({ path, commit }: HeldFile, { tree, host }: GitPlace) {
  const absolute = resolve(tree.top, path);
  const shown = relative(host.cwd, absolute);
  return { path, absolute, shown, ...(commit === undefined ? {} : { commit }) };
}

/** All files in the index. */
export async function indexFiles(host: Host, tree: WorkTree): Promise<HeldFile[]> {
  return heldIn(await git(['ls-files', '-z', '-s', '--full-name'], host, { cwd: tree.top }), /^(\d+) ([0-9a-f]+) 0$/);
}

/** All files of a commit. */
export async function commitFiles(commit: string, host: Host, tree: WorkTree): Promise<HeldFile[]> {
  const listed = await git(['ls-tree', '-r', '-z', '--full-tree', commit], host, { cwd: tree.top });
  return heldIn(listed, /^(\d+) (?:blob|commit) ([0-9a-f]+)$/).map((file) => ({ ...file, commit }));
}

function heldIn(listed: Buffer, shape: RegExp): HeldFile[] {
  return fieldsOf(listed).flatMap((line) => {
    const tab = line.indexOf('\t');
    const [, mode = '', blob] = shape.exec(line.slice(0, tab)) ?? [];
    return blob === undefined ? [] : [{ path: line.slice(tab + 1), mode: modeNamed(mode), blob }];
  });
}

function modeNamed(mode: string): FileMode {
  if (mode === '120000') return 'link';
  return mode === '160000' ? 'submodule' : 'file';
}
