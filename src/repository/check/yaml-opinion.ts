/** What the second reader of YAML says of the values that a selection has encrypted. */
import type { EncryptionScope } from '../../tree/scope.js';
import { addUnder } from '../../util/lists.js';
import type { LineIndex } from '../../util/text/line-index.js';
import type { Discovery } from './check-finding.js';
import { type SecondValue, secondReading } from './second-reader.js';
import type { SeenValue } from './seen-values.js';

/** A value that should be encrypted and is not. */
export type PlainPlace = Pick<SeenValue, 'path' | 'offset' | 'state'>;

/** The second reading next to the first. */
export interface Opinion {
  /** Values that the second reader sees in plaintext, or broken, and the first one does not see so. */
  readonly plain: readonly PlainPlace[];
  readonly discoveries: readonly Discovery[];
}

/** Compares the readings of one text. `seen` is the first one, with the same scope. */
export async function secondOpinion(
  text: string,
  scope: EncryptionScope,
  seen: readonly SeenValue[],
  lines: LineIndex,
): Promise<Opinion> {
  const second = await secondReading(text, scope);
  const values = seen.filter(({ kind }) => kind === 'value');
  if (second === null) {
    const message = 'the package yaml cannot read this file, which sops-ts can: no second opinion on its values';
    const next = 'Write what is unusual in it in a plainer way, or take it out.';
    return { plain: [], discoveries: values.length > 0 ? [{ rule: 'readers-disagree', message, next }] : [] };
  }
  const first = byPath(values);
  const isWanted = (value: SecondValue): boolean =>
    value.selected ?? first.get(idOf(value))?.some(({ selected }) => selected) ?? true;
  const known = new Set(
    values.flatMap((value) => (value.selected && value.state !== 'encrypted' ? [idOf(value)] : [])),
  );
  const plain = second.filter((value) => value.state !== 'encrypted' && isWanted(value) && !known.has(idOf(value)));
  return { plain, discoveries: plain.length > 0 ? [] : disagreement(values, second, lines) };
}

/** Different numbers of values, or other places, where both see ciphertext alone. */
function disagreement(first: readonly SeenValue[], second: readonly SecondValue[], lines: LineIndex): Discovery[] {
  const places = new Set(first.map(idOf));
  const unmatched = second.find((value) => !places.has(idOf(value)));
  if (!unmatched) return [];
  const message = 'the package yaml sees a value here that sops-ts does not see';
  const next = 'Write it in a plainer way, so that every program reads the same.';
  return [{ rule: 'readers-disagree', line: lines.lineAt(unmatched.offset), keyPath: unmatched.path, message, next }];
}

function byPath(values: readonly SeenValue[]): Map<string, SeenValue[]> {
  const found = new Map<string, SeenValue[]>();
  for (const value of values) {
    addUnder(found, idOf(value), value);
  }
  return found;
}

function idOf({ path }: { readonly path: readonly string[] }): string {
  return JSON.stringify(path);
}
