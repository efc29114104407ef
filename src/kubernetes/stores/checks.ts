/** What flags may say: names, and durations as Go's programs read them. */
import { isNamespaceName, isObjectName, NAME_RULE, NAMESPACE_RULE } from '../names.js';
import { usage } from './settings.js';

const NUMBER = '(?:\\d+(?:\\.\\d*)?|\\.\\d+)';
const DURATION = new RegExp(`^(?:${NUMBER}(?:ns|us|µs|ms|s|m|h))+$`);

/** The name of an object. `what` says whose, in errors. Throws `usage`. */
export function checkedName(name: string, what: string): string {
  if (isObjectName(name)) return name;
  throw usage(`${what} ${JSON.stringify(name)} is not a name for an object`, NAME_RULE);
}

/** Throws `usage`. */
export function checkNamespace(name: string, what: string): string {
  if (isNamespaceName(name)) return name;
  throw usage(`${what} ${JSON.stringify(name)} is not a namespace`, NAMESPACE_RULE);
}

/** Whether a text is a duration in Go's form. */
export function isDuration(text: string): boolean {
  return text === '0' || (text.length < 40 && DURATION.test(text));
}

/** A duration in Go's form, e.g. `1h0m0s`. Throws `usage`. */
export function checkDuration(text: string, what: string): string {
  if (text === '0') return '0s';
  if (isDuration(text)) return text;
  throw usage(
    `${what} ${JSON.stringify(text)} is not a duration`,
    'Durations look like 1h, 15m or 1h30m0s; 0s is once.',
  );
}
