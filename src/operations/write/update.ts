/** `encrypt --update`: new plaintext into an existing encrypted file, of which only what changed is written anew. */
import { encodedBytes, type SourceFile } from '../../formats/store.js';
import { openRun } from '../../run/run.js';
import type { Host } from '../../util/host/host.js';
import { decodeText, encodeText } from '../../util/text/text.js';
import { writeOutput } from '../output.js';
import { checkExists, nameOf, readInput, readSealed, rereadable } from '../read/input.js';
import { openFile, renderPlain } from '../read/open-file.js';
import type { FileRequest, Input, Outcome } from '../requests.js';
import { Irreconcilable, redoing } from '../retry-on-change.js';
import { alreadyEncrypted, parsePlain, refuseCiphertext } from './encrypt.js';
import { sealText } from './seal-text.js';

export interface UpdateRequest extends FileRequest {
  readonly input: { readonly kind: 'file'; readonly path: string };
  /** Where the new plaintext comes from. */
  readonly plaintext: Input;
  /** Type identifiers separated by commas. */
  readonly decryptionOrder?: string | undefined;
}

/**
 * Encrypts a plaintext into an existing file under its own data key, recipients and rules. What stands in it as before keeps its
 * ciphertext; the same plaintext leaves the file untouched. Throws SopsError: for the file as `set` does, for the
 * plaintext as `encrypt` does.
 */
export async function updateFile(request: UpdateRequest, host: Host): Promise<Outcome> {
  const { input } = request;
  await checkExists(input, host);
  const run = await openRun({ ...request, filePath: nameOf(request) }, host);
  const { decryptionOrder, keyServices } = run;
  const options = { ignoreMac: false, rewrites: true, decryptionOrder, keyServices, trail: run.trail(input) };
  const plaintext = rereadable(request.plaintext);
  let seen: string | undefined;
  return redoing(async () => {
    const found = await readSealed(request, run, 'ciphertext');
    const { store: reader, printer, read } = found;
    const indent = run.indent(request.indent, found);
    const opened = await openFile(found, options);
    const before = renderPlain(opened, indent.width);
    // The new plaintext was made from the old: what somebody else has changed in that would be undone.
    seen ??= before.text;
    if (before.text !== seen) throw new Irreconcilable(input.path);
    const given = await readInput(plaintext, host);
    await refuseCiphertext(given, { input: plaintext, inputType: request.inputType }, reader, host);
    const bytes = inLineEndsOf(opened.file, before.text, given);
    const plain = parsePlain(reader, bytes);
    if (plain.metadata) throw alreadyEncrypted();
    const old = encodedBytes(opened.file, before.text);
    const isSame = reader === printer && !indent.reprints && Buffer.compare(old, bytes) === 0;
    if (isSame) return { warnings: opened.warnings };
    // The encoding is that of the new plaintext.
    const { encode, ...rest } = opened.file;
    const file = plain.encode ? { ...rest, encode: plain.encode } : rest;
    const sealed = await sealText({ opened: { ...opened, file }, before, after: plain.text, printer, indent });
    await writeOutput(sealed.bytes, 'ciphertext', { output: { kind: 'in-place' }, input, read }, host);
    return { warnings: opened.warnings };
  });
}

/** A plaintext from where a checkout put carriage returns into the file: its own belong to no value either. */
function inLineEndsOf({ lineEnd }: SourceFile, before: string, bytes: Uint8Array): Uint8Array {
  return lineEnd && !before.includes('\r') ? encodeText(decodeText(bytes).replaceAll(lineEnd, '\n')) : bytes;
}
