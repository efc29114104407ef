/**
 * What a value is, whichever realm made it: a test runner that loads modules into a context of its own (Jest, Vitest's `vmThreads`) gives
 * them classes of their own, while Node's errors and the caller's values are of others, which `instanceof` does not know.
 */

/** Whether something is an error. Nothing that it does keeps this from an answer. */
export function isError(value: unknown): value is Error {
  try {
    return isOf(Error, value) || tagOf(value) === '[object DOMException]';
  } catch {
    return false;
  }
}

/** Whether something is an object of that class of the language, or of its namesake. Throws what looking at it throws. */
export function isOf<T>(kind: abstract new (...given: never[]) => T, value: unknown): value is T {
  return value instanceof kind || tagOf(value) === `[object ${kind.name}]`;
}

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value);
}
