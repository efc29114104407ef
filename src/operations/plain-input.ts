/** Reading a file that may be encrypted or plain, for commands that take both. */
import { SopsError } from '../errors.js';
import { formatNamed } from '../formats/registry.js';
import { bytesOf, type FormatStore, type SourceFile } from '../formats/store.js';
import type { Host } from '../util/host.js';
import { checkExists, nameOf, readInput, storesOf } from './input.js';
import { openFile, plainText } from './open-file.js';
import { openingFor, type SecretsRequest } from './open-secrets.js';
import type { Input } from './requests.js';

export interface PlainRequest extends SecretsRequest {
  readonly input: Input;
  /** The name that formats go by, instead of the path. */
  readonly filenameOverride?: string | undefined;
}

/** A file that was read, and not opened yet. */
export interface ReadFile {
  readonly bytes: Uint8Array;
  readonly store: FormatStore;
  /** Whether it holds SOPS's metadata. */
  readonly isEncrypted: boolean;
}

/** Reads a file and sees whether it is encrypted. Throws `no-file` and `input-unreadable`; any text is taken as plain. */
export async function readMaybeEncrypted(request: PlainRequest, host: Host): Promise<ReadFile> {
  await checkExists(request.input, host);
  const bytes = await readInput(request.input, host);
  const store = await storeFor(request, bytes);
  return { bytes, store, isEncrypted: metadataOf(store, bytes) !== null };
}

/** The plaintext, which needs the keys if the file is encrypted; its MAC is verified. Throws as `decrypt` does. */
export async function plainBytesOf(read: ReadFile, request: PlainRequest, host: Host): Promise<Uint8Array> {
  if (!read.isEncrypted) return read.bytes;
  const opened = await openFile(
    read.bytes,
    read.store,
    await openingFor(request.input, nameOf(request), request, host),
  );
  for (const warning of opened.warnings) host.warn(warning);
  return bytesOf(opened.file, plainText(opened));
}

/** Standard input without a name or type is taken as JSON or YAML, as it looks: objects come so. */
async function storeFor(request: PlainRequest, bytes: Uint8Array): Promise<FormatStore> {
  if (request.inputType === undefined && nameOf(request) === undefined) {
    const start = Buffer.from(bytes.subarray(0, 1024)).toString('latin1').trimStart();
    return formatNamed(start.startsWith('{') ? 'json' : 'yaml').load();
  }
  return (await storesOf(request)).reader;
}

function metadataOf(store: FormatStore, bytes: Uint8Array): SourceFile['metadata'] {
  try {
    return store.parse(bytes).metadata;
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    if (error.code === 'metadata-invalid') throw error;
    return null;
  }
}
