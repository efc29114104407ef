/** The files that git-crypt encrypts: told by git's attributes, read from the index, locked or not. */
import { dirname, join, relative, sep } from 'node:path';
import { SopsError } from '../../errors.js';
import { readBlob, readBlobs } from '../../exec/git/blobs.js';
import { fieldsOf } from '../../exec/git/places.js';
import { git } from '../../exec/git/run-git.js';
import { unreadableFile } from '../../operations/read/encrypted-files.js';
import { lstatSync } from '../../util/files/fs.js';
import type { Session } from '../../util/host/host.js';
import type { Content } from '../contents.js';
import { encryptedIn, FileSight } from '../encrypted.js';
import type { FoundFile } from '../operands.js';
import { isGitCrypt } from './git-crypt-key.js';
import { DEFAULT_KEY } from './git-crypt-keys.js';
import type { ImportSource } from './source.js';

/** A source, and what is known of it beside. */
export interface GitCryptSource extends ImportSource {
  /** The top of the work tree; undefined for a file outside of one. */
  readonly top: string | undefined;
  /** What stands in the work tree, where that is not the ciphertext. */
  readonly plain?: Buffer;
}

const FILTER = /^git-crypt(?:-(.+))?$/;

/** The sources among files, as `ImportKind.find` has it; `described` is for those that were named and are not sources. */
export async function* gitCryptFiles(
  files: readonly FoundFile[],
  described: string,
  host: Session,
): AsyncGenerator<GitCryptSource> {
  const sight = new FileSight(files, host.cwd);
  for (const [top, group] of byRepository(files)) {
    const names = top === undefined ? new Map<string, string>() : await keyNames(group, top, host);
    const blobs = top === undefined ? new Map<string, Buffer>() : await staged([...names.keys()], top, host);
    for (const found of group) {
      const seen = sight.at(found);
      if (!seen) continue;
      const { file, content } = seen;
      const keyName = names.get(file.absolute);
      const source = await sourceOf({ file, content, top, keyName, blob: blobs.get(file.absolute) });
      if (source) yield source;
      else if (found.isNamed || content.kind === 'unreadable') {
        yield { file, top, bytes: Buffer.alloc(0), problem: none(file, content, described) };
      }
    }
  }
}

/** The names of git-crypt's keys by the absolute paths of files that its filter is about. */
export async function keyNames(
  files: readonly Pick<FoundFile, 'absolute'>[],
  top: string,
  host: Session,
): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  const input = Buffer.from(files.map(({ absolute }) => `${pathIn(top, absolute)}\0`).join(''));
  const answer = await git(['check-attr', '-z', '--stdin', 'filter'], host, { cwd: top, elsewhere: true, input });
  const fields = fieldsOf(answer);
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const filter = FILTER.exec(fields[at + 2] ?? '');
    if (filter) names.set(join(top, fields[at] ?? ''), filter[1] ?? DEFAULT_KEY);
  }
  return names;
}

/** The top of the work tree that a file is in, told without git: of its folders the first with `.git` in it. */
export function topOf(folder: string, known: Map<string, string | undefined> = new Map()): string | undefined {
  const passed: string[] = [];
  let top: string | undefined;
  for (let at = folder; ; at = dirname(at)) {
    passed.push(at);
    if (known.has(at)) top = known.get(at);
    else if (lstatSync(join(at, '.git'), { throwIfNoEntry: false })) top = at;
    else if (dirname(at) !== at) continue;
    break;
  }
  for (const one of passed) known.set(one, top);
  return top;
}

function byRepository(files: readonly FoundFile[]): Map<string | undefined, FoundFile[]> {
  const known = new Map<string, string | undefined>();
  const groups = new Map<string | undefined, FoundFile[]>();
  for (const file of files) {
    const top = topOf(dirname(file.absolute), known);
    groups.set(top, [...(groups.get(top) ?? []), file]);
  }
  return groups;
}

/** What the index holds of files, by their absolute paths; without those that it has not. */
async function staged(paths: readonly string[], top: string, host: Session): Promise<Map<string, Buffer>> {
  const names = paths.map((path) => `:${pathIn(top, path)}`);
  const call = { cwd: top, elsewhere: true };
  const found = new Map<string, Buffer>();
  const note = (name: string, content: Buffer | null): void => {
    if (content) found.set(join(top, name.slice(1)), content);
  };
  // Names with line breaks cannot be asked for in a list.
  for (const name of names) if (name.includes('\n')) note(name, await readBlob(name, host, call));
  const others = names.filter((name) => !name.includes('\n'));
  if (others.length === 0) return found;
  for await (const [name, content] of readBlobs(others, host, call)) note(name, content);
  return found;
}

interface Looked {
  readonly file: FoundFile;
  readonly content: Content;
  readonly top: string | undefined;
  readonly keyName: string | undefined;
  readonly blob: Buffer | undefined;
}

async function sourceOf({ file, content, top, keyName, blob }: Looked): Promise<GitCryptSource | null> {
  if (content.kind !== 'file') return null;
  const { bytes } = content;
  const given = { file, top, keyName };
  if (isGitCrypt(bytes)) {
    return blob && !blob.equals(bytes) ? { ...given, bytes, problem: indexDiffers() } : { ...given, bytes };
  }
  if (keyName === undefined || isMachinery(file)) return null;
  // What was imported before, and is not a source again.
  if ((await encryptedIn(file, content)) !== null && !file.isNamed) return null;
  if (!blob) return { ...given, bytes, problem: notAdded() };
  if (isGitCrypt(blob)) return { ...given, bytes: blob, plain: bytes };
  const warnings = blob.length === 0 ? [] : [IN_CLEAR];
  return blob.equals(bytes) ? { ...given, bytes, warnings } : { ...given, bytes, problem: indexDiffers() };
}

const IN_CLEAR = 'git holds it in clear: it was added before git-crypt was to encrypt it';

/** A pattern such as `*` has it, and git-crypt itself asks people to take it out. */
function isMachinery({ path, isNamed }: FoundFile): boolean {
  return !isNamed && /(?:^|[\\/])\.gitattributes$/.test(path);
}

function pathIn(top: string, absolute: string): string {
  const path = relative(top, absolute);
  return sep === '/' ? path : path.replaceAll(sep, '/');
}

/** Of what differs nobody can say which one is meant. */
export function indexDiffers(): SopsError {
  return new SopsError('conflict', 'the work tree and the index of git hold different contents', {
    hint: 'Stage the one that is meant (git add), or take the other one back (git restore), and import again.',
  });
}

function notAdded(): SopsError {
  return new SopsError('document-invalid', 'git has nothing of it yet, so that git-crypt never encrypted it', {
    hint: 'Encrypt it with sops-ts encrypt, or git add it first.',
  });
}

function none(file: FoundFile, content: Content, described: string): SopsError {
  if (content.kind === 'unreadable') return unreadableFile(file.path, content.cause);
  return new SopsError('document-invalid', `this is not ${described}`, { file: file.path });
}
