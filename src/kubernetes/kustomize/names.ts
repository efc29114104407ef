/** What Kubernetes takes as names, labels and annotations. */
import { SopsError } from '../../errors.js';

const NAME = /^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/;
const LONGEST_NAME = 253;
const LABEL_KEY = /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/** Throws `usage` for what the API server would not take as a name; `what` says whose. */
export function checkObjectName(name: string, what: string): void {
  if (name.length <= LONGEST_NAME && NAME.test(name)) return;
  throw new SopsError('usage', `${what}, ${JSON.stringify(name)}, is not made of lower-case letters, digits, - and .`, {
    hint: 'It begins and ends with a letter or digit and has 253 characters at most.',
  });
}

/** Reads `key=value` for labels or annotations, whose values are freer. Throws `usage`. */
export function readPairs(specs: readonly string[], kind: 'label' | 'annotation'): Map<string, string> {
  const pairs = specs.map((spec): [string, string] => {
    const cut = spec.indexOf('=');
    if (cut < 0) throw new SopsError('usage', `--${kind} takes KEY=VALUE, not ${JSON.stringify(spec)}`);
    return [spec.slice(0, cut), spec.slice(cut + 1)];
  });
  for (const [key, value] of pairs) {
    if (!LABEL_KEY.test(key)) throw new SopsError('usage', `${JSON.stringify(key)} is not a key of a ${kind}`);
    if (kind === 'label' && !LABEL_VALUE.test(value)) {
      throw new SopsError('usage', `${JSON.stringify(value)} is not a value of a label`);
    }
  }
  return new Map(pairs);
}
