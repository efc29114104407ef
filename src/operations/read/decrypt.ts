/** `decrypt`: a file's plaintext, whole or a part of it, in its own format or another. */

import { SopsError } from '../../errors.js';
import { bytesOf, type FormatStore } from '../../formats/store.js';
import { openReadingRun, type Run } from '../../run/run.js';
import { doubledKeyWarning } from '../../tree/doubled-key.js';
import { getAt, type TreePath } from '../../tree/path.js';
import type { Host } from '../../util/host/host.js';
import { oneLine } from '../../util/text/one-line.js';
import { writeOutput } from '../output.js';
import type { DecryptRequest, Outcome } from '../requests.js';
import { redoing } from '../retry-on-change.js';
import { checkExists, nameOf, readSealed } from './input.js';
import { type OpenedFile, openFile } from './open-file.js';
import { printedText } from './printed-text.js';
import { parseValuePath } from './value-path.js';

export interface DecryptOutcome extends Outcome {
  /** What was written, if it was not a part. */
  readonly format?: string;
}

/**
 * Decrypts one file. Nothing is written unless everything before has succeeded.
 * Throws SopsError, in the order of docs/command-line.md#decrypt.
 */
export async function decryptFile(request: DecryptRequest, host: Host): Promise<DecryptOutcome> {
  await checkExists(request.input, host);
  const run = await openReadingRun({ ...request, filePath: nameOf(request) }, host);
  const path = request.extract ? parseValuePath(request.extract, 'extract') : undefined;
  return redoing(() => decryptOnce(request, path, run));
}

/** `path` is what is wanted of the file; undefined for all. */
async function decryptOnce(request: DecryptRequest, path: TreePath | undefined, run: Run): Promise<DecryptOutcome> {
  const found = await readSealed(request, run, 'plaintext');
  const { read, printer } = found;
  const opened = await openFile(found, {
    ignoreMac: request.ignoreMac,
    rewrites: false,
    decryptionOrder: run.decryptionOrder,
    keyServices: run.keyServices,
    trail: run.trail(request.input),
  });
  const indent = run.indent(request.indent, found);
  if (path) {
    logExtract(path, run);
    warnOfDoubledKey(opened, path);
  }
  const text = path
    ? extractedText(opened, path, printer, indent.width)
    : await withCommand({ ...request, printer }, opened, run, () =>
        printedText(opened, { printer, outputType: request.outputType }, indent),
      );
  const plaintext = bytesOf(opened.file, text);
  const bytes = request.refine ? await request.refine(plaintext, printer, run) : plaintext;
  await writeOutput(bytes, 'plaintext', { ...request, read }, run);
  return { warnings: opened.warnings, format: printer.name };
}

/** Whoever reads the whole file as JSON gets another value than `--extract` gives. */
function warnOfDoubledKey({ file, warnings }: OpenedFile, path: TreePath): void {
  const [document] = file.documents;
  const warning = document && doubledKeyWarning(document, path);
  if (warning !== undefined) warnings.push(warning);
}

function logExtract(path: TreePath, host: Host): void {
  const fields = { path: `[${path.join(' ')}]` };
  host.log?.({ component: 'SOPS', level: 'info', message: 'Truncating tree', fields });
}

/** What a task prints; when another format than the file's cannot say it, the error shows the command that does work. */
async function withCommand(
  { input, inputType, printer }: DecryptRequest & { readonly printer: FormatStore },
  { store }: OpenedFile,
  host: Host,
  task: () => Promise<string>,
): Promise<string> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof SopsError) || error.code !== 'output-format' || printer === store) throw error;
    const file = input.kind === 'file' ? ` ${oneLine(input.path)}` : '';
    const read = inputType ? `--input-type ${inputType} ` : '';
    const command = `${host.calledAsSops ? 'sops' : 'sops-ts'} decrypt ${read}--output-type ${store.name}${file}`;
    throw error.with(error.code, { hint: `It is ${store.name}. Write: ${command}` });
  }
}

/**
 * The text of a part of the first document (docs/format.md#parts-and-conversions). Throws `path-not-found`, and `output-format` for what
 * the printer has no text for.
 */
export function extractedText({ file }: OpenedFile, path: TreePath, printer: FormatStore, width?: number): string {
  const [first, ...others] = file.documents;
  if (!first) throw new SopsError('path-not-found', 'the file holds no document');
  const found = getAt(first, path);
  if (found.kind === 'comment') return found.text;
  if (found.kind === 'leaf' && typeof found.value === 'string') return found.value;
  if (found.kind === 'branch') return printer.emit([found, ...others], null, { indent: width });
  if (printer.emitValue) return printer.emitValue(found);
  throw new SopsError('output-format', `Error dumping tree: ${printer.name} has no text for this value`, {
    hint: 'Choose another format with --output-type yaml or json.',
  });
}
