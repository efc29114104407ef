/** `get`: one value of a file as it is, for scripts and shells. */
import { SopsError } from '../../errors.js';
import { formatNamed } from '../../formats/registry.js';
import { bytesOf, type FormatStore } from '../../formats/store.js';
import { doubledKeyWarning } from '../../tree/doubled-key.js';
import { getAt, type TreePath } from '../../tree/path.js';
import type { Branch, Comment, Value } from '../../tree/tree.js';
import type { Host } from '../../util/host/host.js';
import { sessionOf } from '../../util/host/session.js';
import { encodeText } from '../../util/text/text.js';
import { type OpenedSecrets, openSecrets, type SecretsRequest } from './open-secrets.js';

export interface GetRequest extends SecretsRequest {
  readonly file: string;
  /** Where it stands, as `set` and `--extract` take it. */
  readonly path: TreePath;
  /** As JSON, texts too, instead of a text as it is and anything else in the file's own format. */
  readonly json: boolean;
}

export interface GotValue {
  readonly bytes: Uint8Array;
  readonly warnings: readonly string[];
}

/**
 * Opens a file, with the MAC verified, and takes one value of its first document: a text byte by byte, another scalar without line end,
 * a map or list as a document of the file's format. Throws SopsError as {@link openSecrets} does, `path-not-found`, and
 * `output-format` for what the format has no text for.
 */
export async function getValue(request: GetRequest, host: Host): Promise<GotValue> {
  const opened = await openSecrets(request.file, request, sessionOf(host));
  const [first] = opened.file.documents;
  if (!first) throw new SopsError('path-not-found', 'the file holds no document', { file: request.file });
  const found = getAt(first, request.path);
  const doubled = doubledKeyWarning(first, request.path);
  const warnings = doubled === undefined ? opened.warnings : [...opened.warnings, doubled];
  if (request.json) return { bytes: encodeText(`${await jsonOf(found)}\n`), warnings };
  if (found.kind === 'comment') return { bytes: encodeText(found.text), warnings };
  if (found.kind === 'leaf' && typeof found.value === 'string') return { bytes: encodeText(found.value), warnings };
  return { bytes: ownText(opened, found), warnings };
}

/** What is not text, in the format that the file is printed in. */
function ownText({ file, printer }: OpenedSecrets, found: Value): Uint8Array {
  const text = found.kind === 'branch' ? branchText(found, printer) : printer.emitValue?.(found);
  if (text === undefined) throw withoutText(printer);
  return bytesOf(file, found.kind === 'leaf' ? text.replace(/\n$/, '') : text);
}

function branchText(found: Branch, printer: FormatStore): string {
  try {
    return printer.emit([found], null);
  } catch (error) {
    if (error instanceof SopsError && error.code === 'output-format') throw withoutText(printer, error);
    throw error;
  }
}

function withoutText({ name }: FormatStore, cause?: unknown): SopsError {
  return new SopsError('output-format', `${name} has no text for this value`, {
    hint: 'Write it as JSON with --json, or name one value in it.',
    cause,
  });
}

async function jsonOf(found: Value | Comment): Promise<string> {
  const store = await formatNamed('json').load();
  const value: Value = found.kind === 'comment' ? { kind: 'leaf', value: found.text } : found;
  return store.emitValue?.(value).replace(/\n$/, '') ?? '';
}
