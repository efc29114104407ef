/** The files that a pattern names, for the generators' lists: `*`, `?`, `[…]` within a folder's name, `**` over folders. */

import { join } from 'node:path';
import { SopsError } from '../../errors.js';
import { isAbsent, systemReason } from '../../util/files/files.js';
import { readdirSync } from '../../util/files/fs.js';

/** Folders that hold other versions, or other people's files. */
const PASSED_OVER: ReadonlySet<string> = new Set(['.git', 'node_modules']);

/**
 * The paths of the regular files that a pattern names, relative as the pattern is, in the order of their bytes. `**` follows no
 * symbolic links, and nothing names a hidden entry but a pattern that begins with a point. Throws `failed` for a
 * folder that cannot be read.
 */
export function filesOfPattern(pattern: string, folder: string): string[] {
  const found = new Set<string>();
  walk(
    '',
    pattern.split('/').filter((step, index) => step !== '' || index === 0),
    folder,
    found,
  );
  return [...found].sort();
}

function walk(base: string, steps: readonly string[], folder: string, found: Set<string>): void {
  const [step, ...rest] = steps;
  if (step === undefined) return;
  if (step === '**') {
    walk(base, rest, folder, found);
    for (const entry of entriesOf(base, folder)) {
      if (!entry.isDirectory() || entry.name.startsWith('.') || PASSED_OVER.has(entry.name)) continue;
      walk(joined(base, entry.name), steps, folder, found);
    }
    return;
  }
  if (!/[*?[]/.test(step) && rest.length > 0) {
    walk(joined(base, step, step === '' ? '/' : undefined), rest, folder, found);
    return;
  }
  const matches = matcherOf(step);
  for (const entry of entriesOf(base, folder)) {
    if (!matches(entry.name)) continue;
    const path = joined(base, entry.name);
    if (rest.length > 0) walk(path, rest, folder, found);
    else if (entry.isFile() || entry.isSymbolicLink()) found.add(path);
  }
}

/** The first step of an absolute pattern is empty. */
function joined(base: string, name: string, root?: string): string {
  if (root !== undefined) return root;
  return base === '' ? name : `${base.endsWith('/') ? base : `${base}/`}${name}`;
}

function entriesOf(base: string, folder: string) {
  try {
    return readdirSync(base.startsWith('/') ? base : join(folder, base), { withFileTypes: true });
  } catch (cause) {
    if (isAbsent(cause)) return [];
    throw new SopsError('failed', `cannot read the folder ${base || '.'}: ${systemReason(cause)}`, { cause });
  }
}

function matcherOf(step: string): (name: string) => boolean {
  const source = step.replace(/\*+|\?|\[(!?)([^\]]*)\]|[\\^$.|+(){}[\]]/g, (token, not: string, set: string) => {
    if (token.startsWith('*')) return '[^]*';
    if (token === '?') return '[^]';
    if (token.length > 1) return `[${not ? '^' : ''}${set.replace(/[\\\]^]/g, '\\$&')}]`;
    return `\\${token}`;
  });
  const pattern = compiled(source, step);
  return (name) => (!name.startsWith('.') || step.startsWith('.')) && pattern.test(name);
}

function compiled(source: string, step: string): RegExp {
  try {
    return new RegExp(`^${source}$`, 'u');
  } catch (cause) {
    throw new SopsError('failed', `${JSON.stringify(step)} is not a pattern of file names`, { cause });
  }
}
