/** Sealing a tree: values encrypted, metadata made, the text rendered, and read back before anyone may write it. */
import type { Cipher } from '../../cipher/cipher.js';
import { LongText } from '../../cipher/long-text.js';
import { sealMac } from '../../cipher/mac.js';
import { encryptTree, forgetCiphertext, type TreeResult } from '../../cipher/tree-cipher.js';
import type { DataKey } from '../../datakey/data-key.js';
import { SopsError } from '../../errors.js';
import { restoreLayout } from '../../formats/layout.js';
import { type EditPlaces, layoutOf, placesOf, printLayout } from '../../formats/layout-diff.js';
import {
  applyEdits,
  bytesOf,
  type Edit,
  editedBytes,
  type FormatStore,
  letGo,
  type SourceFile,
} from '../../formats/store.js';
import { metadataFromBranch } from '../../metadata/from-branch.js';
import { LAYOUT_FIELD, type Metadata, withoutLayout } from '../../metadata/metadata.js';
import { metadataToBranch } from '../../metadata/to-branch.js';
import type { AuditTrail } from '../../run/audit-trail.js';
import type { Indent } from '../../run/indent.js';
import { sameTree } from '../../tree/equality.js';
import type { EncryptionScope } from '../../tree/scope.js';
import { type Branch, branch } from '../../tree/tree.js';
import { formatUtcSeconds } from '../../util/text/rfc3339.js';
import { asRead, leavesOf, sameLeaves } from '../read/leaves.js';
import { type OpenedTree, openWith } from '../read/open-file.js';

/** What is to be sealed, and how. */
export interface Sealing {
  /** The file with plaintext in its documents. They hold ciphertext afterwards, or at least its beginning; a large one is let go of. */
  readonly file: SourceFile;
  readonly reader: FormatStore;
  readonly printer: FormatStore;
  readonly indent: Indent;
  readonly scope: EncryptionScope;
  readonly dataKey: DataKey;
  readonly cipher: Cipher;
  readonly trail: AuditTrail;
  /** Everything but what sealing makes: `mac`, `lastModified`, `layout`. */
  readonly metadata: Omit<Metadata, 'mac' | 'lastModified' | 'layout'>;
  /** RFC 3339; now without it. */
  readonly lastModified?: string | undefined;
  /** A layout, as printed, that goes into the file if the text needs none. */
  readonly spareLayout?: string | undefined;
  /** Called with the ciphertext before it is written into the text, to choose the styles of its scalars. */
  readonly restyle?: (documents: readonly Branch[]) => void;
}

export interface SealedFile {
  /** In the encoding of the file. */
  readonly bytes: Uint8Array;
  readonly tree: TreeResult;
  /** What is to be told of comments that the format of the printer has no place for; undefined when there are none. */
  readonly note?: string | undefined;
}

/**
 * Encrypts the documents in place and renders them with their metadata. The bytes are parsed, decrypted and compared
 * before they are returned. Throws `leaf-not-encryptable`, `output-format` for what the format cannot say, and
 * `not-readable-back` when the check fails, which is a defect of sops-ts.
 */
export async function sealFile(sealing: Sealing): Promise<SealedFile> {
  try {
    return await seal(sealing);
  } catch (error) {
    throw asMarshalling(error);
  }
}

/** In the words that SOPS has for a tree that cannot be printed encrypted; scripts look for them. */
export function asMarshalling(error: unknown): unknown {
  if (!(error instanceof SopsError) || error.code !== 'output-format') return error;
  return error.reworded(`Could not marshal tree: ${error.message}`);
}

async function seal(sealing: Sealing): Promise<SealedFile> {
  const { file, reader, printer, indent, scope, cipher } = sealing;
  const keepsText = reader === printer && !indent.reprints;
  const wanted = keepsText ? [] : (await import('../read/conversion.js')).documentsAsTheyAre(file.documents);
  const { macOnlyEncrypted } = sealing.metadata;
  await sealing.trail('encrypt');
  const longText = new LongText();
  const tree = encryptTree(file.documents, {
    cipher,
    scope,
    macOnlyEncrypted,
    longText,
    sealsEmpty: printer.sealsEmpty,
  });
  sealing.restyle?.(file.documents);
  const lastModified = sealing.lastModified ?? formatUtcSeconds(Date.now());
  const metadata: Metadata = { ...sealing.metadata, lastModified, mac: sealMac(cipher, tree.macText, lastModified) };
  if (keepsText) return { bytes: sealKeepingText(sealing, metadata, longText), tree };
  const text = printer.emit(file.documents, metadataToBranch(metadata), { indent: indent.width });
  const bytes = bytesOf(file, text);
  return { bytes, tree, note: await checkConversion(sealing, bytes, wanted) };
}

/** From this length of text on, what can be made again is not kept in memory beside what is made of it. */
const LARGE = 1 << 22;

/** Splices the ciphertext into the author's text, adding the layout that brings the text back. */
function sealKeepingText(sealing: Sealing, metadata: Metadata, longText: LongText): Uint8Array {
  const { file, reader, indent, cipher } = sealing;
  const wanted = file.text;
  const { opened, places, bytes, isLarge } = renderAndOpen(sealing, metadata, longText);
  const { text } = opened.file;
  const toPlain = opened.file.edits(null);
  const rendered = applyEdits(text, toPlain);
  const layout = rendered === wanted ? undefined : layoutOf(wanted, places, text, toPlain, rendered);
  if (rendered !== wanted && (!layout || restoreLayout(rendered, layout) !== wanted))
    throw notReadable('its plaintext is not the original text');
  const printed = layout ? printLayout(layout) : sealing.spareLayout;
  if (printed === undefined) return bytes;
  const sealed: Metadata = { ...metadata, layout: cipher.encrypt(printed, `${LAYOUT_FIELD}:`) };
  const others = opened.file.metadata;
  const block = opened.file.metadataEdit?.(metadataToBranch(sealed), { indent: indent.width });
  if (block) {
    checkLayout(sealing, bytesOf(opened.file, block.text), { printed, others, ciphertext: [] });
    return editedBytes(opened.file, [block]);
  }
  const source = isLarge ? parseBack(reader, bytes) : file;
  const whole = editedBytes(source, editsOf(source, sealing, sealed));
  checkLayout(sealing, whole, { printed, others, ciphertext: leavesOf(opened.file.documents, asRead) });
  return whole;
}

interface Rendered {
  readonly opened: OpenedTree;
  readonly places: EditPlaces;
  readonly bytes: Uint8Array;
  /** Whether the file was let go of. */
  readonly isLarge: boolean;
}

/** Writes the ciphertext into the text, and opens the result as `decrypt` would. */
function renderAndOpen(sealing: Sealing, metadata: Metadata, longText: LongText): Rendered {
  const { file, reader } = sealing;
  const edits = editsOf(file, sealing, metadata);
  const places = placesOf(edits);
  const bytes = editedBytes(file, edits);
  const isLarge = file.text.length > LARGE;
  if (isLarge) {
    edits.length = 0;
    forgetCiphertext(file.documents);
    letGo(file);
  }
  return { opened: readBack({ ...sealing, longText }, reader, bytes), places, bytes, isLarge };
}

function editsOf(file: SourceFile, { indent }: Sealing, metadata: Metadata): Edit[] {
  return file.edits(metadataToBranch(metadata), { indent: indent.width });
}

const NOTHING = branch([]);

/** What a text with a layout is to hold: all that was read back and decrypted without it, as it was read. */
interface WithLayout {
  readonly printed: string;
  readonly others: Branch | null;
  readonly ciphertext: ReturnType<typeof leavesOf>;
}

/** Reads bytes with the layout in their metadata. It is enough that they parse to the same ciphertext and metadata, and that the layout opens. */
function checkLayout(
  { reader, cipher }: Sealing,
  bytes: Uint8Array,
  { printed, others, ciphertext }: WithLayout,
): void {
  const { documents, metadata } = parseBack(reader, bytes);
  const same =
    sameLeaves(leavesOf(documents), ciphertext) && sameTree([withoutLayout(metadata ?? NOTHING)], [others ?? NOTHING]);
  const read = metadataFromBranch(metadata).layout ?? '';
  if (!same || cipher.decrypt(read, `${LAYOUT_FIELD}:`) !== printed)
    throw notReadable('the layout does not stand in it');
}

/** Opens a sealed file as `decrypt` would. */
export function readBack(opening: Opening, store: FormatStore, bytes: Uint8Array): OpenedTree {
  return openBack(opening, store, parseBack(store, bytes));
}

interface Opening extends Pick<Sealing, 'dataKey' | 'scope'> {
  /** For a file whose MAC was not to be checked when it was opened either. */
  readonly ignoreMac?: boolean;
  readonly longText?: LongText;
}

/** Reads bytes that are to be written. Throws `not-readable-back`. */
export function parseBack(store: FormatStore, bytes: Uint8Array): SourceFile {
  try {
    return store.parse(bytes);
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    throw notReadable(error.message, error);
  }
}

function openBack(
  { dataKey, scope, ignoreMac = false, longText }: Opening,
  store: FormatStore,
  file: SourceFile,
): OpenedTree {
  try {
    const metadata = metadataFromBranch(file.metadata);
    return openWith({ file, store, metadata, dataKey, scope }, { ignoreMac, rewrites: false, longText });
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    throw notReadable(error.message, error);
  }
}

/** Holds a converted file against the tree it was made from: what the format cannot say must not be written. Returns what is to be told. */
async function checkConversion(
  sealing: Sealing,
  bytes: Uint8Array,
  wanted: readonly Branch[],
): Promise<string | undefined> {
  const { checkConverted, checkPlaces, lostCommentsNote, notReadBack } = await import('../read/conversion.js');
  let file: SourceFile;
  let found: readonly Branch[];
  try {
    file = parseBack(sealing.printer, bytes);
  } catch (error) {
    throw notReadBack(sealing, undefined, error);
  }
  // First, since the MAC covers what is left out.
  checkPlaces(file.documents, wanted, sealing);
  try {
    found = openBack(sealing, sealing.printer, file).file.documents;
  } catch (error) {
    throw notReadBack(sealing, undefined, error);
  }
  checkConverted(found, wanted, sealing);
  return lostCommentsNote(found, wanted, sealing.printer);
}

export function notReadable(reason: string, cause?: unknown): SopsError {
  return new SopsError('not-readable-back', `the encrypted text cannot be read back: ${reason}`, {
    hint: 'Nothing was written. This is a defect of sops-ts: please report it, with the shape of the file but without its values.',
    cause,
  });
}
