/** The place that `set`, `unset` and `decrypt --extract` are told: SOPS's index, or a plain path such as `db.hosts[0].name`. */
import { SopsError } from '../../errors.js';
import { type IndexUse, parseIndexPath, SYNTAX_ERRORS, type TreePath } from '../../tree/path.js';

/** A key up to the next point or bracket, an index, or a quoted key in brackets. */
const STEP = /([^.[\]]+)|\[([0-9]+)\]|\["([^"]*)"\]|\['([^']*)'\]/y;

/**
 * Reads a place. What begins with `[` is SOPS's index syntax, which refuses everything else, so plain paths take nothing
 * away. In a plain path points separate keys, and a key with a point or bracket is written `["a.b"]`. Throws `set-syntax`, or
 * `extract-syntax`; only there brackets without anything between them stand for the whole document.
 */
export function parseValuePath(text: string, use: IndexUse): TreePath {
  const path = text.startsWith('[') ? parseIndexPath(text, use) : parsePlainPath(text, use);
  if (path.length > 0 || use === 'extract') return path;
  throw malformed(use, 'it names no key');
}

/**
 * A place as users write it, the other way round: `db.hosts[0].name`, or the index syntax where the first key is not plain. A key with
 * brackets or both quotes has no such text; it is shown as nearly as there is one, and does not read back.
 */
export function valuePathText(path: TreePath): string {
  const [first] = path;
  if (typeof first !== 'string' || !isPlainKey(first)) return path.map(bracketed).join('');
  return path
    .map((step, at) =>
      typeof step === 'string' && isPlainKey(step) ? `${at === 0 ? '' : '.'}${step}` : bracketed(step),
    )
    .join('');
}

function isPlainKey(key: string): boolean {
  return /^[^.[\]]+$/.test(key);
}

function bracketed(step: string | number): string {
  if (typeof step === 'number') return `[${step}]`;
  return step.includes('"') ? `['${step}']` : `["${step}"]`;
}

function parsePlainPath(text: string, use: IndexUse): TreePath {
  const path: (string | number)[] = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] === '.' && at > 0) at += 1;
    STEP.lastIndex = at;
    const found = STEP.exec(text);
    const [whole = '', key, index, double, single] = found ?? [];
    // A point must be followed by a key, and a key must follow a point.
    const isPlain = key !== undefined;
    if (!found || isPlain !== (at === 0 || text[at - 1] === '.'))
      throw malformed(use, `it is not understood from character ${at + 1} on`);
    path.push(index !== undefined ? Number(index) : (key ?? double ?? single ?? ''));
    at += whole.length;
  }
  if (text.endsWith('.')) throw malformed(use, 'it ends with a point');
  return path;
}

function malformed(use: IndexUse, reason: string): SopsError {
  const [code, prefix] = SYNTAX_ERRORS[use];
  return new SopsError(code, `${prefix}: ${reason}`, {
    hint: 'Write it like \'["key"][0]["other key"]\' or key.list[0].name.',
  });
}
