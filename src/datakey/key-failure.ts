/** A key that did not do its work for a data key, and what its user can do. */

/** A key that did not open its part, and why, one reason for each key service. */
export interface KeyFailure {
  readonly keyString: string;
  readonly reasons: readonly string[];
  /** What the user can do about them. */
  readonly hints?: readonly string[];
}

/** What to do when nobody is there to ask. */
export function noServicesHint(): string {
  return 'There is no key service: leave out --enable-local-keyservice=false, or name one with --keyservice.';
}

/** Shown of them, a line each. */
const MOST_HINTS = 2;

/** The first few different ones; undefined when there are none. */
export function joinHints(hints: readonly string[]): string | undefined {
  return hints.length === 0 ? undefined : [...new Set(hints)].slice(0, MOST_HINTS).join('\n');
}
