/** Opening an encrypted file: its tree decrypted in place, with the MAC verified. */

import { Cipher } from '../../cipher/cipher.js';
import { IvMemory } from '../../cipher/iv-memory.js';
import type { LongText } from '../../cipher/long-text.js';
import { verifyMac } from '../../cipher/mac.js';
import { decryptTree } from '../../cipher/tree-cipher.js';
import type { DataKey } from '../../datakey/data-key.js';
import { recoverDataKey } from '../../datakey/recover.js';
import { SopsError } from '../../errors.js';
import { parseLayout, restoreLayout } from '../../formats/layout.js';
import type { RecognisedFile } from '../../formats/recognise.js';
import { applyEdits, type FormatStore, type SourceFile } from '../../formats/store.js';
import type { KeyService } from '../../keyservice/keyservice.js';
import { metadataFromBranch } from '../../metadata/from-branch.js';
import { LAYOUT_FIELD, type Metadata } from '../../metadata/metadata.js';
import { lostComments } from '../../metadata/metadata-comments.js';
import { scopeOf } from '../../metadata/scope-of.js';
import type { AuditTrail } from '../../run/audit-trail.js';
import type { EncryptionScope } from '../../tree/scope.js';
import { append } from '../../util/lists.js';
import { encodeText } from '../../util/text/text.js';
import { leavesOf, sameForMac, sameLeaves } from './leaves.js';

/** An encrypted file once it is open. */
export interface OpenedFile extends OpenedTree {
  /** Where sealing it again is noted. */
  readonly trail: AuditTrail;
}

/** What an encrypted file holds; the documents of `file` hold plaintext. */
export interface OpenedTree {
  readonly store: FormatStore;
  readonly file: SourceFile;
  readonly metadata: Metadata;
  readonly dataKey: DataKey;
  /** When the file is to be rewritten it remembers the IVs, so that untouched values keep their ciphertext. */
  readonly cipher: Cipher;
  readonly scope: EncryptionScope;
  readonly warnings: string[];
}

export interface OpenOptions {
  readonly ignoreMac: boolean;
  /** Whether the values will be encrypted again: then their IVs are remembered. */
  readonly rewrites: boolean;
  /** Type identifiers in the order to try them; undefined for SOPS's order. */
  readonly decryptionOrder?: readonly string[] | undefined;
  readonly keyServices: readonly KeyService[];
  readonly trail: AuditTrail;
  /** The file's, where that was read already. */
  readonly metadata?: Metadata | undefined;
  /** What is to be done with the file, when that is noted even if its key is not recovered. */
  readonly purpose?: 'rotate' | undefined;
}

/**
 * Opens an encrypted file that was read: recovers its data key, decrypts the tree in place and verifies the MAC.
 * Throws `metadata-invalid`, `data-key-not-recovered`, `leaf-not-decryptable`, `mac-mismatch`.
 */
export async function openFile({ file, store }: RecognisedFile, options: OpenOptions): Promise<OpenedFile> {
  const { trail, purpose, metadata = metadataFromBranch(file.metadata) } = options;
  const scope = await scopeOf(metadata.selection, 'read');
  if (purpose) await trail(purpose);
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  const dataKey = await recoverDataKey({ ...metadata, documents: file.documents }, { ...options, warn });
  await trail('decrypt');
  const opened = openWith({ file, store, metadata, dataKey, scope }, options);
  return { ...opened, warnings: [...warnings, ...opened.warnings], trail };
}

/** A file that is read but not open yet. */
export type SealedSource = Omit<OpenedTree, 'cipher' | 'warnings'>;

/** As {@link openFile}, with the data key in hand; for what was sealed just now, since it leaves no event. */
export function openWith(
  source: SealedSource,
  options: Pick<OpenOptions, 'ignoreMac' | 'rewrites'> & { readonly longText?: LongText | undefined },
): OpenedTree {
  const { file, metadata, dataKey, scope } = source;
  const cipher = new Cipher(dataKey.bytes, options.rewrites ? new IvMemory() : null);
  const { macOnlyEncrypted } = metadata;
  const tree = decryptTree(file.documents, { cipher, scope, macOnlyEncrypted, longText: options.longText });
  if (!options.ignoreMac) verifyMac(cipher, metadata.mac, metadata.lastModified, tree.macText);
  const warnings: string[] = [];
  if (tree.keptComments > 0) {
    warnings.push(
      `Found possibly unencrypted comments in the file: ${tree.keptComments}. They are kept as they stand.`,
    );
  }
  if (options.rewrites) append(warnings, lostComments(file.metadata));
  return { ...source, cipher, warnings };
}

/** The plaintext of an open file. */
export interface PlainText {
  readonly text: string;
  /** The layout that was needed for it, as printed; undefined when there is none, or one that does not fit. */
  readonly layout: string | undefined;
  /** A layout that does not fit, as printed: what it was made for may come back, so that nothing but a new one replaces it. */
  readonly spareLayout?: string | undefined;
}

/**
 * The plaintext of an open file with its layout restored: the author's text. `indent` is for values that the file
 * gives no shape, as in one written by SOPS; a layout was made for the default and needs that.
 */
export function plainText(opened: OpenedTree, indent?: number): string {
  return renderPlain(opened, indent).text;
}

/** As {@link plainText}, with the layout. Warns, in the file's warnings, of one that does not fit. */
export function renderPlain(opened: OpenedTree, indent?: number): PlainText {
  const { file, metadata } = opened;
  const options = metadata.layout === undefined ? { indent } : {};
  const rendered = applyEdits(file.text, file.edits(null, options));
  if (metadata.layout === undefined) return { text: rendered, layout: undefined };
  const opening = opened.cipher.decrypt(metadata.layout, `${LAYOUT_FIELD}:`);
  const layout = typeof opening === 'string' ? opening : undefined;
  const restored = layout === undefined ? undefined : restoredText(opened, rendered, layout);
  if (restored !== undefined) return { text: restored, layout };
  opened.warnings.push(
    'the layout kept in this file does not fit its values any more, so they are written in a plain style',
  );
  return { text: rendered, layout: undefined, spareLayout: layout };
}

/** Applies a layout; undefined when it is for another text, or would change a value that the MAC covers. */
function restoredText({ file, store }: OpenedTree, rendered: string, layout: string): string | undefined {
  try {
    const restored = restoreLayout(rendered, parseLayout(layout));
    if (restored === undefined) return undefined;
    const parse = store.parsePlain ?? store.parse;
    const again = parse(encodeText(restored));
    if (again.metadata !== null) return undefined;
    const read = leavesOf(again.documents);
    if (sameLeaves(leavesOf(file.documents), read, sameForMac)) return restored;
    // In a format of texts a number is one, too, and other texts may be read differently: as well as without the layout will do.
    return sameLeaves(leavesOf(parse(encodeText(rendered)).documents), read) ? restored : undefined;
  } catch (error) {
    if (error instanceof SopsError) return undefined;
    throw error;
  }
}
