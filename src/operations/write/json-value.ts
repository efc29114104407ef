/** A value given as JSON, read exactly: integers stay integers (-0 is a float), and nothing is taken silently (docs/command-line.md#set). */
import { SopsError } from '../../errors.js';
import { readJson } from '../../formats/json/read.js';
import { rebuilt } from '../../tree/rebuild.js';
import { type Branch, leaf, type Value } from '../../tree/tree.js';

const KEY = '{"v":';

const NEGATIVE_ZERO = /^[ \t\r\n]*-0[ \t\r\n]*$/;

/** The value of a JSON text. Throws `set-syntax` for anything but one JSON value, and for an object that has a key twice. */
export function parseJsonValue(text: string): Value {
  // Deeper in a value SOPS makes an integer of it, which is 0, as of one in a file.
  if (NEGATIVE_ZERO.test(text)) return leaf(-0);
  const whole = `${KEY}${text}\n}`;
  const { root, place } = readWhole(whole);
  const [entry, ...others] = root.items;
  if (entry?.kind !== 'item' || others.length > 0 || place.end !== whole.length) throw notJson();
  return copied(entry.value);
}

function readWhole(text: string): ReturnType<typeof readJson> {
  try {
    return readJson(text);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    // The cause's position counts from the braces put around the value.
    throw notJson(error);
  }
}

/** A copy without places: those are places in another text. */
function copied(value: Value): Value {
  return rebuilt(value, {
    leaf: (of) => leaf(of.value),
    enter: (of) => {
      if (of.kind === 'branch') checkUnique(of);
    },
  });
}

function checkUnique({ items }: Branch): void {
  const keys = new Set<string>();
  for (const entry of items) {
    if (entry.kind === 'comment') continue;
    if (keys.has(entry.key)) throw twice(entry.key);
    keys.add(entry.key);
  }
}

function notJson(cause?: unknown): SopsError {
  return new SopsError('set-syntax', 'Value for --set is not valid JSON', {
    hint: 'For text as it is, give --text, or the double quotes of JSON: \'"text"\'.',
    cause,
  });
}

function twice(key: string): SopsError {
  return new SopsError('set-syntax', 'Invalid --set value format: an object has the same key twice', { path: [key] });
}
