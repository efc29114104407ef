/** The suffix that kustomize appends to the names of Secrets and ConfigMaps (docs/kubernetes/kustomize.md#name-hash). */

import { createHash } from 'node:crypto';
import { SopsError } from '../../errors.js';
import { folded } from '../../tree/fold.js';
import { type Branch, isTimestamp, type LeafValue, type Value } from '../../tree/tree.js';
import { floatText } from '../../tree/value.js';
import { compareBytes } from '../../util/text/byte-order.js';
import { escapedUnit } from '../../util/text/text.js';
import { itemsOf, stringAt, valueAt, withEntryAt } from '../manifest/manifest.js';

const DIGITS = 10;
/** Digits that might form a word are replaced. */
const REPLACED: ReadonlyMap<string, string> = new Map([
  ['0', 'g'],
  ['1', 'h'],
  ['3', 'k'],
  ['a', 'm'],
  ['e', 't'],
]);

/** The ten characters for an object. Throws `failed` for an object of another kind. */
export function nameHash(root: Branch): string {
  const hex = createHash('sha256').update(hashedText(root)).digest('hex').slice(0, DIGITS);
  return [...hex].map((digit) => REPLACED.get(digit) ?? digit).join('');
}

/** The object with the hash of its content after its name. */
export function withNameHash(root: Branch): Branch {
  const name = stringAt(root, 'metadata', 'name') ?? '';
  return withEntryAt(root, ['metadata', 'name'], { kind: 'leaf', value: `${name}-${nameHash(root)}` });
}

function hashedText(root: Branch): string {
  const kind = stringAt(root, 'kind');
  const orEmpty = (field: string): string => goJson(valueAt(root, field) ?? { kind: 'leaf', value: '' });
  const ifThere = (field: string): string => {
    const found = valueAt(root, field);
    return found ? `"${field}":${goJson(found)},` : '';
  };
  if (kind === 'ConfigMap') return `{${ifThere('binaryData')}"data":${orEmpty('data')},"kind":"ConfigMap","name":""}`;
  if (kind !== 'Secret') throw new SopsError('failed', `only Secrets and ConfigMaps get a name hash, not ${kind}`);
  return `{"data":${orEmpty('data')},"kind":"Secret","name":"",${ifThere('stringData')}"type":${orEmpty('type')}}`;
}

/** A value as Go's encoder writes it: keys sorted, no blanks, characters of HTML escaped. */
function goJson(value: Value): string {
  return folded(value, {
    leaf: (of) => goScalar(of.value),
    container(of, texts) {
      if (of.kind === 'list') return `[${texts.join(',')}]`;
      const entries = itemsOf(of).map(({ key }, at) => ({ key, text: texts[at] ?? '' }));
      entries.sort((one, other) => compareBytes(one.key, other.key));
      return `{${entries.map(({ key, text }) => `${goString(key)}:${text}`).join(',')}}`;
    },
  });
}

function goScalar(value: LeafValue): string {
  if (typeof value === 'string') return goString(value);
  if (typeof value === 'number') return floatText(value);
  return value === null || !isTimestamp(value) ? String(value) : '""';
}

function goString(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(/[<>&\u2028\u2029]/g, escapedUnit);
}
