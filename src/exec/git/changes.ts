/** What git says has changed: between a commit and the index, or in each commit of a range. */
import type { Host } from '../../util/host/host.js';
import { fieldsOf } from './places.js';
import { type GitCall, git, gitText, tryGit } from './run-git.js';

/** What stands at a path after a change. */
export interface ChangedFile {
  /** From the top of the work tree, with `/`. */
  readonly path: string;
  readonly mode: FileMode;
  /** The id of its content. */
  readonly blob: string;
  /** The ids of what it held before: none of a new file, several where the sides of a merge had different ones; absent where nothing changed. */
  readonly before?: readonly string[];
}

/** A regular file, a symbolic link (its content is where it leads), a submodule (which has no content here), or nothing any more. */
export type FileMode = 'file' | 'link' | 'submodule' | 'gone';

const DIFF = ['--raw', '-z', '--no-renames', '--no-abbrev'];

/** What a commit of the index would change; all that is in the index where there is no commit yet. */
export async function stagedChanges(host: Host, call: GitCall = {}): Promise<ChangedFile[]> {
  return changesIn(await git(['diff', '--cached', ...DIFF], host, call));
}

/** What differs between two trees, as the second one has it. */
export async function changesBetween(from: string, to: string, host: Host, call: GitCall = {}): Promise<ChangedFile[]> {
  return changesIn(await git(['diff-tree', '-r', ...DIFF, from, to, '--'], host, call));
}

/** What one commit changed against its parents; of a merge, what differs from all of them. */
export async function changesOf(commit: string, host: Host, call: GitCall = {}): Promise<ChangedFile[]> {
  return changesIn(await git(['diff-tree', '-r', '--root', '-m', '--no-commit-id', ...DIFF, commit, '--'], host, call));
}

/** The commits that can be reached from one and not from others, the oldest first. */
export async function commitsBetween(
  from: readonly string[],
  to: string,
  host: Host,
  call: GitCall = {},
): Promise<string[]> {
  const text = await gitText(['rev-list', '--reverse', to, ...from.map((one) => `^${one}`), '--'], host, call);
  return text === '' ? [] : text.split('\n');
}

/** The best common ancestor of two commits; null where there is none, or history was cut off before it. */
export async function mergeBase(one: string, other: string, host: Host, call: GitCall = {}): Promise<string | null> {
  const outcome = await tryGit(['merge-base', one, other], host, call);
  return outcome?.status === 0 ? outcome.stdout.toString('latin1').trim() : null;
}

/** The commit that a name stands for; null for none. */
export async function commitOf(name: string, host: Host, call: GitCall = {}): Promise<string | null> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
  const outcome = await tryGit(args, host, call);
  return outcome?.status === 0 ? outcome.stdout.toString('latin1').trim() : null;
}

/** A setting, undefined where it is not set; with several values the last. */
export async function configValue(name: string, host: Host, call: GitCall = {}): Promise<string | undefined> {
  const outcome = await tryGit(['config', '--get', name], host, call);
  return outcome?.status === 0 ? outcome.stdout.toString('utf8').replace(/\n$/, '') : undefined;
}

/** Reads `:mode mode id id status NUL path NUL …`. */
function changesIn(answer: Uint8Array): ChangedFile[] {
  const changed = new Map<string, ChangedFile>();
  const fields = fieldsOf(answer);
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [oldMode = '', mode, old = '', blob, status] = (fields[at] ?? '').split(' ');
    const path = fields[at + 1] ?? '';
    if (mode === undefined || blob === undefined) continue;
    // A link before has no content that counts.
    const before = /^:100/.test(oldMode) ? [old] : [];
    changed.set(path + blob, { path, mode: status === 'D' ? 'gone' : modeOf(mode), blob, before });
  }
  return [...changed.values()];
}

function modeOf(mode: string): FileMode {
  if (mode === '120000') return 'link';
  return mode === '160000' ? 'submodule' : 'file';
}
