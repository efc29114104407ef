/** A Secret as sealing needs it: its names, and the bytes of its values. */
import { SopsError } from '../../errors.js';
import { decodeBase64 } from '../../util/text/base64.js';
import { encodeText } from '../../util/text/text.js';
import { withoutCopies } from '../annotations.js';
import { branchAt, describe, itemsOf, type Manifest, valueAt } from '../manifest/manifest.js';
import { type ScalarPolicy, stringOf } from '../manifest/scalars.js';
import { isDataKey, isSecret, MAX_SECRET_BYTES } from '../manifest/secret.js';

export interface SecretContent {
  /** For messages. */
  readonly described: string;
  readonly name: string | undefined;
  readonly namespace: string | undefined;
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
  readonly type: string | undefined;
  readonly immutable: boolean | undefined;
  readonly values: ReadonlyMap<string, Uint8Array>;
}

/**
 * Reads a Secret; `stringData` wins over `data`. Throws `document-invalid` for any other object (kubeseal would seal it), a
 * list or map where a text belongs, and, unless the policy takes them, scalars that are not a string for some reader.
 */
export function readSecretContent(manifest: Manifest, policy: ScalarPolicy): SecretContent {
  const { root } = manifest;
  if (!isSecret(root)) throw refusal(manifest, 'only Secrets (apiVersion v1) can be sealed', ['kind']);
  checkMap(manifest, 'metadata');
  const text = (...path: string[]): string | undefined => {
    const value = valueAt(root, ...path);
    const isAbsent = value === undefined || (value.kind === 'leaf' && value.value === null);
    return isAbsent ? undefined : stringOf(value, manifest, path, policy) || undefined;
  };
  const annotations = textsOf(manifest, ['metadata', 'annotations'], policy);
  return {
    described: describe(manifest),
    name: text('metadata', 'name'),
    namespace: text('metadata', 'namespace'),
    labels: textsOf(manifest, ['metadata', 'labels'], policy),
    annotations: withoutCopies(annotations),
    type: text('type'),
    immutable: immutableOf(manifest),
    values: valuesOf(manifest, policy),
  };
}

function textsOf(manifest: Manifest, path: readonly string[], policy: ScalarPolicy): Map<string, string> {
  checkMap(manifest, ...path);
  const entries = itemsOf(branchAt(manifest.root, ...path));
  return new Map(entries.map(({ key, value }) => [key, stringOf(value, manifest, [...path, key], policy)]));
}

function immutableOf(manifest: Manifest): boolean | undefined {
  const value = valueAt(manifest.root, 'immutable');
  if (value === undefined) return undefined;
  if (value.kind === 'leaf' && (typeof value.value === 'boolean' || value.value === null))
    return value.value ?? undefined;
  throw refusal(manifest, 'immutable is neither true nor false', ['immutable']);
}

function valuesOf(manifest: Manifest, policy: ScalarPolicy): Map<string, Uint8Array> {
  const values = new Map<string, Uint8Array>();
  for (const field of ['data', 'stringData'] as const) {
    checkMap(manifest, field);
    for (const { key, value } of itemsOf(branchAt(manifest.root, field))) {
      const path = [field, key];
      if (!isDataKey(key)) throw refusal(manifest, `a key in ${field} is not made of letters, digits, - _ .`, [field]);
      // An empty value of `data` is often written as null; kubeseal itself does.
      const isEmpty = field === 'data' && value.kind === 'leaf' && value.value === null;
      const text = isEmpty ? '' : stringOf(value, manifest, path, policy);
      const bytes = field === 'data' ? decodeBase64(text.replaceAll(/[\r\n]/g, '')) : encodeText(text);
      if (!bytes) throw refusal(manifest, `${path.join('.')} is not standard base64`, path);
      values.set(key, bytes);
    }
  }
  if (isTooLarge(values)) throw refusal(manifest, TOO_LARGE, []);
  return values;
}

export const TOO_LARGE = 'its values are larger than 1 MiB together';

/** Whether no API server would take a Secret of these values. */
export function isTooLarge(values: ReadonlyMap<string, Uint8Array>): boolean {
  return [...values.values()].reduce((sum, bytes) => sum + bytes.length, 0) > MAX_SECRET_BYTES;
}

function checkMap(manifest: Manifest, ...path: readonly string[]): void {
  const value = valueAt(manifest.root, ...path);
  if (value === undefined || value.kind === 'branch' || (value.kind === 'leaf' && value.value === null)) return;
  throw refusal(manifest, `${path.join('.')} is not a map`, path);
}

function refusal(manifest: Manifest, problem: string, path: readonly string[]): SopsError {
  const { file } = manifest.origin;
  const details = { path, ...(file === undefined ? {} : { file }) };
  return new SopsError('document-invalid', `${describe(manifest)}: ${problem}`, details);
}
