/** An open file: values are looked at and changed in memory, and written back with text and ciphertext kept. */

import { SopsError } from '../errors.js';
import type { RecognisedFile } from '../formats/recognise.js';
import { formatNamed } from '../formats/registry.js';
import { bytesOf } from '../formats/store.js';
import { metadataFromBranch } from '../metadata/from-branch.js';
import { writeOutput } from '../operations/output.js';
import { checkExists, readAsChosen, readInput, readSealed } from '../operations/read/input.js';
import { type OpenedFile, openFile, openWith, type PlainText, renderPlain } from '../operations/read/open-file.js';
import { checkListed } from '../operations/unlisted-recipients.js';
import { type EditedText, editText } from '../operations/write/edited-text.js';
import { resealFile } from '../operations/write/reseal-file.js';
import { reservedKey, sealText } from '../operations/write/seal-text.js';
import { changedBySet } from '../operations/write/set.js';
import { openRun, type Run } from '../run/run.js';
import { unsetAt } from '../tree/path.js';
import type { Value as Node } from '../tree/tree.js';
import { inCall, untilAborted } from './call.js';
import { exactIn } from './exact-integers.js';
import { leaving } from './library-errors.js';
import { checkedOptions, checkedPath, checkFormat, chosenFormat, VALUES } from './options.js';
import { withPlugged } from './plugged-format.js';
import { dataOfDocuments, named } from './read.js';
import type { Data, Path, ReadOptions, SecretsFile, Value, ValueOptions } from './types.js';
import { ownPath, stepsOf, treePathOf, valueAt } from './value-places.js';
import {
  checkBytes,
  checkContent,
  checkedText,
  checkKeys,
  checkNulls,
  checkPrints,
  dataOf,
  documentOf,
  treeOf,
  withTimesAsTexts,
} from './values.js';

type Settings = ReadOptions & ValueOptions;

/** Opens an encrypted file to look at its values and to change them. */
export async function open(path: string | URL, o?: Settings): Promise<SecretsFile> {
  const options = checkedOptions('open', o, VALUES);
  const file = checkedPath('open', path);
  if (options.format !== undefined) checkFormat('open', options.format, options);
  return inCall(options, async ({ host, request }) => {
    try {
      await checkExists({ kind: 'file', path: file }, host);
      const run = await openRun({ ...request, filePath: file }, host);
      return new OpenSecrets(file, options, run, await opening(file, options, run));
    } catch (error) {
      throw named(error, file);
    }
  });
}

/** A file as it was read or written last. */
interface Stand {
  /** The ciphertext. */
  readonly bytes: Uint8Array;
  readonly opened: OpenedFile;
  readonly before: PlainText;
  readonly edited: EditedText;
  readonly printing: Pick<Awaited<ReturnType<typeof readSealed>>, 'printer' | 'reader' | 'printsAnew'>;
}

async function opening(path: string, { format, ignoreMac = false }: Settings, run: Run): Promise<Stand> {
  const input = { kind: 'file', path } as const;
  const bytes = await readInput(input, run);
  const found = await readSealed(
    { input: { kind: 'stdin', read: async () => bytes }, filenameOverride: path, inputType: chosenFormat(format) },
    run,
    'ciphertext',
  );
  const { decryptionOrder, keyServices } = run;
  const opened = await openFile(found, {
    ignoreMac,
    rewrites: true,
    decryptionOrder,
    keyServices,
    trail: run.trail(input),
  });
  for (const warning of opened.warnings.splice(0)) run.warn(warning);
  checkKeys(opened.file.documents);
  return standOf(bytes, opened, found, run);
}

async function standOf(bytes: Uint8Array, opened: OpenedFile, printing: Stand['printing'], run: Run): Promise<Stand> {
  const { width } = run.indent(undefined, printing);
  const before = renderPlain(opened, width);
  return { bytes, opened, before, edited: await editText(opened, before.text, width), printing };
}

/** A change that was not written yet; without a value something was taken out. */
interface Change {
  readonly path: Path;
  readonly value?: Node;
}

class OpenSecrets implements SecretsFile {
  readonly #path: string;
  readonly #options: Settings;
  readonly #run: Run;
  #stand: Stand | undefined;
  #changes: Change[] = [];
  #text: string | undefined;
  /** One writes after the other. */
  #writing: Promise<unknown> = Promise.resolve();
  /** How many of them have not ended. */
  #writers = 0;
  #isClosed = false;

  constructor(path: string, options: Settings, run: Run, stand: Stand) {
    this.#path = path;
    this.#options = options;
    this.#run = run;
    this.#stand = stand;
  }

  get(path: Path): Value | undefined {
    const { before, edited } = this.#now;
    const found = valueAt(edited.document, path);
    if (!found) return undefined;
    const [exact = found] = exactIn([found], [found], before.text);
    return this.#naming(() => dataOf(exact, this.#options));
  }

  has(path: Path): boolean {
    return valueAt(this.#now.edited.document, path) !== undefined;
  }

  keys(path?: Path): string[] {
    const { document } = this.#now.edited;
    const found = path === undefined ? document : valueAt(document, path);
    if (!found || found.kind === 'leaf') return [];
    if (found.kind === 'branch')
      return [...new Set(found.items.flatMap((entry) => (entry.kind === 'item' ? [entry.key] : [])))];
    return found.items.filter((entry) => entry.kind !== 'comment').map((_, at) => String(at));
  }

  set(path: Path, value: Value): this {
    const { name } = this.#now.opened.store;
    const given = treeOf(value);
    const change = { path: ownPath(path), value: this.#naming(() => withTimesAsTexts(given, name)) };
    this.#checkHolds(change);
    if (this.#apply(change)) this.#note(change);
    return this;
  }

  unset(path: Path): boolean {
    const change = { path: ownPath(path) };
    const isThere = this.has(path);
    if (!isThere) return false;
    this.#naming(() => checkContent(this.#now.opened.store, stepsOf(path).map(String), undefined));
    if (this.#apply(change)) this.#note(change);
    return true;
  }

  toData<T = Data>(): T {
    const { opened, before, edited } = this.#now;
    return this.#naming(() => {
      if (formatNamed(opened.store.name).whole) return Uint8Array.from(bytesOf(opened.file, this.toText()));
      // What was not changed keeps the types that the text does not show.
      const { documents } = this.#changes.length === 0 ? opened.file : edited;
      return dataOfDocuments(exactIn(documents, edited.documents, before.text), this.#options);
    }) as T;
  }

  toText(): string {
    if (this.#isClosed) throw this.#closed();
    return this.#plainText();
  }

  #plainText(): string {
    const { before, edited } = this.#latest;
    if (this.#changes.length === 0) return before.text;
    this.#text ??= this.#naming(() => edited.text());
    return this.#text;
  }

  get changed(): readonly Path[] {
    return this.#changes.map(({ path }) => ownPath(path));
  }

  save(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#changes.length > 0) await this.#write(() => this.#sealed());
    });
  }

  rotate(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#changes.length > 0) await this.#write(() => this.#sealed());
      await this.#write(() => this.#resealed());
    });
  }

  close(): void {
    this.#isClosed = true;
    // What is being saved is saved: the last of those that write forgets.
    if (this.#writers === 0) this.#forget();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.#writing;
  }

  #forget(): void {
    this.#stand?.opened.dataKey.wipe();
    this.#stand = undefined;
    this.#changes = [];
    this.#text = undefined;
  }

  get #now(): Stand {
    if (!this.#isClosed) return this.#latest;
    throw this.#closed();
  }

  /** What was read or written last, also for writing that began before the file was closed. */
  get #latest(): Stand {
    if (this.#stand) return this.#stand;
    throw this.#closed();
  }

  #closed(): SopsError {
    return new SopsError('usage', 'the file is closed', { file: this.#path, hint: 'Open it again.' });
  }

  /** A file that could not be written would stay so, whatever else is changed in it. */
  #checkHolds({ path, value }: Required<Change>): void {
    const { opened, edited } = this.#now;
    const { store } = opened;
    this.#naming(() => {
      const [first, ...others] = stepsOf(path).map(String);
      checkContent(store, [first ?? '', ...others], value);
      checkNulls(value, store.name);
      if (formatNamed(store.name).reservedKeys.test(first ?? '')) throw reservedKey();
      for (const key of [first ?? '', ...others]) checkedText(key, 'set: a key of the path');
      const place = treePathOf(edited.document, path);
      checkBytes(store, documentOf(place, value));
      checkPrints(store, place, value);
    });
  }

  /** Whether the document is another one now. */
  #apply({ path, value }: Change): boolean {
    const { document } = this.#latest.edited;
    return this.#naming(() => {
      const place = treePathOf(document, path);
      if (value) return changedBySet(document, place, value);
      unsetAt(document, place);
      return true;
    });
  }

  #note(change: Change): void {
    this.#changes.push(change);
    this.#text = undefined;
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    if (this.#isClosed) throw this.#closed();
    this.#writers += 1;
    const turn = this.#writing.then(() => untilAborted(this.#options, () => withPlugged(this.#options, work)));
    this.#writing = turn.catch(() => undefined).then(() => this.#ended());
    try {
      await turn;
    } catch (error) {
      throw named(error, this.#path);
    }
  }

  #ended(): void {
    this.#writers -= 1;
    if (this.#isClosed && this.#writers === 0) this.#forget();
  }

  /** Writes a new ciphertext, unless the file is not what was read any more, and goes on from there. */
  async #write(seal: () => Promise<Uint8Array>): Promise<void> {
    const { bytes: read } = this.#latest;
    const count = this.#changes.length;
    try {
      const bytes = await seal();
      const input = { kind: 'file', path: this.#path } as const;
      await writeOutput(bytes, 'ciphertext', { output: { kind: 'in-place' }, input, read }, this.#run);
      await this.#goOnFrom(bytes, count);
    } catch (error) {
      if (error instanceof SopsError && error.code === 'changed-meanwhile') throw this.#changedMeanwhile(error);
      throw error;
    }
  }

  async #sealed(): Promise<Uint8Array> {
    const { opened, before, printing } = this.#latest;
    const after = this.#plainText();
    const indent = this.#run.indent(undefined, printing);
    const { bytes } = await sealText({ opened, before, after, printer: printing.printer, indent });
    this.#tellWarnings(opened);
    return bytes;
  }

  async #resealed(): Promise<Uint8Array> {
    const { printing } = this.#latest;
    const { config, keyServices } = this.#run;
    // Sealing puts ciphertext into the documents: not those that are looked at.
    const opened = await this.#openedAgain(this.#latest.bytes);
    const { keyGroups, shamirThreshold } = opened.metadata;
    await checkListed(keyGroups, { config, file: this.#path, host: this.#run });
    await opened.trail('rotate');
    const recipients = { keyGroups, shamirThreshold };
    const indent = this.#run.indent(undefined, printing);
    return resealFile({ opened, recipients, keyServices, printer: printing.printer, indent });
  }

  /** Opens ciphertext of this file; with the data key in hand where it is still that one. */
  async #openedAgain(bytes: Uint8Array): Promise<OpenedFile> {
    const { opened } = this.#latest;
    const { file, store } = await this.#read(bytes);
    const metadata = metadataFromBranch(file.metadata);
    const source = { file, store, metadata, dataKey: opened.dataKey, scope: opened.scope };
    return {
      ...openWith(source, { ignoreMac: this.#options.ignoreMac ?? false, rewrites: true }),
      trail: opened.trail,
    };
  }

  /** What was changed while the file was written is changed in what was written, too. */
  async #goOnFrom(bytes: Uint8Array, written: number): Promise<void> {
    if (!this.#stand) return;
    const { printing, opened: before } = this.#latest;
    const opened = await this.#openedAgain(bytes).catch(() => this.#openedAnew(bytes));
    this.#tellWarnings(opened);
    if (opened.dataKey !== before.dataKey) before.dataKey.wipe();
    this.#stand = await standOf(bytes, opened, printing, this.#run);
    const later = this.#changes.slice(written);
    this.#changes = [];
    this.#text = undefined;
    for (const change of later) if (this.#apply(change)) this.#note(change);
  }

  async #openedAnew(bytes: Uint8Array): Promise<OpenedFile> {
    const { opened } = this.#latest;
    const found = await this.#read(bytes);
    const { decryptionOrder, keyServices } = this.#run;
    const { ignoreMac = false } = this.#options;
    return openFile(found, { ignoreMac, rewrites: true, decryptionOrder, keyServices, trail: opened.trail });
  }

  #read(bytes: Uint8Array): Promise<RecognisedFile> {
    const input = { kind: 'file', path: this.#path } as const;
    return readAsChosen(bytes, { input, inputType: chosenFormat(this.#options.format) }, this.#run);
  }

  #tellWarnings({ warnings }: OpenedFile): void {
    for (const warning of warnings.splice(0)) this.#run.warn(warning);
  }

  #changedMeanwhile(cause: SopsError): SopsError {
    return new SopsError('changed-meanwhile', `${this.#path} was changed by somebody else since it was opened`, {
      file: this.#path,
      hint: 'Nothing was written. Open it again, and make the changes in what it holds now.',
      cause,
    });
  }

  #naming<T>(step: () => T): T {
    try {
      return withPlugged(this.#options, step);
    } catch (error) {
      throw named(leaving(error, this.#options), this.#path);
    }
  }
}
