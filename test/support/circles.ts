/** Circles of source files that import each other. */
import { posix } from 'node:path';

export interface SourceText {
  /** Relative to the folder of sources. */
  readonly path: string;
  readonly text: string;
}

/** Which imports count: those that run when a file is loaded; those of types as well; those that run later as well. */
export type CountedImports = 'loading' | 'types' | 'all';

/** The groups of files each of which leads to every other, sorted. */
export function circlesIn(files: readonly SourceText[], counted: CountedImports): string[][] {
  const targets = new Map(files.map((file) => [file.path, targetsOf(file, counted)]));
  const reached = new Map([...targets.keys()].map((path) => [path, reachedFrom(path, targets)]));
  const circles = new Set<string>();
  for (const [path, all] of reached) {
    if (!all.has(path)) continue;
    circles.add(
      [...all]
        .filter((other) => reached.get(other)?.has(path))
        .sort()
        .join('\n'),
    );
  }
  return [...circles].sort().map((circle) => circle.split('\n'));
}

function targetsOf({ path, text }: SourceText, counted: CountedImports): string[] {
  const atTop = [...text.matchAll(/^(?:import|export)\s(type\s)?[^;'"]*?from '(\.[^']+)'/gm)].flatMap(
    ([, type, target = '']) => (type !== undefined && counted === 'loading' ? [] : [target]),
  );
  const later = [...text.matchAll(/\bimport\('(\.[^']+)'\)/g)].flatMap(([, target = '']) =>
    counted === 'all' ? [target] : [],
  );
  return [...atTop, ...later].map((target) =>
    posix.normalize(posix.join(posix.dirname(path), target)).replace(/\.js$/, '.ts'),
  );
}

function reachedFrom(start: string, targets: ReadonlyMap<string, readonly string[]>): Set<string> {
  const reached = new Set<string>();
  const pending = [...(targets.get(start) ?? [])];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (reached.has(path) || !targets.has(path)) continue;
    reached.add(path);
    pending.push(...(targets.get(path) ?? []));
  }
  return reached;
}
