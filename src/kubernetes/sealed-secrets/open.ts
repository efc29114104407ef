/** `unseal` and `seal verify`: SealedSecrets opened with the controller's private keys. */
import type { KeyObject } from 'node:crypto';
import { SopsError } from '../../errors.js';
import { writeOutput } from '../../operations/output.js';
import { checkExists, nameOf, readInput } from '../../operations/read/input.js';
import type { EncryptRequest, Input, Output } from '../../operations/requests.js';
import type { Session } from '../../util/host/host.js';
import { readManifests } from '../manifest/read.js';
import { formFor, printSealed } from './print.js';
import { type PrivateKeyFiles, readPrivateKeys } from './private-keys.js';
import { readSealedSecret, type SealedSecret } from './sealed-secret.js';
import { openAll, unsealedSecret } from './unseal.js';

export interface OpenRequest {
  readonly input: Input;
  /** At least one file. */
  readonly privateKeys: PrivateKeyFiles;
  /** The namespace of objects that leave it to `kubectl apply`. */
  readonly namespace?: string | undefined;
}

export interface UnsealRequest extends OpenRequest {
  readonly output: Output;
  readonly form: string | undefined;
  /** Adds the reference to the owner that the controller would write. */
  readonly keepOwner: boolean;
  /** How to encrypt the result; undefined to print it as it is. Its input and output are set here. */
  readonly encrypt?: EncryptRequest | undefined;
}

/** Opens every object and writes the Secrets, in the clear or encrypted by the creation rules. Throws SopsError. */
export async function unsealFile(request: UnsealRequest, host: Session): Promise<void> {
  const { input, output } = request;
  const form = formFor(request.form, output.kind === 'file' ? output.path : undefined);
  const { sealed, keys, read } = await readSealed(request, host);
  const roots = await Promise.all(sealed.map((one) => unsealedSecret(one, keys, request.keepOwner)));
  const bytes = Buffer.from(printSealed(roots, form, false));
  if (!request.encrypt) return writeOutput(bytes, 'plaintext', { output, input, read }, host);
  const { encryptFile } = await import('../../operations/write/encrypt.js');
  const plaintext: Input = { kind: 'stdin', read: async () => bytes };
  const filenameOverride =
    request.encrypt.filenameOverride ?? (output.kind === 'file' ? output.path : nameOf({ input }));
  if (filenameOverride === undefined) {
    throw new SopsError('conflict', 'Error: must specify --filename-override when reading from stdin', {
      hint: 'The name decides the creation rule.',
    });
  }
  const types = { inputType: form, outputType: form } as const;
  await encryptFile({ ...request.encrypt, ...types, input: plaintext, output, filenameOverride }, host);
}

/** What was opened, without anything of it. */
export interface Verified {
  /** Kind and name. */
  readonly described: string;
  readonly values: number;
}

/**
 * Opens every value, renders every template, and forgets them. Throws `key`, naming what does not open, and `document-invalid` for
 * an object without values: where nothing was opened, nothing was verified.
 */
export async function verifyFile(request: OpenRequest, host: Session): Promise<Verified[]> {
  const { sealed, keys } = await readSealed(request, host);
  await Promise.all(sealed.map((one) => unsealedSecret(one, keys, false)));
  return sealed.map((one) => {
    const values = openAll(one, keys).size + (one.blob === undefined ? 0 : 1);
    if (values > 0) return { described: one.described, values };
    throw new SopsError(
      'document-invalid',
      `${one.described} holds no encrypted value, so there is nothing to verify`,
      {
        hint: 'Was spec.encryptedData emptied, or is it misspelt?',
      },
    );
  });
}

interface ReadSealed {
  readonly sealed: SealedSecret[];
  readonly keys: KeyObject[];
  readonly read: Uint8Array;
}

async function readSealed(request: OpenRequest, host: Session): Promise<ReadSealed> {
  const { input } = request;
  if (request.privateKeys.paths.length === 0) {
    throw new SopsError('usage', 'Incorrect Usage: the private key is missing', {
      hint: 'Name its file with --private-key FILE.',
    });
  }
  await checkExists(input, host);
  const keys = await readPrivateKeys(request.privateKeys, host);
  const file = nameOf({ input });
  const read = await readInput(input, host);
  const manifests = readManifests(read, { file });
  if (manifests.length === 0) {
    throw new SopsError('document-invalid', 'the input holds no SealedSecret', file === undefined ? {} : { file });
  }
  return { sealed: manifests.map((manifest) => readSealedSecret(manifest, request.namespace)), keys, read };
}
