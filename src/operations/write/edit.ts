/** `edit`: the plaintext of a file in the user's editor, and back. */

import { dirname } from 'node:path';
import { Cipher } from '../../cipher/cipher.js';
import { IvMemory } from '../../cipher/iv-memory.js';
import type { Config } from '../../config/model.js';
import { createDataKey } from '../../datakey/create.js';
import { SopsError } from '../../errors.js';
import { emptyFile, type FormatStore } from '../../formats/store.js';
import type { KeyGroup } from '../../keys/provider.js';
import { keyServicesOf } from '../../keyservice/services.js';
import { scopeOf } from '../../metadata/scope-of.js';
import type { Indent } from '../../run/indent.js';
import { openRun } from '../../run/run.js';
import { branch } from '../../tree/tree.js';
import { systemCode, systemReason } from '../../util/files/files.js';
import { statSync } from '../../util/files/fs.js';
import { resolve } from '../../util/files/paths.js';
import type { Host, Session } from '../../util/host/host.js';
import { sessionOf } from '../../util/host/session.js';
import { writeOutput } from '../output.js';
import { formatsForNew, nameOf, readSealed, type SealedInput } from '../read/input.js';
import { type OpenedFile, openFile, type PlainText, renderPlain } from '../read/open-file.js';
import type { EncryptRequest, Outcome } from '../requests.js';
import { Irreconcilable, redoing } from '../retry-on-change.js';
import { checkListed } from '../unlisted-recipients.js';
import type { EmergencyCopy } from './edit-file.js';
import { broughtForward, changedMetadata, shownText, takenApart } from './edit-metadata.js';
import { type EditProblem, type EditTools, type EditWork, editUntilTaken } from './edit-rounds.js';
import { checkSomethingEncrypted, FORMAT_VERSION, planFor } from './encrypt.js';
import { noteFormat, noteName } from './name-notes.js';
import { parsePlainText, sealText } from './seal-text.js';
import { rescued } from './unsaved-edit.js';

export interface EditRequest extends EncryptRequest {
  readonly input: { readonly kind: 'file'; readonly path: string };
  readonly ignoreMac: boolean;
  /** Type identifiers separated by commas. */
  readonly decryptionOrder?: string | undefined;
  /** Shows the `sops` branch for editing, too. */
  readonly showMasterKeys: boolean;
  /** Wraps for other recipients although the file has some that no rule names. */
  readonly keepUnlisted?: boolean | undefined;
  /** Another form of the plaintext for the editor; made for one run. Throws `usage` for formats it does not know. */
  readonly viewFor?: ((format: string) => EditView) | undefined;
}

/** A form of a plaintext that is easier to edit, and the way back. */
export interface EditView {
  show(text: string): string;
  /** The plaintext of what was shown and edited. Throws SopsError that the user can mend. */
  read(shown: string): string;
}

/** Errors that the user can mend in the editor. */
const MENDABLE: ReadonlySet<string> = new Set([
  'document-invalid',
  'empty-file',
  'metadata-invalid',
  'already-encrypted',
  'leaf-not-encryptable',
  'output-format',
  'nothing-encrypted',
  'data-key-not-wrapped',
  'unlisted-recipients',
]);

/** A file being edited. */
interface EditSession {
  readonly request: EditRequest;
  readonly config: Config | null;
  readonly opened: OpenedFile;
  /** What the file holds on disk; null when it is new. */
  readonly read: SealedInput['read'] | null;
  /** The plaintext before. */
  readonly before: PlainText;
  readonly printer: FormatStore;
  readonly indent: Indent;
  readonly host: Session;
}

/**
 * Lets the user edit a file's plaintext, and writes what has changed; the rest keeps its ciphertext. A file that does
 * not exist is made. What was typed and cannot be saved is kept, encrypted, in another file, which the error names.
 * Throws SopsError, in the order of docs/command-line.md#edit: `edit-unchanged`, `editor-failed`, …
 */
export async function editFile(request: EditRequest, tools: EditTools, given: Host): Promise<Outcome> {
  const host = sessionOf(given);
  const session = isThere(request, host) ? await openSession(request, host) : await newSession(request, host);
  const editor = await tools.findEditor();
  const { path } = request.input;
  const editing = new Editing(session);
  const work: EditWork<Outcome> = {
    editor,
    name: path,
    noticeMark: session.opened.store.noticeMark,
    shown: editing.shown,
    unchanged: 'File has not changed, exiting.',
    take: (text) => editing.take(text),
    failed: (error, text, copies) => editing.rescued(error, text, copies),
  };
  return editUntilTaken(work, tools, host);
}

function isThere({ input }: EditRequest, host: Host): boolean {
  try {
    statSync(resolve(host.cwd, input.path));
    return true;
  } catch (error) {
    return systemCode(error) !== 'ENOENT';
  }
}

async function openSession(request: EditRequest, host: Session): Promise<EditSession> {
  const run = await openRun({ ...request, filePath: nameOf(request) }, host);
  const { config, decryptionOrder } = run;
  const found = await readSealed(request, host, 'ciphertext');
  const { keyServices } = run;
  const trail = run.trail(request.input);
  const options = { ignoreMac: request.ignoreMac, rewrites: true, decryptionOrder, keyServices, trail };
  const opened = await openFile(found, options);
  const { read, printer } = found;
  const indent = run.indent(request.indent, found);
  return { request, config, opened, read, before: renderPlain(opened, indent.width), printer, indent, host };
}

/** A new file, as `encrypt` would make it from the example. */
async function newSession(request: EditRequest, host: Session): Promise<EditSession> {
  const plan = await planFor(request, host);
  const formats = await formatsForNew(request, plan.run);
  const { reader: store, printer } = formats;
  const { selection, macOnlyEncrypted } = plan.options;
  const scope = await scopeOf(selection, 'encrypt');
  const { dataKey, shamirThreshold } = await createDataKey(plan, plan.run.keyServices).catch(unwrapped);
  const { keyGroups } = plan;
  const made = { mac: '', lastModified: '', version: FORMAT_VERSION };
  const opened: OpenedFile = {
    store,
    file: emptyFile([branch()]),
    metadata: { keyGroups, shamirThreshold, macOnlyEncrypted, selection, ...made },
    dataKey,
    cipher: new Cipher(dataKey.bytes, new IvMemory()),
    scope,
    trail: plan.run.trail(request.input),
    warnings: [],
  };
  checkFolder(request, host);
  noteFormat(printer.name, host);
  noteName(request, store, plan.run);
  const indent = plan.run.indent(request.indent, formats);
  const before = { text: store.example, layout: undefined };
  return { request, config: plan.run.config, opened, read: null, before, printer, indent, host };
}

/** Refuses a new file in a folder that is not there before anything is typed, not afterwards. Throws `output-unwritable`. */
function checkFolder({ input: { path } }: EditRequest, host: Host): void {
  const folder = resolve(host.cwd, dirname(path));
  const reason = reasonAgainst(folder);
  if (reason === undefined) return;
  throw new SopsError('output-unwritable', `Could not open in-place file for writing: open ${path}: ${reason}`);
}

function reasonAgainst(folder: string): string | undefined {
  try {
    return statSync(folder).isDirectory() ? undefined : 'not a directory';
  } catch (error) {
    return systemReason(error);
  }
}

/** SOPS has one number for a data key that nobody gives and one that nobody takes. */
function unwrapped(error: unknown): never {
  if (error instanceof SopsError && error.code === 'data-key-not-wrapped') throw error.with('data-key-not-recovered');
  throw error;
}

class Editing {
  readonly shown: string;
  private readonly view: EditView | undefined;

  constructor(private session: EditSession) {
    const { request, opened, before } = session;
    this.view = request.viewFor?.(opened.store.name);
    this.shown = request.showMasterKeys
      ? shownText(opened, before.text)
      : (this.view?.show(before.text) ?? before.text);
  }

  /** Saves a text; returns what is wrong with it when the user can mend it. */
  async take(text: string): Promise<{ readonly taken: Outcome } | EditProblem> {
    try {
      const plain = this.view?.read(text) ?? text;
      await redoing(async (number) => {
        if (number > 1) await this.openAgain();
        await this.save(await this.seal(plain));
      });
      return { taken: { warnings: this.session.opened.warnings } };
    } catch (error) {
      if (isMendable(error)) return problemOf(error);
      throw error;
    }
  }

  private async seal(text: string): Promise<Uint8Array> {
    const { request, config, opened, before, printer, indent, read, host } = this.session;
    if (!request.showMasterKeys) {
      const sealed = await sealText({ opened: broughtForward(opened), before, after: text, printer, indent });
      if (read === null && !request.allowUnencrypted) checkSomethingEncrypted(sealed.tree, opened.metadata);
      return sealed.bytes;
    }
    const { plain, metadata } = takenApart(opened, text);
    parsePlainText(opened, plain);
    const { keepUnlisted, input } = request;
    const wrapping = { config, keepUnlisted, file: input.path, host };
    const check = (kept: readonly KeyGroup[]) => checkListed(kept, wrapping);
    const changed = await changedMetadata(opened, metadata, keyServicesOf(request.keyServices, host), check);
    return (await sealText({ opened: broughtForward(changed), before, after: plain, printer, indent })).bytes;
  }

  /** Writes the file, unless somebody else has done so meanwhile. */
  private async save(sealed: Uint8Array): Promise<void> {
    const { request, read, host } = this.session;
    const destination = { output: { kind: 'in-place' }, input: request.input, read } as const;
    await writeOutput(sealed, 'ciphertext', destination, host);
  }

  /** Takes up what somebody else has changed in the metadata. What was typed does not go with another plaintext. */
  private async openAgain(): Promise<void> {
    const { request, read, before, host } = this.session;
    const { path } = request.input;
    if (read === null || request.showMasterKeys || !isThere(request, host)) throw new Irreconcilable(path);
    const session = await openSession(request, host).catch((error: unknown) => {
      // It is about what somebody else wrote: nothing that could be mended in the editor.
      throw isMendable(error) ? new Irreconcilable(path, `cannot be opened any more: ${error.message}`) : error;
    });
    if (session.before.text !== before.text) throw new Irreconcilable(path);
    this.session = session;
  }

  /** The error, with what was typed kept in files if it was not saved. */
  rescued(error: unknown, text: string | undefined, copies: readonly EmergencyCopy[]): Promise<unknown> {
    const { opened, request, host } = this.session;
    return rescued(error, { text, shown: this.shown, copies, path: request.input.path }, opened, host);
  }
}

function isMendable(error: unknown): error is SopsError {
  return error instanceof SopsError && MENDABLE.has(error.code);
}

function problemOf(error: SopsError): EditProblem {
  const reason = `${reasonOf(error)} ${error.message}`;
  const abandoned = new SopsError('failed', `${reason}: standard input ended`, { cause: error });
  return { reason, notice: noticeOf(error), abandoned };
}

function reasonOf({ code }: SopsError): string {
  if (code === 'document-invalid') return 'Could not load tree, probably due to invalid syntax.';
  if (code === 'empty-file' || code === 'already-encrypted') return 'Tree not valid for encryption.';
  if (code === 'metadata-invalid') return 'SOPS metadata is invalid.';
  return 'The file cannot be encrypted.';
}

function noticeOf(error: SopsError): string[] {
  const place = error.path?.length ? [`in key ${error.path.join('.')}`] : [];
  const hint = error.hint === undefined ? [] : error.hint.split('\n');
  const end = 'These lines are taken out again; line numbers count from below them.';
  return [...error.message.split('\n'), ...place, ...hint, end];
}
