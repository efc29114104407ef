/** What the words of a command line stand for: files, folders and patterns, as the files in them. */

import { dirname, join, relative, sep } from 'node:path';
import { SopsError } from '../errors.js';
import { type ClosedFolder, listFiles, workTreeOf } from '../exec/git/places.js';
import { filesBelow } from '../operations/read/encrypted-files.js';
import { isWithin, lstatOrThrow, statOrThrow } from '../util/files/files.js';
import { isPassing, tellSwept } from '../util/files/leftovers.js';
import { resolve } from '../util/files/paths.js';
import { realPath } from '../util/files/real-path.js';
import type { Host } from '../util/host/host.js';
import { append } from '../util/lists.js';
import { oneLine } from '../util/text/one-line.js';

/** One file of those that were asked for. */
export interface FoundFile {
  /** As users see it: the word itself, or the folder's word and what is below. */
  readonly path: string;
  /** Absolute. */
  readonly absolute: string;
  /** Whether it was named itself: then it is looked at whatever git ignores, and what it is not is told. */
  readonly isNamed: boolean;
}

/** What a list of words came to. */
export interface FoundFiles {
  /** In order of their paths, each once. */
  readonly files: readonly FoundFile[];
  /** Words that stand for nothing, each with its error. */
  readonly problems: readonly SopsError[];
  /** Submodules and repositories of their own, which are not entered; paths as users see them. */
  readonly passedOver: readonly string[];
}

/** What a word has in it that is to be a pattern; a file of that very name comes first. */
const WILDCARDS = /[*?[\]{}]/;

/**
 * The files that words stand for. A file counts whatever git ignores. A folder stands for the files in it that git knows or would add,
 * outside of repositories for all but those of version control and packages; a pattern (`*`, `**`, `?`, `[a-z]`, `{a,b}`) for those of
 * its folder that fit. Words that stand for nothing are problems. Without a word it is the working directory.
 */
export async function findFiles(words: readonly string[], host: Host): Promise<FoundFiles> {
  const files = new Map<string, FoundFile>();
  const problems: SopsError[] = [];
  const passedOver = new Set<string>();
  const add = (path: string, isNamed: boolean, absolute = resolve(host.cwd, path)): void => {
    const key = comparable(absolute, host);
    if (isNamed || !files.has(key)) files.set(key, { path, absolute, isNamed });
  };
  for (const word of words.length === 0 ? ['.'] : words) {
    try {
      const stats = statOrThrow(resolve(host.cwd, word));
      if (stats && !stats.isDirectory()) add(word, true);
      else if (stats) await addFolder(word, host, { add, problems, passedOver });
      else if (!isPattern(word, host)) throw absent(word);
      else await addMatching(word, host, { add, problems, passedOver });
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      problems.push(error);
    }
  }
  const inOrder = [...files.values()].sort((one, other) => compareTexts(one.path, other.path));
  return { files: inOrder, problems, passedOver: [...passedOver].sort(compareTexts) };
}

/** Words of a command line that stand for files which git holds, and may not be in the work tree. */
export class AskedWords {
  private constructor(
    private readonly words: readonly { readonly word: string; readonly covers: (absolute: string) => boolean }[],
    private readonly host: Host,
  ) {}

  static async of(words: readonly string[], host: Host): Promise<AskedWords> {
    const tests = words.map(async (word) => ({ word, covers: await coverOf(word, host) }));
    return new AskedWords(await Promise.all(tests), host);
  }

  /** Whether a file is asked for; without words every one is. */
  covers(absolute: string): boolean {
    return this.words.length === 0 || this.words.some(({ covers }) => covers(absolute));
  }

  /** The errors of words that stand for none of some files, and for nothing in the work tree. */
  absentAmong(files: readonly string[]): SopsError[] {
    return this.words.flatMap(({ word, covers }) => {
      if (files.some(covers)) return [];
      if (isPattern(word, this.host)) return [nothingFits(word)];
      return statOrThrow(resolve(this.host.cwd, word)) ? [] : [absent(word)];
    });
  }
}

function isPattern(word: string, host: Host): boolean {
  return WILDCARDS.test(word) && !lstatOrThrow(resolve(host.cwd, word));
}

async function coverOf(word: string, host: Host): Promise<(absolute: string) => boolean> {
  if (!isPattern(word, host)) {
    const place = realPath(resolve(host.cwd, word));
    return (absolute) => isWithin(absolute, place);
  }
  const { folder, fits } = await patternOf(word, host);
  const top = realPath(resolve(host.cwd, folder));
  return (absolute) => isWithin(absolute, top) && fits(absolute.slice(top.length).replace(/^[\\/]+/, ''));
}

/** By UTF-16 units, the same on every machine. */
export function compareTexts(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

interface Findings {
  add(path: string, isNamed: boolean, absolute?: string): void;
  readonly problems: SopsError[];
  readonly passedOver: Set<string>;
}

async function addFolder(word: string, host: Host, { add, problems, passedOver }: Findings): Promise<void> {
  const { files, repositories, closed } = await filesIn(resolve(host.cwd, word), host);
  // Joined as texts, since `join` would take each of a hundred thousand paths apart again.
  const [shown, absolute] = [join(word, 'x').slice(0, -1), resolve(host.cwd, word, 'x').slice(0, -1)];
  for (const path of files) add(shown + path, false, absolute + path);
  for (const path of repositories) passedOver.add(shown + path);
  append(problems, closed);
}

async function addMatching(word: string, host: Host, { add, problems, passedOver }: Findings): Promise<void> {
  const { folder, fits } = await patternOf(word, host);
  const absolute = resolve(host.cwd, folder);
  if (!statOrThrow(absolute)?.isDirectory()) throw nothingFits(word);
  const { files, repositories, closed } = await filesIn(absolute, host);
  // What is in there might fit.
  append(problems, closed);
  const fitting = files.filter(fits);
  if (fitting.length === 0) throw nothingFits(word);
  for (const path of fitting) add(join(folder, path), false);
  for (const path of repositories) if (fits(path)) passedOver.add(join(folder, path));
}

/** The folder that a pattern begins at, and whether paths from there fit. */
async function patternOf(word: string, host: Host): Promise<{ folder: string; fits: (path: string) => boolean }> {
  const { default: picomatch } = await import('../packages/picomatch.js');
  const pattern = comparable(word, host);
  const folder = folderOf(pattern);
  const matches = picomatch(pattern.slice(folder.length).replace(/^\/+/, ''), { dot: true, windows: false });
  return { folder, fits: (path) => matches(comparable(path, host)) };
}

/** A path or pattern in the one form in which they are compared: a backslash is a separator on Windows alone, and macOS has names with accents in two. */
function comparable(text: string, { platform }: Host): string {
  if (platform === 'darwin') return text.normalize('NFC');
  return platform === 'win32' ? text.replaceAll('\\', '/') : text;
}

/** The part of a pattern before the first name with a wildcard in it; of a drive or of everything it is the root. */
function folderOf(pattern: string): string {
  const names = pattern.split('/');
  const count = names.findIndex((name) => WILDCARDS.test(name));
  const folder = names.slice(0, count).join('/');
  return (folder === '' && pattern.startsWith('/')) || /^[A-Za-z]:$/.test(folder) ? `${folder}/` : folder;
}

interface FolderFiles {
  readonly files: readonly string[];
  readonly repositories: readonly string[];
  /** Of folders that could not be looked into. */
  readonly closed: readonly SopsError[];
}

/** The files below a folder by paths from it, with the system's separators. What killed runs left behind there, plaintext perhaps, goes. */
async function filesIn(folder: string, host: Host): Promise<FolderFiles> {
  const tree = await workTreeOf(folder, host, !isOwnTree(folder, host));
  if (tree) {
    const { files, repositories, closed } = await listFiles(folder, host, { elsewhere: !isOwnTree(folder, host) });
    // Git may have been told to ignore what killed runs leave, so every folder is looked at.
    for (const within of new Set(files.map(dirname))) tellSwept(join(folder, within), host);
    return {
      files: files.filter((path) => !isPassing(path.slice(path.lastIndexOf('/') + 1))).map(native),
      repositories: repositories.map(native),
      closed: closed.map((one) => closedFolder(one, tree.top, host)),
    };
  }
  const files: string[] = [];
  for await (const path of filesBelow(folder, { takesLinks: true, sweepsFor: host, errorCode: 'input-unreadable' }))
    files.push(path.slice(folder.length).replace(/^[\\/]+/, ''));
  return { files, repositories: [], closed: [] };
}

function closedFolder({ path, reason }: ClosedFolder, top: string, { cwd }: Host): SopsError {
  const folder = relative(cwd, resolve(top, native(path)));
  const hint = 'What is in there could not be looked at: ls -ld shows its owner and mode.';
  return new SopsError('input-unreadable', `open ${oneLine(folder)}: ${oneLine(reason)}`, { file: folder, hint });
}

/** Whether variables of git that this process was given are about the repository of a folder: a hook is called with those of its own. */
function isOwnTree(folder: string, { cwd }: Host): boolean {
  return folder === cwd || folder.startsWith(cwd.endsWith(sep) ? cwd : cwd + sep);
}

function native(path: string): string {
  return sep === '/' ? path : path.replaceAll('/', sep);
}

function absent(word: string): SopsError {
  const path = oneLine(word);
  const message = `${path}: there is no such file or folder`;
  return new SopsError('no-file', message, {
    file: word,
    hint: 'Is the name written right? A relative one counts from the working directory.',
  });
}

function nothingFits(word: string): SopsError {
  return new SopsError('no-file', `no file fits ${oneLine(word)}`, {
    file: word,
    hint: 'Files that git ignores do not count: name them one by one.',
  });
}
