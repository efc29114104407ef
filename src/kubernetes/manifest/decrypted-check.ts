/** Failing closed: nothing that is still encrypted, and nothing that is not an object, reaches an output. */
import { SopsError } from '../../errors.js';
import { leaves, nodes } from '../../tree/leaves.js';
import type { Branch } from '../../tree/tree.js';
import { describe, itemsOf, type Manifest, stringAt } from './manifest.js';

/** How an encrypted value begins (docs/format.md#values). */
const CIPHERTEXT = 'ENC[AES256_GCM,';
const CIPHERTEXT_BASE64 = /^RU5DW0FFUzI1Nl9HQ00s/;
/** Fields that only SOPS and sops-ts write, at the top of an object. */
const METADATA_FIELDS: ReadonlySet<string> = new Set(['sops', 'sops_ts_layout']);

/**
 * Refuses an object that still holds ciphertext: metadata, a value or comment that begins with `ENC[`, or one in base64.
 * Throws `leaf-not-decryptable` with the file and key.
 */
export function checkDecrypted(manifest: Manifest): void {
  const found = ciphertextIn(manifest);
  if (found) throw problemOf(manifest, 'leaf-not-decryptable', found.text, found.path);
}

/** Refuses an object without the fields that every object has. Throws `document-invalid`. */
export function checkIdentified(manifest: Manifest): void {
  for (const path of [['apiVersion'], ['kind'], ['metadata', 'name']]) {
    if (stringAt(manifest.root, ...path)) continue;
    throw problemOf(manifest, 'document-invalid', `${path.join('.')} is missing, or no text`, path);
  }
}

/** Where an object is still encrypted; undefined when it is not. */
export function ciphertextIn(
  manifest: Manifest,
): { readonly text: string; readonly path: readonly string[] } | undefined {
  const { root, sops } = manifest;
  const field = itemsOf(root).find(({ key }) => METADATA_FIELDS.has(key))?.key;
  if (sops || field) return { text: 'is still encrypted: it has SOPS metadata', path: [field ?? 'sops'] };
  for (const place of leaves([root])) {
    const { value } = place.node;
    if (typeof value !== 'string') continue;
    const inBase64 = CIPHERTEXT_BASE64.test(value);
    if (!value.startsWith(CIPHERTEXT) && !inBase64) continue;
    const path = place.valuePath.map(String);
    if (inBase64 && (path.length !== 2 || path[0] !== 'data')) continue;
    return { text: `is still encrypted: ${path.join('.')} is ciphertext${inBase64 ? ' in base64' : ''}`, path };
  }
  return hasEncryptedComment(root) ? { text: 'holds an encrypted comment', path: [] } : undefined;
}

function hasEncryptedComment(root: Branch): boolean {
  for (const { node } of nodes([root])) {
    if (node.kind === 'comment' && node.text.trimStart().startsWith(CIPHERTEXT)) return true;
  }
  return false;
}

function problemOf(
  manifest: Manifest,
  code: 'leaf-not-decryptable' | 'document-invalid',
  text: string,
  path: readonly string[],
): SopsError {
  const { file } = manifest.origin;
  return new SopsError(code, `${describe(manifest)}: ${text}`, { path, ...(file === undefined ? {} : { file }) });
}
