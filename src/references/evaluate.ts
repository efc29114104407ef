/** Texts and documents with the values of their references: what `refs` prints. */
import { dirname, join } from 'node:path';
import { SopsError } from '../errors.js';
import { applyEdits, bytesOf, type FormatStore, type SourceFile } from '../formats/store.js';
import type { KeptValues } from '../operations/programs/kept-run.js';
import { readInput } from '../operations/read/input.js';
import type { Input } from '../operations/requests.js';
import { referenceTrail } from '../run/reference-trail.js';
import { type Branch, branch, item, type List } from '../tree/tree.js';
import { readdirSync, statSync } from '../util/files/fs.js';
import { resolve } from '../util/files/paths.js';
import type { Host } from '../util/host/host.js';
import { sessionOf } from '../util/host/session.js';
import { decodeText, encodeText } from '../util/text/text.js';
import { resolveDocuments } from './documents.js';
import { grantsFor } from './grants.js';
import { LeaseKeeper } from './lease-keeper.js';
import { type PrintedType, printDocuments } from './print-documents.js';
import { type ReferenceFile, readReferenceFile } from './read-documents.js';
import { Resolver, type ResolverOptions } from './resolver.js';

export interface ReferencesRequest {
  /** Schemes that the user allows in files, `all` for all. */
  readonly allowed: readonly string[];
  /** Leaves `secretref+…` as it is. */
  readonly onlyPlain: boolean;
  /** Takes null for keys that a secret does not have. */
  readonly nullForMissing?: boolean;
  /** The configuration that says what references in files are allowed; undefined where it is to be found. */
  readonly configPath?: string | undefined;
}

/** Another form of documents, in which their references are looked for. */
export interface DocumentView {
  open(roots: readonly (Branch | List)[]): void;
  close(roots: readonly (Branch | List)[]): void;
}

export interface EvaluationRequest extends ReferencesRequest {
  readonly input: Input;
  /** How to print; undefined to keep the text around the values. */
  readonly outputType?: PrintedType | undefined;
  /** Absent for the documents as they are. */
  readonly view?: DocumentView | undefined;
}

/** A text of the user's own with values in place of its references, whatever these read. Throws SopsError, as {@link Resolver} does. */
export function evaluateText(text: string, request: ReferencesRequest, host: Host): Promise<string> {
  const options = { ...optionsOf(request, host, host.cwd), allowed: new Set(['all']) };
  return withLogins(options, (resolver) => resolver.text(text));
}

/** The text of a file, of whatever kind, with values in place of its references. */
export async function flattenFile(request: EvaluationRequest, host: Host): Promise<string> {
  const text = decodeText(await readInput(request.input, host));
  return withResolver(request, host, (resolver) => resolver.text(text));
}

/**
 * The documents of a YAML or JSON file, or of all in a folder, with values in place of references in their values; comments and order stay, unless
 * they are printed anew.
 */
export async function evaluateFile(request: EvaluationRequest, host: Host): Promise<Uint8Array> {
  return withResolver(request, host, (resolver) =>
    printFiles(request, host, async (file) => {
      request.view?.open(file.roots);
      await resolveDocuments([...file.roots, ...(file.metadata ? [file.metadata] : [])], resolver);
      request.view?.close(file.roots);
    }),
  );
}

/** The documents of a file, or of all in a folder, after a change. */
export async function printFiles(
  { input, outputType }: Pick<EvaluationRequest, 'input' | 'outputType'>,
  host: Host,
  change: (file: ReferenceFile) => Promise<void> | void,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (const one of filesOf(input, host)) {
    const file = await readReferenceFile(await readInput(one, host));
    await change(file);
    const part = await printed(file, outputType);
    if (part.length === 0) continue;
    if (parts.length > 0 && !/^---(?:\s|$)/.test(decodeText(part.subarray(0, 4)))) parts.push(Buffer.from('---\n'));
    parts.push(part);
  }
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts.map(endedByLine));
}

async function printed(file: ReferenceFile, type: PrintedType | undefined): Promise<Uint8Array> {
  const { metadata, roots, text, placedIn = text } = file;
  if (type === undefined) return bytesOf(file, applyEdits(text, file.edits(metadata)));
  const full = roots.map((root) => (metadata && root.kind === 'branch' ? withMetadata(root, metadata) : root));
  return Buffer.from(await printDocuments(full.filter(isFilled), placedIn, type));
}

/** What SOPS keeps for itself is here a key like any other. */
function withMetadata({ items }: Branch, metadata: Branch): Branch {
  return branch([...items, item('sops', metadata)]);
}

function isFilled({ items }: Branch | List): boolean {
  return (items as readonly { kind: string }[]).some(({ kind }) => kind !== 'comment');
}

function endedByLine(part: Uint8Array): Uint8Array {
  return part.length === 0 || part.at(-1) === 0x0a ? part : Buffer.concat([part, Buffer.from('\n')]);
}

/** The file, or the YAML and JSON files in a folder and those below it, in alphabetical order. */
function filesOf(input: Input, host: Host): Input[] {
  if (input.kind !== 'file' || !statSync(resolve(host.cwd, input.path), { throwIfNoEntry: false })?.isDirectory()) {
    return [input];
  }
  const found = [...filesBelow(input.path, host)];
  if (found.length === 0) throw new SopsError('input-unreadable', `there are no YAML or JSON files in ${input.path}`);
  return found.map((path) => ({ kind: 'file', path }));
}

function* filesBelow(folder: string, host: Host): Generator<string> {
  const entries = readdirSync(resolve(host.cwd, folder), { withFileTypes: true });
  for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path, host);
    else if (/\.(?:ya?ml|json)$/.test(entry.name)) yield path;
  }
}

/** A plaintext in memory. */
export interface PlainFile {
  readonly bytes: Uint8Array;
  /** Its format. */
  readonly store: FormatStore;
  /** Where it came from; undefined for standard input. */
  readonly path: string | undefined;
}

/** The same of a plaintext: its values are written as its format has them, and what is not a document is taken as text. */
export async function evaluateBytes(
  { bytes, store, path }: PlainFile,
  request: ReferencesRequest,
  host: Host,
): Promise<Uint8Array> {
  const input: Input = path === undefined ? { kind: 'stdin', read: async () => bytes } : { kind: 'file', path };
  return withResolver({ ...request, input }, host, (resolver) => plainBytes({ bytes, store }, resolver));
}

/** The bytes of a plaintext with values in place of its references. */
export async function plainBytes({ bytes, store }: Omit<PlainFile, 'path'>, resolver: Resolver): Promise<Uint8Array> {
  const file = await readPlain(bytes, store);
  if (!file) return encodeText(await resolver.text(decodeText(bytes)));
  await resolveDocuments(file.documents, resolver);
  return bytesOf(file, applyEdits(file.text, file.edits(file.metadata)));
}

/** Undefined for what is not a document of the format: a part of one, or any bytes. */
async function readPlain(bytes: Uint8Array, store: FormatStore): Promise<SourceFile | undefined> {
  if (store.parsePlain) return undefined;
  try {
    return ((await store.loadEditor?.()) ?? store.parse)(bytes);
  } catch (error) {
    if (error instanceof SopsError) return undefined;
    throw error;
  }
}

/** The documents of a YAML or JSON file. */
export async function documentsOf(input: Input, host: Host): Promise<ReferenceFile> {
  return readReferenceFile(await readInput(input, host));
}

/**
 * Does a task with a resolver for a file that somebody else may have written. Log-ins are given back at its end, unless that would end what they were
 * lent; when it fails, so is all that was lent.
 */
export function withResolver<T>(
  request: ReferencesRequest & { readonly input: Input },
  host: Host,
  task: (resolver: Resolver) => Promise<T>,
): Promise<T> {
  return withLogins(optionsOfFile(request, host), task);
}

/** The same, but that what was lent is kept, for whoever goes on using it, and gives it back. */
export function withKeptValues<T>(
  request: ReferencesRequest & { readonly input: Input },
  host: Host,
  task: (resolver: Resolver) => Promise<T>,
  signal?: AbortSignal,
): Promise<{ readonly done: T; readonly kept: KeptValues }> {
  return keeping({ ...optionsOfFile(request, host), signal }, task);
}

function optionsOfFile(
  { input, ...request }: ReferencesRequest & { readonly input: Input },
  host: Host,
): ResolverOptions {
  const folder = input.kind === 'file' ? folderOf(resolve(host.cwd, input.path)) : host.cwd;
  const session = sessionOf(host);
  const grants = grantsFor(input.kind === 'file' ? input.path : undefined, request.configPath, session);
  return { ...optionsOf(request, session, folder), grants };
}

async function withLogins<T>(options: ResolverOptions, task: (resolver: Resolver) => Promise<T>): Promise<T> {
  const { done, kept } = await keeping(options, task);
  await kept.leave();
  return done;
}

async function keeping<T>(
  options: ResolverOptions,
  task: (resolver: Resolver) => Promise<T>,
): Promise<{ readonly done: T; readonly kept: LeaseKeeper }> {
  const leases = new LeaseKeeper(options.host);
  try {
    const done = await task(new Resolver({ ...options, leases }));
    const unnoted = (await leases.noted()).find((result) => result.status === 'rejected');
    if (unnoted) throw unnoted.reason;
    return { done, kept: leases };
  } catch (error) {
    await leases.close();
    throw error;
  }
}

/** That of the file; of a folder whose files are read together, itself. */
function folderOf(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? path : dirname(path);
}

function optionsOf(
  { allowed, onlyPlain, nullForMissing }: ReferencesRequest,
  host: Host,
  folder: string,
): ResolverOptions {
  return {
    host: sessionOf(host),
    folder,
    allowed: new Set(allowed),
    onlyPlain,
    nullForMissing,
    note: referenceTrail(host),
  };
}
