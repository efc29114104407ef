/** What `seal` is given: Secrets, or files that become one. */

import { basename } from 'node:path';
import { SopsError } from '../../errors.js';
import { formatNamed } from '../../formats/registry.js';
import { flatText } from '../../formats/scalar.js';
import { nameOf } from '../../operations/read/input.js';
import {
  type PlainRequest,
  plainBytesOf,
  readMaybeEncrypted,
  type UnopenedFile,
} from '../../operations/read/plain-input.js';
import type { Session } from '../../util/host/host.js';
import { encodeText } from '../../util/text/text.js';
import { checkDecrypted } from '../manifest/decrypted-check.js';
import { describe, itemsOf, type Manifest, stringAt } from '../manifest/manifest.js';
import { readManifests } from '../manifest/read.js';
import { looseScalarWarnings, type ScalarPolicy } from '../manifest/scalars.js';
import { isDataKey, secretProblems } from '../manifest/secret.js';
import { isTooLarge, readSecretContent, type SecretContent, TOO_LARGE } from './secret-content.js';

export interface SecretInput extends PlainRequest {
  /** The name of the Secret that a file without one becomes. */
  readonly name: string | undefined;
  readonly policy: ScalarPolicy;
  /** Whether the input holds some values of a Secret that has others already. */
  readonly isPart?: boolean;
}

const CIPHERTEXT = 'ENC[AES256_GCM,';

/** The plaintext of the input, decrypted if need be. Throws `already-encrypted` for ciphertext that is not seen as such. */
export async function readPlaintext(request: PlainRequest, host: Session): Promise<Uint8Array> {
  return plaintextOf(await readMaybeEncrypted(request, host), request, host);
}

async function plaintextOf(read: UnopenedFile, request: PlainRequest, host: Session): Promise<Uint8Array> {
  if (!read.sealed && Buffer.from(read.bytes).includes(CIPHERTEXT)) {
    throw new SopsError(
      'already-encrypted',
      `the input is still encrypted, but no ${read.store.name} file with metadata`,
      {
        ...fileOf(request),
        hint: 'Say what it is with --input-type or --filename-override.',
      },
    );
  }
  return plainBytesOf(read, request, host);
}

/**
 * The Secrets of the input: its objects, or, for a file that holds none, one of the name given, with a key for each variable
 * of a dotenv file and one of the file's name for any other. Throws `document-invalid`.
 */
export async function readSecrets(request: SecretInput, host: Session): Promise<SecretContent[]> {
  const read = await readMaybeEncrypted(request, host);
  const bytes = await plaintextOf(read, request, host);
  const manifests = objectsOf(read, bytes, request);
  if (manifests) {
    const warnings = request.policy === 'yaml11' ? looseScalarWarnings : unmetDemands;
    if (!request.isPart) for (const text of manifests.flatMap(warnings)) host.warn(text);
    // Ciphertext without metadata, or a document beside the encrypted ones, would be sealed as if it were the secret.
    for (const manifest of manifests) checkDecrypted(manifest);
    return manifests.map((manifest) => readSecretContent(manifest, request.policy));
  }
  const { name } = request;
  if (name === undefined) {
    throw new SopsError('document-invalid', 'no secrets found. Ensure the input is valid and UTF-8 encoded', {
      ...fileOf(request),
      hint: 'A file that is not a Kubernetes object becomes a Secret with --name NAME.',
    });
  }
  const values = valuesOf(read, bytes, request);
  if (isTooLarge(values)) {
    throw new SopsError('document-invalid', `Secret ${name}: ${TOO_LARGE}`, fileOf(request));
  }
  return [madeSecret(name, values)];
}

/** The objects of a text; undefined when it holds none, so that it can become the value of one. */
function objectsOf({ store }: UnopenedFile, bytes: Uint8Array, request: SecretInput): Manifest[] | undefined {
  const isObject = formatNamed(store.name).objects || request.input.kind === 'stdin';
  if (!isObject) return undefined;
  try {
    const found = readManifests(bytes, { file: nameOf(request) });
    return found.some(({ root }) => stringAt(root, 'kind') !== undefined) ? found : undefined;
  } catch (error) {
    // With a name any text can become a value; without one the reader's reason is what helps.
    if (error instanceof SopsError && request.name !== undefined) return undefined;
    throw error;
  }
}

/** What the type of a Secret asks for and it does not have: the controller would seal it in vain. */
function unmetDemands(manifest: Manifest): string[] {
  const problems = secretProblems(manifest).filter(({ path }) => path[0] === 'type');
  return problems.map(({ text }) => `${describe(manifest)}: ${text}`);
}

function valuesOf({ store }: UnopenedFile, bytes: Uint8Array, request: SecretInput): Map<string, Uint8Array> {
  if (!formatNamed(store.name).variables) {
    const path = nameOf(request);
    if (path === undefined) {
      throw new SopsError('usage', 'a value from standard input needs a key', {
        hint: 'Name it with --filename-override KEY, or seal it alone with --raw.',
      });
    }
    return new Map([[checkedKey(basename(path), request), bytes]]);
  }
  const [document] = store.parse(bytes).documents;
  return new Map(
    itemsOf(document).map(({ key, value }) => {
      const text = value.kind === 'leaf' ? flatText(value, false, 'dotenv', [key]) : '';
      return [checkedKey(key, request), encodeText(text)];
    }),
  );
}

function checkedKey(key: string, request: SecretInput): string {
  if (isDataKey(key)) return key;
  throw new SopsError('document-invalid', `${JSON.stringify(key)} cannot be a key of a Secret`, {
    ...fileOf(request),
    hint: 'Keys are made of letters, digits, - _ and . (253 at most).',
  });
}

function madeSecret(name: string, values: ReadonlyMap<string, Uint8Array>): SecretContent {
  const none = new Map<string, string>();
  const absent = { namespace: undefined, immutable: undefined };
  return { described: `Secret ${name}`, name, ...absent, labels: none, annotations: none, type: 'Opaque', values };
}

function fileOf(request: PlainRequest): { file?: string } {
  const name = nameOf(request);
  return name === undefined ? {} : { file: name };
}
