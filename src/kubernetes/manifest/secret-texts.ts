/** The values of Secrets as texts: decoded to look into them, and encoded again, or moved to `stringData` (what vals calls ksdecode). */

import { SopsError } from '../../errors.js';
import { type Branch, branch, type Item, item, type Leaf, type LeafValue, type List } from '../../tree/tree.js';
import { append } from '../../util/lists.js';
import { decodeText, encodeText, hasInvalidBytes } from '../../util/text/text.js';
import { branchAt, itemsOf, stringAt } from './manifest.js';
import { decodeDataValue } from './secret.js';

type Root = Branch | List;

/** A value that was decoded. */
interface Opened {
  readonly of: Item;
  readonly encoded: LeafValue;
  readonly text: string;
}

/** Lets the values of Secrets be changed as texts: `open` decodes those of `data`, `close` encodes them again. Bytes that are not text stay as they are. */
export class SecretTexts {
  readonly #opened: Opened[] = [];

  /** Throws `document-invalid` for what is not base64. */
  open(roots: readonly Root[]): void {
    for (const secret of secretsIn(roots)) {
      for (const { of, value, text } of textsOf(secret)) {
        if (text === undefined) continue;
        this.#opened.push({ of, encoded: value.value, text });
        value.value = text;
      }
    }
  }

  /** Throws `document-invalid` for a value that no Secret can hold any more. */
  close(): void {
    for (const { of, encoded, text } of this.#opened) {
      const { key, value } = of;
      if (value.kind !== 'leaf' || value.value === null || typeof value.value === 'object') {
        throw new SopsError('document-invalid', `data.${key} of a Secret would be no text`, {
          hint: 'Name a value in what the reference leads to with #/KEY.',
        });
      }
      value.value = value.value === text ? encoded : encodeText(String(value.value)).toString('base64');
    }
  }
}

/**
 * Moves the values of `data` to `stringData`, decoded; what stands there already wins. Bytes that are not text stay in `data`: their keys are
 * returned. Throws `document-invalid` for what is not base64.
 */
export function dataToTexts(roots: readonly Root[]): string[] {
  const bytes: string[] = [];
  for (const secret of secretsIn(roots)) {
    const data = secret.items.find((entry): entry is Item => entry.kind === 'item' && entry.key === 'data');
    if (data?.value.kind !== 'branch') continue;
    const kept: Item[] = [];
    const moved: Branch['items'] = data.value.items.filter((entry) => entry.kind === 'comment');
    const own = branchAt(secret, 'stringData');
    const known = new Set(itemsOf(own).map(({ key }) => key));
    for (const { of, value, text } of textsOf(secret)) {
      const { key } = of;
      if (text === undefined) kept.push(item(key, value));
      else if (!known.has(key)) moved.push(item(key, { kind: 'leaf', value: text }));
    }
    append(
      bytes,
      kept.map(({ key }) => key),
    );
    if (own) append(own.items, moved);
    const texts = own || (moved.length === 0 && kept.length > 0) ? [] : [item('stringData', branch(moved))];
    secret.items.splice(
      secret.items.indexOf(data),
      1,
      ...(kept.length > 0 ? [item('data', branch(kept))] : []),
      ...texts,
    );
  }
  return bytes;
}

/** Secrets at the top, and those in lists of Kubernetes. */
function* secretsIn(roots: readonly Root[]): Generator<Branch> {
  for (const root of roots) {
    if (root.kind !== 'branch') continue;
    const kind = stringAt(root, 'kind');
    if (kind === 'Secret') yield root;
    if (kind !== 'List' && kind !== 'SecretList') continue;
    for (const entry of root.items) {
      if (entry.kind !== 'item' || entry.key !== 'items' || entry.value.kind !== 'list') continue;
      yield* secretsIn(entry.value.items.filter((one) => one.kind === 'branch'));
    }
  }
}

/** The values of `data`; those whose bytes are not UTF-8 come without a text. */
function* textsOf(secret: Branch): Generator<{ of: Item; value: Leaf; text: string | undefined }> {
  const data = branchAt(secret, 'data');
  for (const of of itemsOf(data)) {
    const { key, value } = of;
    const bytes = value.kind === 'leaf' && typeof value.value === 'string' ? decodeDataValue(value.value) : null;
    if (bytes === null || value.kind !== 'leaf') {
      throw new SopsError('document-invalid', `data.${key} of a Secret is not standard base64 with padding`, {
        hint: 'Values in clear belong to stringData.',
      });
    }
    const text = decodeText(bytes);
    yield { of, value, text: hasInvalidBytes(text) ? undefined : text };
  }
}
