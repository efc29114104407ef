/** Reading a file that may be encrypted or plain, for commands that take both. */
import { holdsMarks, type RecognisedFile } from '../../formats/recognise.js';
import { formatNamed } from '../../formats/registry.js';
import { bytesOf, type FormatStore } from '../../formats/store.js';
import type { Host, Session } from '../../util/host/host.js';
import type { Input } from '../requests.js';
import { checkExists, nameOf, readAsChosen, readerForNew, readInput } from './input.js';
import { openFile, plainText } from './open-file.js';
import { openingFor, type SecretsRequest } from './open-secrets.js';

export interface PlainRequest extends SecretsRequest {
  readonly input: Input;
  /** The name that formats go by, instead of the path. */
  readonly filenameOverride?: string | undefined;
}

/** A file that was read, and not opened yet. */
export interface UnopenedFile {
  readonly bytes: Uint8Array;
  readonly store: FormatStore;
  /** What it holds if it is encrypted. */
  readonly sealed: RecognisedFile | undefined;
}

/** Reads a file and sees whether it is encrypted. Throws `no-file`, `input-unreadable`, and as `recognise` does. */
export async function readMaybeEncrypted(request: PlainRequest, host: Host): Promise<UnopenedFile> {
  await checkExists(request.input, host);
  const bytes = await readInput(request.input, host);
  const found = holdsMarks(bytes) ? await readAsChosen(bytes, request, host) : undefined;
  if (found?.file.metadata) return { bytes, store: found.store, sealed: found };
  return { bytes, store: await storeFor(request, bytes, host), sealed: undefined };
}

/** The plaintext, which needs the keys if the file is encrypted; its MAC is verified. Throws as `decrypt` does. */
export async function plainBytesOf(read: UnopenedFile, request: PlainRequest, host: Session): Promise<Uint8Array> {
  if (!read.sealed) return read.bytes;
  const opened = await openFile(read.sealed, await openingFor(request.input, nameOf(request), request, host));
  for (const warning of opened.warnings) host.warn(warning);
  return bytesOf(opened.file, plainText(opened));
}

/** Standard input without a name or type is taken as JSON or YAML, as it looks: objects come so. */
async function storeFor(request: PlainRequest, bytes: Uint8Array, host: Host): Promise<FormatStore> {
  if (request.inputType === undefined && nameOf(request) === undefined) {
    const start = Buffer.from(bytes.subarray(0, 1024)).toString('latin1').trimStart();
    return formatNamed(start.startsWith('{') ? 'json' : 'yaml').load();
  }
  return readerForNew(request, host);
}
