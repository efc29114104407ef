/** Circles of source files that import each other. */
import { posix } from 'node:path';

export interface SourceText {
  /** Relative to the folder of sources. */
  readonly path: string;
  readonly text: string;
}

/** Whether `import type` counts; what is imported dynamically never does. */
export interface CircleRules {
  readonly types: boolean;
}

/** The groups of files each of which leads to every other, sorted. */
export function circlesIn(files: readonly SourceText[], rules: CircleRules): string[][] {
  const targets = new Map(files.map((file) => [file.path, targetsOf(file, rules)]));
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

function targetsOf({ path, text }: SourceText, { types }: CircleRules): string[] {
  const found = text.matchAll(/^(?:import|export)\s(type\s)?[^;'"]*?from '(\.[^']+)'/gm);
  return [...found].flatMap(([, type, target = '']) =>
    type !== undefined && !types
      ? []
      : [posix.normalize(posix.join(posix.dirname(path), target)).replace(/\.js$/, '.ts')],
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
