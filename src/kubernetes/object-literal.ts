/** Writing objects down in code: maps whose keys are ours, with what is undefined left out. */
import { emitValue } from '../formats/yaml/emit.js';
import { type Branch, branch, item, leaf, list, type Value } from '../tree/tree.js';

export type FieldValue = string | boolean | bigint | Value | readonly Value[] | undefined;

/** A map of these entries, in order. Keys that come from users belong into `textMap`. */
export function record(entries: Readonly<Record<string, FieldValue>>): Branch {
  return branch(
    Object.entries(entries).flatMap(([key, part]) => (part === undefined ? [] : [item(key, asValue(part))])),
  );
}

function asValue(part: Exclude<FieldValue, undefined>): Value {
  if (typeof part !== 'object') return leaf(part);
  return 'kind' in part ? part : list([...part]);
}

/** A list as YAML text, for fields that hold text where they mean structure. */
export function yamlOfList(items: readonly Value[]): string {
  return yamlOf(list([...items]));
}

/** A value as YAML text that every reader reads alike. */
export function yamlOf(value: Value): string {
  return emitValue(value, { indent: 2, lists: 'at-key', strings: 'every-reader' });
}
