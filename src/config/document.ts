/** A configuration's YAML, which unlike a secret document may hold anything where nobody looks: SOPS reads it into a structure. */
import type { SopsError } from '../errors.js';
import { readDocuments } from '../formats/yaml/documents.js';
import type { NodeWatcher } from '../formats/yaml/node.js';
import { branch, type Item, type Value } from '../tree/tree.js';

/** The first document of a configuration. */
export interface ConfigDocument {
  /** The text that it was read from. */
  readonly text: string;
  readonly root: Value;
  /** The key of an item as a value; a key need not be text. */
  keyOf(entry: Item): Value | undefined;
  /** What is wrong with a value, which counts only if the value is used. */
  flawOf(value: Value): SopsError | undefined;
}

/** Reads the first document of a text. Throws `document-invalid` with line and column for what is not YAML. */
export function readConfigDocument(whole: string, watcher?: Pick<NodeWatcher, 'entry' | 'anchor'>): ConfigDocument {
  const text = firstDocument(whole);
  const keys = new WeakMap<Item, Value>();
  const flaws = new WeakMap<Value, SopsError>();
  let root: Value = branch();
  const loose = {
    root: (value: Value) => {
      root = value;
    },
    key: (of: Item, key: Value) => void keys.set(of, key),
    broken: (of: Value, error: SopsError) => void flaws.set(of, error),
  };
  const unwatched = { entry: () => undefined, anchor: () => undefined };
  if (!isBlank(text)) readDocuments(text, { ...(watcher ?? unwatched), loose });
  return { text, root, keyOf: (entry) => keys.get(entry), flawOf: (value) => flaws.get(value) };
}

/** The text up to where a second YAML document begins; SOPS never reads on (YAML 1.2 section 9.1: markers stand at column 0). */
function firstDocument(text: string): string {
  let begun = false;
  let at = 0;
  while (at < text.length) {
    const next = text.indexOf('\n', at) + 1 || text.length;
    const line = text.slice(at, next);
    const marker = /^(?:---|\.\.\.)(?=\s|$)/.exec(line)?.[0];
    if (begun && marker !== undefined) return text.slice(0, at);
    if (marker === '---' || !(isBlank(line) || line.startsWith('%'))) begun = true;
    at = next;
  }
  return text;
}

/** Whether a text holds nothing but blanks and comments. */
function isBlank(text: string): boolean {
  return text.split('\n').every((line) => /^\s*(?:#|$)/.test(line));
}
