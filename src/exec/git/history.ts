/** The versions that files had: what git's history has of them. */
import { relative, sep } from 'node:path';
import { resolve } from '../../util/files/paths.js';
import type { Host } from '../../util/host/host.js';
import { fieldsOf } from './places.js';
import { type GitCall, git, tryGit } from './run-git.js';

/** With more paths than this git is asked for all of them: a command line has its bounds. */
const MOST_PATHS = 1000;

/**
 * The ids of the contents that files had in commits that lead to HEAD, the newest first, by absolute path; under the name that they have now. The
 * call's working directory is the top of the work tree. No versions where there is no commit.
 */
export async function pastVersionsOf(
  paths: readonly string[],
  host: Host,
  call: GitCall & { readonly cwd: string },
): Promise<Map<string, string[]>> {
  const versions = new Map<string, string[]>(paths.map((path) => [path, []]));
  if ((await tryGit(['rev-parse', '--verify', '--quiet', 'HEAD'], host, call))?.status !== 0) return versions;
  const args = ['--literal-pathspecs', 'log', '-z', '--format=', '--raw', '--no-renames', '--no-abbrev', '-m'];
  const within = paths
    .map((path) => relative(call.cwd, path).replaceAll(sep, '/'))
    .filter((path) => !path.startsWith('../'));
  if (within.length === 0) return versions;
  const chosen = within.length <= MOST_PATHS ? within : [];
  const answer = await git([...args, '--full-history', '--diff-filter=d', 'HEAD', '--', ...chosen], host, call);
  const fields = fieldsOf(answer).map((field) => field.replace(/^\n/, ''));
  for (let at = 0; at + 1 < fields.length; at++) {
    const [, mode, , blob] = /^:\d+ (\d+) ([0-9a-f]+) ([0-9a-f]+) \w/.exec(fields[at] ?? '') ?? [];
    if (mode === undefined || blob === undefined) continue;
    at += 1;
    if (mode.startsWith('100')) versions.get(resolve(call.cwd, fields[at] ?? ''))?.push(blob);
  }
  return versions;
}
