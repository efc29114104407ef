/** The versions of a file that a merge is about: read in the format of its name, and opened, each data key asked for once. */
import { Cipher } from '../cipher/cipher.js';
import { opensMac } from '../cipher/mac.js';
import type { DataKey } from '../datakey/data-key.js';
import { recoverDataKey } from '../datakey/recover.js';
import { SopsError } from '../errors.js';
import { type RecognisedFile, recognise } from '../formats/recognise.js';
import type { FormatRow } from '../formats/registry.js';
import type { SourceFile } from '../formats/store.js';
import { metadataFromBranch } from '../metadata/from-branch.js';
import type { Metadata } from '../metadata/metadata.js';
import { scopeOf } from '../metadata/scope-of.js';
import { type OpenedFile, openWith, type PlainText, renderPlain } from '../operations/read/open-file.js';
import { type AuditTrail, UNNOTED } from '../run/audit-trail.js';
import type { Run } from '../run/run.js';
import type { Side } from './merge/merge-contract.js';
import { readMerged } from './merge/plain-merge.js';

/** How a side is called in messages. */
export const SIDE_NAMES: Readonly<Record<Side, string>> = { base: 'the common base', ours: 'ours', theirs: 'theirs' };

/** One version as it was read. */
export interface ReadSide extends RecognisedFile {
  readonly side: Side;
  readonly bytes: Uint8Array;
  /** Null for a file that is not encrypted. */
  readonly metadata: Metadata | null;
}

/** One version with its plaintext. */
export interface OpenSide {
  readonly side: Side;
  readonly bytes: Uint8Array;
  /** Absent for a file that is not encrypted. */
  readonly sealed?: SealedSide;
  /** False where its bytes are not a file by themselves, e.g. since its MAC does not fit. */
  readonly isWhole?: boolean;
  /** The author's text. */
  readonly text: string;
  /** The text as it was read. */
  readonly plain: SourceFile;
}

/** What an encrypted version has beside its plaintext. */
export interface SealedSide {
  /** Remembers the IVs. */
  readonly opened: OpenedFile;
  readonly before: PlainText;
}

/** Reads a version in the format of its name, or the one in which it is encrypted. Throws what parsing throws, naming the side. */
export async function readSide(side: Side, bytes: Uint8Array, row: FormatRow): Promise<ReadSide> {
  return naming(side, async () => {
    const read = await recognise(bytes, row);
    return { ...read, side, bytes, metadata: read.file.metadata ? metadataFromBranch(read.file.metadata) : null };
  });
}

/** Opens versions of one file. */
export class SideOpener {
  private readonly dataKeys: DataKey[] = [];

  constructor(
    private readonly run: Run,
    private readonly trail: AuditTrail = UNNOTED,
  ) {}

  /**
   * Opens a version: with a data key that another one had, if it opens its MAC, else its own is recovered. Throws as `openFile` does, naming the side;
   * what has a MAC that does not fit is not merged.
   */
  open(read: ReadSide): Promise<OpenSide> {
    return naming(read.side, () => this.opened(read));
  }

  /** The data key of an encrypted version. */
  dataKeyFor(read: ReadSide): Promise<DataKey> {
    return naming(read.side, async () => {
      if (!read.metadata) throw new SopsError('metadata-invalid', 'sops metadata not found');
      return this.dataKeyOf(read, read.metadata);
    });
  }

  private async opened(read: ReadSide): Promise<OpenSide> {
    const { side, bytes, file, store, metadata } = read;
    if (!metadata) return { side, bytes, text: file.text, plain: file };
    const dataKey = await this.dataKeyOf(read, metadata);
    const scope = await scopeOf(metadata.selection, 'read');
    await this.trail('decrypt');
    const source = { file, store, metadata, dataKey, scope };
    const opened = { ...openWith(source, { ignoreMac: false, rewrites: true }), trail: this.trail };
    const before = renderPlain(opened);
    const plain = readMerged(store, before.text);
    if (!plain) throw new SopsError('document-invalid', 'its plaintext cannot be read again');
    return { side, bytes, sealed: { opened, before }, text: before.text, plain };
  }

  private async dataKeyOf({ file }: ReadSide, metadata: Metadata): Promise<DataKey> {
    const { mac, lastModified } = metadata;
    const known = this.dataKeys.find(({ bytes }) => opensMac(new Cipher(bytes), mac, lastModified));
    if (known) return known;
    const { keyServices, decryptionOrder } = this.run;
    const dataKey = await recoverDataKey(
      { ...metadata, documents: file.documents },
      { keyServices, decryptionOrder, warn: (message) => this.run.warn(message) },
    );
    const same = this.dataKeys.find(({ bytes }) => Buffer.compare(bytes, dataKey.bytes) === 0);
    if (!same) this.dataKeys.push(dataKey);
    return same ?? dataKey;
  }
}

async function naming<T>(side: Side, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof SopsError)) throw error;
    throw error.reworded(`${SIDE_NAMES[side]}: ${error.message}`);
  }
}
