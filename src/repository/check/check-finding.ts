/** One finding of `check`: what, where, and what to do next; never a value. */
import { createHash } from 'node:crypto';
import type { KeyPath } from '../../tree/tree.js';
import { CHECK_RULES, type CheckRuleId, type Severity } from './check-rules.js';

/** What a part of the check says of a file. */
export interface Discovery {
  readonly rule: CheckRuleId;
  /** From 1; absent where the whole file is meant. */
  readonly line?: number | undefined;
  /** Keys only, as `KeyPath` has them. */
  readonly keyPath?: KeyPath | undefined;
  /** What is wrong, without anything of a value. */
  readonly message: string;
  /** What the user can do, as a sentence; absent where the message says all. */
  readonly next?: string | undefined;
  /** How many values and comments what is told to do next would make readable: that takes somebody who decides. */
  readonly exposes?: number | undefined;
}

/** A discovery with its place in the repository. */
export interface CheckFinding extends Discovery {
  readonly severity: Severity;
  /** From the top of the repository, with `/`; outside of one from the working directory. */
  readonly path: string;
  /** As the user sees it: from the working directory. */
  readonly shown: string;
  /** The same finding has the same one in every run, wherever in the file it stands. */
  readonly fingerprint: string;
  /** The commit whose content it is; absent for the work tree and the index. */
  readonly commit?: string | undefined;
}

/** Where the discoveries of one file belong. */
export type FindingPlace = Pick<CheckFinding, 'path' | 'shown' | 'commit'>;

/**
 * The findings of one file. The fingerprint covers rule, path, key path, and how many like it came before in the file: a second key
 * beside one that is known is another finding. It covers nothing of the secret, from which a short one could be guessed.
 */
export function findingsOf(discoveries: readonly Discovery[], place: FindingPlace): CheckFinding[] {
  const counts = new Map<string, number>();
  return discoveries.map((discovery) => {
    const { rule, keyPath = [] } = discovery;
    const id = JSON.stringify([rule, place.path, keyPath]);
    const count = counts.get(id) ?? 0;
    counts.set(id, count + 1);
    const fingerprint = createHash('sha256')
      .update(JSON.stringify([rule, place.path, keyPath, count]))
      .digest('hex');
    return { ...discovery, ...place, severity: CHECK_RULES[rule].severity, fingerprint: fingerprint.slice(0, 32) };
  });
}

/** In order of path, line, rule and key path; then by commit as given. */
export function compareFindings(one: CheckFinding, other: CheckFinding): number {
  return (
    compare(one.path, other.path) ||
    (one.line ?? 0) - (other.line ?? 0) ||
    compare(one.rule, other.rule) ||
    compare((one.keyPath ?? []).join('\0'), (other.keyPath ?? []).join('\0'))
  );
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
