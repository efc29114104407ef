/** Reading what an operation works on, and finding the formats that its names and its content stand for. */

import { configuredFormat } from '../../config/name-formats.js';
import { warnOnce } from '../../config/warnings.js';
import { SopsError } from '../../errors.js';
import { tellsPlain } from '../../formats/document-error.js';
import { opensMap, type RecognisedFile, readAs, recognise } from '../../formats/recognise.js';
import type { FormatName } from '../../formats/registry.js';
import { type FormatRow, formatMeantBy, formatNamed, formatOfName } from '../../formats/registry.js';
import { emptyFile, type FormatStore } from '../../formats/store.js';
import { statOf, systemCode, systemReason } from '../../util/files/files.js';
import { closeSync, fstatSync, openSync, readFileSync, statSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import { pipeBytes } from '../../util/files/pipe-bytes.js';
import type { Fingerprint } from '../../util/files/replace-file.js';
import type { Host, Session } from '../../util/host/host.js';
import { oneLine } from '../../util/text/one-line.js';
import type { Input } from '../requests.js';

/** What names a file's formats: the flags, else the name given, else the path. */
export interface FormatChoice {
  readonly input: Input;
  readonly inputType?: FormatName | undefined;
  readonly outputType?: FormatName | undefined;
  readonly filenameOverride?: string | undefined;
}

/** The formats of one run on a file. */
export interface Formats {
  readonly reader: FormatStore;
  readonly printer: FormatStore;
  /** Whether the text must not stay as it is, since it is one of another format than the one that was asked for. */
  readonly printsAnew: boolean;
}

/** What is printed: a plaintext, or a file that `sops` will read. */
export type Purpose = 'plaintext' | 'ciphertext';

/** An encrypted file as it was read, and how to print what becomes of it. */
export interface SealedInput extends RecognisedFile, Formats {
  /** Its bytes; their fingerprint where it is to be written anew, and where they are many, so that nothing holds them in memory. */
  readonly read: Uint8Array | Fingerprint;
}

/** From this size on, a fingerprint and loading the code for it cost little beside everything else. */
const MANY_BYTES = 1_000_000;

/**
 * Reads an encrypted file as what it is (see `recognise`), or as `--input-type` says. Whether it has metadata is for the caller to
 * look at. Throws `input-unreadable`, what parsing throws, and `metadata-invalid` for a file of no bytes.
 */
export async function readSealed(choice: FormatChoice, host: Session, purpose: Purpose): Promise<SealedInput> {
  const bytes = await readInput(choice.input, host);
  if (bytes.length === 0) throw withoutBytes(choice.input, host);
  const isSmall = purpose === 'plaintext' && bytes.length < MANY_BYTES;
  // Loaded before the program makes itself ready for the work, after which loading takes longer.
  const fingerprintOf = isSmall ? undefined : (await import('../../util/files/replace-file.js')).fingerprintOf;
  const found = await readAsChosen(bytes, choice, host);
  const formats = await formatsFor(choice, { reader: found.store, bytes, purpose }, host);
  return { ...found, ...formats, read: fingerprintOf?.(bytes) ?? bytes };
}

function withoutBytes(input: Input, host: Host): SopsError {
  const stats = input.kind === 'file' ? statOf(resolve(host.cwd, input.path)) : undefined;
  const hint = stats?.isFIFO()
    ? 'The pipe gave nothing: what writes into it has failed, or it has been read already.'
    : `The ${input.kind === 'file' ? 'file' : 'input'} is empty.`;
  return new SopsError('metadata-invalid', 'sops metadata not found', { hint });
}

/** The same of bytes that are there already, without what is to be printed. */
export async function readAsChosen(bytes: Uint8Array, choice: FormatChoice, host: Host): Promise<RecognisedFile> {
  const { inputType } = choice;
  const byName = rowByName(choice, host);
  const wanted = inputType === undefined ? byName : formatNamed(inputType);
  await prepareFor(wanted, { bytes, isEncrypted: true }, host);
  const found = await (inputType === undefined
    ? orEmpty(recognise(bytes, byName), byName)
    : readAsAsked(bytes, wanted, byName));
  const row = formatNamed(found.store.name);
  if (row !== wanted) await prepareFor(row, { bytes, isEncrypted: true }, host);
  return found;
}

/** Lets the program make itself ready for a file of that size and format. */
export async function prepareFor(
  { keepsHeapSmall = false }: FormatRow,
  { bytes, isEncrypted }: { readonly bytes: Uint8Array; readonly isEncrypted: boolean },
  host: Host,
): Promise<void> {
  await host.prepareFor?.({ bytes: bytes.length, isEncrypted, keepsHeapSmall });
}

/** Reads a file in the format that was asked for. Throws `metadata-invalid` for one that is encrypted in another. */
async function readAsAsked(bytes: Uint8Array, wanted: FormatRow, byName: FormatRow): Promise<RecognisedFile> {
  let read: RecognisedFile | undefined;
  let problem: unknown;
  try {
    read = await orEmpty(readAs(bytes, wanted), wanted);
    if (read.file.metadata) return read;
  } catch (error) {
    problem = error;
  }
  const other = await recognise(bytes, byName).catch(() => undefined);
  if (other?.file.metadata) throw wrongType(other.store, wanted.name);
  if (read) return read;
  throw problem;
}

function wrongType({ name }: FormatStore, inputType: FormatName): SopsError {
  const message = `sops metadata not found: the file is not ${inputType}, as --input-type says, but encrypted as ${name}`;
  return new SopsError('metadata-invalid', message, { hint: `Leave out --input-type, or give --input-type ${name}.` });
}

/** Only `encrypt` minds that a file is empty, or holds what cannot be encrypted. */
async function orEmpty(reading: Promise<RecognisedFile>, row: FormatRow): Promise<RecognisedFile> {
  try {
    return await reading;
  } catch (error) {
    if (!tellsPlain(error)) throw error;
    return { store: await row.load(), file: emptyFile() };
  }
}

interface Printing {
  readonly reader: FormatStore;
  readonly bytes: Uint8Array;
  readonly purpose: Purpose;
}

/** The formats of a file that was read in one of them. */
async function formatsFor(choice: FormatChoice, printing: Printing, host: Session): Promise<Formats> {
  const { reader, bytes, purpose } = printing;
  const row = printerRow(choice, printing, host);
  const { container } = row;
  const printer = await (purpose === 'ciphertext' && container && row.name !== reader.name
    ? formatNamed(container)
    : row
  ).load();
  // A plaintext that is to be read as YAML is printed as YAML; by SOPS also where only the name says so.
  const isNamed = host.calledAsSops && opensMap(bytes);
  const asked = choice.outputType ?? (purpose === 'plaintext' ? (choice.inputType ?? isNamed) : undefined);
  const isAsked = asked !== undefined && asked !== false && printer === reader;
  return { reader, printer, printsAnew: isAsked && (await isTextWithin(row, bytes)) };
}

/**
 * What is printed: the type asked for, else that of the name. Where the name tells none, SOPS prints a binary file, or a tree as
 * JSON; here it stays what it was read as.
 */
function printerRow(choice: FormatChoice, { reader, purpose }: Printing, host: Session): FormatRow {
  const { outputType, inputType } = choice;
  if (outputType) return formatNamed(outputType);
  const own = formatNamed(reader.name);
  const name = nameOf(choice) ?? '';
  const named = configuredFormat(name, host) ?? formatOfName(name);
  if (tells(named)) return inputType ? named : own;
  if (own.endings.length === 0) return own;
  // SOPS reads JSON as binary, and fails with other content.
  if (host.calledAsSops) return inputType || own.name === named.container ? named : own;
  if (inputType && purpose === 'ciphertext' && own.name !== named.container) warnOnce(host, keptType(choice, own.name));
  return own;
}

function keptType(choice: FormatChoice, type: FormatName): string {
  const name = nameOf(choice) ?? 'standard input';
  return `${oneLine(name)} has no ending that tells a format: it is written as ${type}, where sops writes JSON unless --output-type ${type} is given, too`;
}

/** Whether a text is one of the narrower format that a wider one reads as well. */
export async function isTextWithin({ contains }: Pick<FormatRow, 'contains'>, bytes: Uint8Array): Promise<boolean> {
  if (!contains) return false;
  const store = await formatNamed(contains).load();
  try {
    store.parse(bytes);
    return true;
  } catch (error) {
    if (error instanceof SopsError) return error.code === 'metadata-invalid';
    throw error;
  }
}

/** The formats for a new file, which nothing but names and flags tell; standard input without a name is binary. */
export async function formatsForNew(
  choice: FormatChoice,
  host: Session,
  bytes: Uint8Array = new Uint8Array(),
): Promise<Formats> {
  const reader = await readerForNew(choice, host);
  return formatsFor(choice, { reader, bytes, purpose: 'ciphertext' }, host);
}

/** The format in which plaintext is read. */
export function readerForNew(choice: FormatChoice, host: Host): Promise<FormatStore> {
  return (choice.inputType ? formatNamed(choice.inputType) : rowByName(choice, host)).load();
}

/** The format that the name of a file tells, for SOPS or for people, who may say so in their configuration. */
export function rowByName(choice: FormatChoice, host: Host): FormatRow {
  const name = nameOf(choice) ?? '';
  const configured = configuredFormat(name, host);
  if (configured) return configured;
  return host.calledAsSops ? formatOfName(name) : formatMeantBy(name);
}

function tells({ endings }: FormatRow): boolean {
  return endings.length > 0;
}

/** The name a file goes by, undefined for standard input without one. */
export function nameOf({ input, filenameOverride }: FormatChoice): string | undefined {
  return filenameOverride || (input.kind === 'file' ? input.path : undefined);
}
/** Refuses a file that is not there (exit 100, before anything else is looked at). */
export async function checkExists(input: Input, host: Host): Promise<void> {
  if (input.kind === 'stdin') return;
  try {
    statSync(resolve(host.cwd, input.path));
  } catch (cause) {
    if (systemCode(cause) !== 'ENOENT') return;
    const path = JSON.stringify(resolve(host.cwd, input.path));
    throw new SopsError('no-file', `Error: cannot operate on non-existent file ${path}`, { cause });
  }
}

/** The same input, for whoever may have to read it again: standard input can be read once. */
export function rereadable(input: Input): Input {
  if (input.kind !== 'stdin') return input;
  let bytes: Promise<Uint8Array> | undefined;
  return {
    kind: 'stdin',
    read() {
      bytes ??= input.read();
      return bytes;
    },
  };
}

/** The bytes of the input, read synchronously: for a small file, waiting for the thread pool costs more than reading. Throws `input-unreadable`. */
export async function readInput(input: Input, host: Host): Promise<Uint8Array> {
  try {
    return input.kind === 'stdin' ? await input.read() : await readNamed(resolve(host.cwd, input.path), host);
  } catch (cause) {
    const source = input.kind === 'stdin' ? 'from stdin' : `file: ${oneLine(input.path)}`;
    const isFolder = systemCode(cause) === 'EISDIR';
    throw new SopsError('input-unreadable', `Error reading ${source}: ${systemReason(cause)}`, {
      ...(isFolder ? { hint: 'This is a folder: name the files in it.' } : {}),
      cause,
    });
  }
}

async function readNamed(path: string, host: Host): Promise<Uint8Array> {
  const piped = await pipeBytes(path, host);
  if (piped) return piped;
  const descriptor = openSync(path, 'r');
  try {
    if (!fstatSync(descriptor).isCharacterDevice()) return readFileSync(descriptor);
    const { readDevice } = await import('./device-input.js');
    return await readDevice({ path, descriptor }, host);
  } finally {
    closeSync(descriptor);
  }
}
