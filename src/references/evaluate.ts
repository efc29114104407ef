/** Texts and documents with the values of their references: what `refs` prints. */
import { dirname, resolve } from 'node:path';
import { SopsError } from '../errors.js';
import { formatNamed } from '../formats/registry.js';
import { applyEdits, bytesOf, type FormatStore, type SourceFile } from '../formats/store.js';
import { readInput } from '../operations/read/input.js';
import type { Input } from '../operations/requests.js';
import { referenceTrail } from '../run/reference-trail.js';
import type { Host } from '../util/host.js';
import { sessionOf } from '../util/session.js';
import { decodeText, encodeText } from '../util/text.js';
import { resolveDocuments } from './documents.js';
import { Resolver, type ResolverOptions } from './resolver.js';

export interface ReferencesRequest {
  /** Schemes that the user allows in files, `all` for all. */
  readonly allowed: readonly string[];
  /** Leaves `secretref+…` as it is. */
  readonly onlyPlain: boolean;
}

export interface EvaluationRequest extends ReferencesRequest {
  readonly input: Input;
  /** How to print; undefined to keep the text around the values. */
  readonly outputType?: 'yaml' | 'json' | undefined;
}

/** A text of the user's own with values in place of its references, whatever these read. Throws SopsError, as {@link Resolver} does. */
export function evaluateText(text: string, request: ReferencesRequest, host: Host): Promise<string> {
  return new Resolver({ ...optionsOf(request, host, host.cwd), allowed: new Set(['all']) }).text(text);
}

/** The text of a file, of whatever kind, with values in place of its references. */
export async function flattenFile(request: EvaluationRequest, host: Host): Promise<string> {
  const text = decodeText(await readInput(request.input, host));
  return resolverFor(request, host).text(text);
}

/** The documents of a YAML or JSON file with values in place of references in their values; comments and order stay. */
export async function evaluateFile(request: EvaluationRequest, host: Host): Promise<Uint8Array> {
  const file = await documentsOf(request.input, host);
  await resolveDocuments(file.documents, resolverFor(request, host));
  if (request.outputType === undefined) return bytesOf(file, applyEdits(file.text, file.edits(file.metadata)));
  const printer = await formatNamed(request.outputType).load();
  return Buffer.from(printer.emit(file.documents, file.metadata));
}

/** A plaintext in memory. */
export interface PlainFile {
  readonly bytes: Uint8Array;
  /** Its format. */
  readonly store: FormatStore;
  /** Where it came from; undefined for standard input. */
  readonly path: string | undefined;
}

/** The same of a plaintext: its values are written as its format has them, and what is no document is taken as text. */
export async function evaluateBytes(
  { bytes, store, path }: PlainFile,
  request: ReferencesRequest,
  host: Host,
): Promise<Uint8Array> {
  const input: Input = path === undefined ? { kind: 'stdin', read: async () => bytes } : { kind: 'file', path };
  const resolver = resolverFor({ ...request, input }, host);
  const file = readPlain(bytes, store);
  if (!file) return encodeText(await resolver.text(decodeText(bytes)));
  await resolveDocuments(file.documents, resolver);
  return bytesOf(file, applyEdits(file.text, file.edits(file.metadata)));
}

/** Undefined for what is no document of the format: a part of one, or any bytes. */
function readPlain(bytes: Uint8Array, store: FormatStore): SourceFile | undefined {
  if (store.parsePlain) return undefined;
  try {
    return (store.parseEditable ?? store.parse)(bytes);
  } catch (error) {
    if (error instanceof SopsError) return undefined;
    throw error;
  }
}

/** JSON if it is that, for its numbers and its shape; else YAML. */
async function readDocumentsOf(bytes: Uint8Array): Promise<SourceFile> {
  const start = decodeText(bytes.subarray(0, 1024)).trimStart();
  if (start.startsWith('{')) {
    try {
      const json = await formatNamed('json').load();
      return (json.parseEditable ?? json.parse)(bytes);
    } catch {
      // YAML in braces.
    }
  }
  const yaml = await formatNamed('yaml').load();
  return (yaml.parseEditable ?? yaml.parse)(bytes);
}

/** The documents of a YAML or JSON file. */
export async function documentsOf(input: Input, host: Host): Promise<SourceFile> {
  return readDocumentsOf(await readInput(input, host));
}

/** The resolver for a file that somebody else may have written. */
export function resolverFor(
  { input, ...request }: ReferencesRequest & { readonly input: Input },
  host: Host,
): Resolver {
  const folder = input.kind === 'file' ? dirname(resolve(host.cwd, input.path)) : host.cwd;
  return new Resolver(optionsOf(request, host, folder));
}

function optionsOf({ allowed, onlyPlain }: ReferencesRequest, host: Host, folder: string): ResolverOptions {
  return { host: sessionOf(host), folder, allowed: new Set(allowed), onlyPlain, note: referenceTrail(host) };
}
