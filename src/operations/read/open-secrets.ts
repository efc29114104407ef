/** Opening a file for a program that is to use it: what `exec-env` and `exec-file` share. */

import { looksEncrypted } from '../../cipher/encrypted-value.js';
import { SopsError } from '../../errors.js';
import type { Masks } from '../../exec/redact.js';
import type { FormatName } from '../../formats/registry.js';
import type { FormatStore } from '../../formats/store.js';
import type { KeyServiceChoice } from '../../keyservice/services.js';
import { openReadingRun } from '../../run/run.js';
import { nodes } from '../../tree/leaves.js';
import { floatText } from '../../tree/value.js';
import type { Session } from '../../util/host/host.js';
import type { Input } from '../requests.js';
import { readSealed } from './input.js';
import { leavesOf } from './leaves.js';
import { type OpenedFile, type OpenOptions, openFile, plainText } from './open-file.js';

export interface SecretsRequest {
  readonly inputType?: FormatName | undefined;
  readonly outputType?: FormatName | undefined;
  readonly configPath?: string | undefined;
  readonly keyServices?: KeyServiceChoice | undefined;
  readonly ignoreMac: boolean;
  /** Type identifiers separated by commas. */
  readonly decryptionOrder?: string | undefined;
}

export interface OpenedSecrets extends OpenedFile {
  readonly printer: FormatStore;
  /** See `Formats`. */
  readonly printsAnew: boolean;
}

/**
 * Opens one file, with the MAC verified. Throws SopsError that names it, since there may be others beside it; one that is not there is
 * `input-unreadable`, as in SOPS.
 */
export async function openSecrets(path: string, request: SecretsRequest, host: Session): Promise<OpenedSecrets> {
  try {
    return await openOne(path, request, host);
  } catch (error) {
    throw error instanceof SopsError ? error.with(error.code, { file: error.file ?? path }) : error;
  }
}

async function openOne(path: string, request: SecretsRequest, host: Session): Promise<OpenedSecrets> {
  const input = { kind: 'file', path } as const;
  const options = await openingFor(input, path, request, host);
  const choice = { input, inputType: request.inputType, outputType: request.outputType };
  const found = await readSealed(choice, host, 'plaintext');
  return { ...(await openFile(found, options)), printer: found.printer, printsAnew: found.printsAnew };
}

/** What opening needs beside the bytes of a file. `name` is where its configuration is looked for. */
export async function openingFor(
  input: Input,
  name: string | undefined,
  request: SecretsRequest,
  host: Session,
): Promise<OpenOptions> {
  const run = await openReadingRun({ ...request, filePath: name }, host);
  const { decryptionOrder, keyServices } = run;
  const trail = run.trail(input);
  return { ignoreMac: request.ignoreMac, rewrites: false, decryptionOrder, keyServices, trail };
}

/** What hides the values of files, and others, in a program's output. */
export async function masksFor(opened: readonly OpenedSecrets[], others: Iterable<string> = []): Promise<Masks> {
  const { Masks } = await import('../../exec/redact.js');
  return new Masks(opened.flatMap((secrets) => [...secretTexts(secrets), ...ownValues(secrets)]).concat([...others]));
}

/** The texts of all values and comments that a program's output must not show; `true` and `false` tell nothing. */
function* secretTexts({ file }: OpenedFile): Generator<string> {
  // A comment that stood encrypted in the file. One of several lines may be printed line by line, with marks between.
  for (const { node } of nodes(file.documents)) {
    if (node.kind !== 'comment') continue;
    const { text, source } = node;
    if (typeof source?.value === 'string' && !looksEncrypted(source.value)) continue;
    for (const line of text.split('\n')) if (line.trim() !== '') yield line.trim();
  }
  for (const [, value] of leavesOf(file.documents)) {
    if (typeof value === 'string') yield value;
    else if (typeof value === 'bigint') yield value.toString();
    else if (typeof value === 'number') yield floatText(value);
  }
}

/** The values as programs read them that load files of this format themselves. */
function ownValues(opened: OpenedFile): Iterable<string> {
  return opened.store.environment?.(plainText(opened)).values() ?? [];
}
