/** Telling ciphertext where a build does not decrypt it: in files as they are, and in the values of objects. */

import { readEncrypted } from '../../operations/read/encrypted-files.js';
import { leaves } from '../../tree/leaves.js';
import { readFileSync } from '../../util/files/fs.js';
import { ciphertextIn } from '../manifest/decrypted-check.js';
import { describe, type Manifest, stringAt } from '../manifest/manifest.js';
import { decodeDataValue } from '../manifest/secret.js';

/** A value of SOPS's, wherever it stands in a text. */
const VALUE = /ENC\[AES256_GCM,data:[^,\]\s]*,iv:[^,\]\s]*,tag:[^,\]\s]*,type:[a-z]+\]/;

/** Whether a text holds ciphertext of SOPS. */
export function holdsCiphertext(text: string): boolean {
  return VALUE.test(text);
}

/** What is encrypted in a file: all of it, or values whose metadata is gone. Throws what reading throws. */
export async function encryptedPart(path: string): Promise<'file' | 'values' | undefined> {
  if (await readEncrypted(path)) return 'file';
  return holdsCiphertext(readFileSync(path, 'latin1')) ? 'values' : undefined;
}

/** Where an object would reach the cluster encrypted, in words; undefined when it would not. */
export function sealedPart(manifest: Manifest): string | undefined {
  const found = ciphertextIn(manifest);
  if (found) return `${describe(manifest)} ${found.text}`;
  for (const { node, path, valuePath } of leaves([manifest.root])) {
    const { value } = node;
    if (typeof value !== 'string') continue;
    const text =
      path[0] === 'data' && stringAt(manifest.root, 'kind') === 'Secret'
        ? (decodeDataValue(value)?.toString('latin1') ?? value)
        : value;
    if (holdsCiphertext(text))
      return `${describe(manifest)} is still encrypted: ${valuePath.join('.')} holds ciphertext`;
  }
  return undefined;
}
