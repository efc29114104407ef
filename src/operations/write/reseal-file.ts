/** Sealing an open file again, for other recipients: under a new data key, or with its values left as they are. */
import { Cipher } from '../../cipher/cipher.js';
import { sealMac } from '../../cipher/mac.js';
import { encryptTree } from '../../cipher/tree-cipher.js';
import { createDataKey, type Recipients, wrapDataKey } from '../../datakey/create.js';
import type { DataKey } from '../../datakey/data-key.js';
import { layoutBetween, printLayout } from '../../formats/layout-diff.js';
import { applyEdits, bytesOf, editedBytes, type FormatStore, letGo, type SourceFile } from '../../formats/store.js';
import type { MasterKey } from '../../keys/provider.js';
import type { KeyService } from '../../keyservice/keyservice.js';
import { metadataFromBranch } from '../../metadata/from-branch.js';
import { LAYOUT_FIELD, type Metadata } from '../../metadata/metadata.js';
import { metadataToBranch } from '../../metadata/to-branch.js';
import type { Indent } from '../../run/indent.js';
import { sameTree } from '../../tree/equality.js';
import type { Branch } from '../../tree/tree.js';
import { formatUtcSeconds } from '../../util/text/rfc3339.js';
import { leavesOf, sameLeaves } from '../read/leaves.js';
import { type OpenedFile, type OpenedTree, plainText, renderPlain } from '../read/open-file.js';
import { notReadable, parseBack, readBack, sealFile } from './seal-file.js';

export interface Resealing {
  /** As `openFile` gives it with `rewrites`. Its file is let go of, or its documents hold ciphertext afterwards. */
  readonly opened: OpenedFile;
  readonly recipients: Recipients;
  readonly keyServices: readonly KeyService[];
  readonly printer: FormatStore;
  readonly indent: Indent;
}

/**
 * Encrypts an open file under a new data key for these recipients. In the file's own format the text keeps its shape: values
 * and metadata are replaced where they stand. The bytes were read back and give the same plaintext, character by character.
 * Throws what `createDataKey` throws, and as `sealFile` does.
 */
export async function resealFile(resealing: Resealing): Promise<Uint8Array> {
  const { opened, recipients, keyServices, printer, indent } = resealing;
  const { file, store: reader, scope, trail } = opened;
  const { dataKey, shamirThreshold } = await createDataKey(recipients, keyServices);
  const cipher = new Cipher(dataKey.bytes, opened.cipher.memory);
  const { mac, lastModified, layout, ...kept } = opened.metadata;
  const metadata = { ...kept, keyGroups: recipients.keyGroups, shamirThreshold };
  if (reader === printer && !indent.reprints) return sealInPlace(resealing, { cipher, dataKey, metadata });
  const sealed = await sealFile({ file, reader, printer, indent, scope, dataKey, cipher, trail, metadata });
  const { note } = sealed;
  if (note !== undefined) opened.warnings.push(note);
  return sealed.bytes;
}

interface NewKey {
  readonly cipher: Cipher;
  readonly dataKey: DataKey;
  readonly metadata: Omit<Metadata, 'mac' | 'lastModified' | 'layout'>;
}

/**
 * Splices new ciphertext over the old. The layout stays valid unless the plain rendering changes, as it may for files that earlier
 * releases wrote; it is made anew then. One that does not fit is kept.
 */
async function sealInPlace({ opened, indent }: Resealing, { cipher, dataKey, metadata }: NewKey): Promise<Uint8Array> {
  const { file, store, scope } = opened;
  // A layout is made for the default indentation.
  const width = opened.metadata.layout === undefined ? indent.width : undefined;
  const before = renderPlain(opened, width);
  await opened.trail('encrypt');
  const { macText } = encryptTree(file.documents, { cipher, scope, macOnlyEncrypted: metadata.macOnlyEncrypted });
  const lastModified = formatUtcSeconds(Date.now());
  const sealed: Metadata = { ...metadata, lastModified, mac: sealMac(cipher, macText, lastModified) };
  const render = (into: SourceFile, layout: string | undefined): Uint8Array => {
    const whole = layout === undefined ? sealed : { ...sealed, layout: cipher.encrypt(layout, `${LAYOUT_FIELD}:`) };
    return editedBytes(into, into.edits(metadataToBranch(whole), { indent: indent.width }));
  };
  const open = (bytes: Uint8Array): OpenedTree => readBack({ dataKey, scope }, store, bytes);
  const bytes = render(file, before.layout ?? before.spareLayout);
  letGo(file);
  if (plainText(open(bytes), width) === before.text) return bytes;
  return layAnew((layout) => render(store.parse(bytes), layout), open, before.text);
}

/** The bytes with a new layout that gives the wanted text. `render` gives them with one, `open` reads them back. */
function layAnew(
  render: (layout: string | undefined) => Uint8Array,
  open: (bytes: Uint8Array) => OpenedTree,
  wanted: string,
): Uint8Array {
  const bytes = render(printLayout(layoutBetween(plainText(open(render(undefined))), wanted)));
  if (plainText(open(bytes)) !== wanted) throw notReadable('its plaintext is not that of the old file');
  return bytes;
}

/**
 * Wraps the data key of an open file for these recipients and puts them into its text; values, MAC and `lastmodified` stay byte
 * for byte. `bytes` are those that the file was opened from. Throws what `wrapDataKey` throws, and `not-readable-back`.
 */
export async function rewrapFile(bytes: Uint8Array, resealing: Omit<Resealing, 'printer'>): Promise<Uint8Array> {
  const { opened, recipients, keyServices } = resealing;
  const shamirThreshold = await wrapDataKey(opened.dataKey, recipients, keyServices);
  return withKeyGroups(bytes, resealing, { keyGroups: recipients.keyGroups, shamirThreshold });
}

/** Somebody who is to read an open file as well. */
export interface AddedKey extends Omit<Resealing, 'printer' | 'recipients'> {
  readonly key: MasterKey;
  /** The place of its key group, and its own among the keys of that. */
  readonly group: number;
  readonly place: number;
}

/**
 * Wraps the data key of an open file for one more recipient, as {@link rewrapFile} does. Of a file with one group all others keep what they
 * have; the parts of several groups are made anew, since an opened file need not know each of them.
 */
export async function wrapFileFor(bytes: Uint8Array, added: AddedKey): Promise<Uint8Array> {
  const { opened, keyServices, group, place } = added;
  const { shamirThreshold } = opened.metadata;
  const key = { ...added.key };
  const keyGroups = opened.metadata.keyGroups.map((keys, at) => (at === group ? keys.toSpliced(place, 0, key) : keys));
  if (keyGroups.length > 1) return rewrapFile(bytes, { ...added, recipients: { keyGroups, shamirThreshold } });
  await wrapDataKey(opened.dataKey, { keyGroups: [[key]], shamirThreshold: 0 }, keyServices);
  return withKeyGroups(bytes, added, { keyGroups, shamirThreshold });
}

/** The bytes with other wrapped keys in them, read back. */
async function withKeyGroups(
  bytes: Uint8Array,
  { opened, indent }: Pick<Resealing, 'opened' | 'indent'>,
  keys: Recipients,
): Promise<Uint8Array> {
  const { store, dataKey, scope, cipher } = opened;
  const sealed = { ...opened.metadata, ...keys };
  const wanted = metadataToBranch(sealed);
  const replaced = withBlock(opened, indent, wanted);
  if (replaced) return replaced;
  const file = store.parse(bytes);
  const render = (metadata: Branch): Uint8Array => editedBytes(file, file.edits(metadata, { indent: indent.width }));
  const rewrapped = render(wanted);
  const again = parseBack(store, rewrapped);
  checkRewrapped(again, leavesOf(file.documents), wanted);
  if (frameOf(again) === frameOf(file)) return rewrapped;
  // The whole text was printed anew: what an earlier release wrote had no place for the metadata.
  return layAnew(
    (layout) => render(metadataToBranch({ ...sealed, layout: layout && cipher.encrypt(layout, `${LAYOUT_FIELD}:`) })),
    (text) => readBack({ dataKey, scope, ignoreMac: true }, store, text),
    plainText(opened, indent.width),
  );
}

/** The bytes with other metadata in the lines that it has for itself, which alone are read back; undefined where it has none, or in several documents. */
function withBlock({ file, store }: OpenedFile, indent: Indent, wanted: Branch): Uint8Array | undefined {
  if (file.documents.length > 1) return undefined;
  const block = file.metadataEdit?.(wanted, { indent: indent.width });
  if (!block) return undefined;
  checkRewrapped(parseBack(store, bytesOf(file, block.text)), [], wanted);
  return editedBytes(file, [block]);
}

/**
 * Throws `not-readable-back` unless a text that was read holds these values, as they stand, and this metadata. Comments are left to the
 * frame: where it is another one, the text was printed anew, and they may have moved.
 */
function checkRewrapped(file: SourceFile, values: ReturnType<typeof leavesOf>, wanted: Branch): void {
  if (sameLeaves(leavesOf(file.documents), values) && holdsMetadata(file, wanted)) return;
  throw notReadable('it does not hold the values of the old file and the new keys');
}

/** Whether a file that was read holds this metadata, as it is understood. */
export function holdsMetadata({ metadata }: SourceFile, wanted: Branch): boolean {
  return sameTree([metadataToBranch(metadataFromBranch(metadata))], [wanted]);
}

/** A ciphertext without its metadata. */
export function frameOf(file: SourceFile): string {
  return applyEdits(file.text, file.edits(null));
}
