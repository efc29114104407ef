/** Recursion that takes none of the call stack, which ends at some thousand calls: documents may nest deeper. */

/**
 * A generator function's work on something nested. It yields the steps for what is inside, and is given what those came to; an
 * error of theirs ends the whole, so it must not need a `finally`. Work on what holds nothing is better done in a plain call.
 */
export interface Steps<T> extends Generator<Steps<T>, T, T> {}

/** What some steps come to. Throws what any of them throws. */
export function settle<T>(first: Steps<T>): T {
  const stack = [first];
  let result = first.next();
  for (;;) {
    if (!result.done) {
      stack.push(result.value);
      result = result.value.next();
      continue;
    }
    stack.pop();
    const outer = stack.at(-1);
    if (!outer) return result.value;
    result = outer.next(result.value);
  }
}
