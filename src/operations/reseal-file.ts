/** Sealing an open file again, for other recipients: under a new data key, or with its values left as they are. */
import { Cipher } from '../cipher/cipher.js';
import { sealMac } from '../cipher/mac.js';
import { encryptTree } from '../cipher/tree-cipher.js';
import { createDataKey, type Recipients, wrapDataKey } from '../datakey/create.js';
import type { DataKey } from '../datakey/data-key.js';
import { editedBytes, type FormatStore } from '../formats/store.js';
import type { KeyService } from '../keyservice/keyservice.js';
import { metadataFromBranch } from '../metadata/from-branch.js';
import { LAYOUT_FIELD, type Metadata } from '../metadata/metadata.js';
import { metadataToBranch } from '../metadata/to-branch.js';
import { sameTree } from '../tree/equality.js';
import { formatUtcSeconds } from '../util/rfc3339.js';
import type { Indent } from './indent.js';
import { type OpenedFile, plainText, renderPlain } from './open-file.js';
import { notReadable, readBack, sealFile } from './seal-file.js';

export interface Resealing {
  /** As {@link openFile} gives it with `rewrites`. Its documents hold ciphertext afterwards. */
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
  return (await sealFile({ file, reader, printer, indent, scope, dataKey, cipher, trail, metadata })).bytes;
}

interface NewKey {
  readonly cipher: Cipher;
  readonly dataKey: DataKey;
  readonly metadata: Omit<Metadata, 'mac' | 'lastModified' | 'layout'>;
}

/** Splices new ciphertext over the old. The layout stays valid, since the plain rendering does not change. */
async function sealInPlace({ opened, indent }: Resealing, { cipher, dataKey, metadata }: NewKey): Promise<Uint8Array> {
  const { file, store, scope } = opened;
  // A layout is made for the default indentation.
  const width = opened.metadata.layout === undefined ? indent.width : undefined;
  const before = renderPlain(opened, width);
  await opened.trail('encrypt');
  const { macText } = encryptTree(file.documents, { cipher, scope, macOnlyEncrypted: metadata.macOnlyEncrypted });
  const lastModified = formatUtcSeconds(Date.now());
  const sealed: Metadata = {
    ...metadata,
    lastModified,
    mac: sealMac(cipher, macText, lastModified),
    layout: before.layout === undefined ? undefined : cipher.encrypt(before.layout, `${LAYOUT_FIELD}:`),
  };
  const bytes = editedBytes(file, store.edits(file, metadataToBranch(sealed), { indent: indent.width }));
  const again = readBack({ dataKey, scope }, store, bytes);
  if (plainText(again, width) !== before.text) throw notReadable('its plaintext is not that of the old file');
  return bytes;
}

/**
 * Wraps the data key of an open file for these recipients and puts them into its text; values, MAC and `lastmodified` stay byte
 * for byte. `bytes` are those that the file was opened from. Throws what `wrapDataKey` throws, and `not-readable-back`.
 */
export async function rewrapFile(bytes: Uint8Array, resealing: Omit<Resealing, 'printer'>): Promise<Uint8Array> {
  const { opened, recipients, keyServices, indent } = resealing;
  const { store } = opened;
  const shamirThreshold = await wrapDataKey(opened.dataKey, recipients, keyServices);
  const metadata = metadataToBranch({ ...opened.metadata, keyGroups: recipients.keyGroups, shamirThreshold });
  const file = store.parse(bytes);
  const rewrapped = editedBytes(file, store.edits(file, metadata, { indent: indent.width }));
  const again = store.parse(rewrapped);
  const read = metadataToBranch(metadataFromBranch(again.metadata));
  if (!sameTree(again.documents, file.documents) || !sameTree([read], [metadata])) {
    throw notReadable('it does not hold the values of the old file and the new keys');
  }
  return rewrapped;
}
