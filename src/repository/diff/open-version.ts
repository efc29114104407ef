/** Reading versions of files for a comparison, and opening them where there is a key. */
import { Cipher } from '../../cipher/cipher.js';
import { opensMac } from '../../cipher/mac.js';
import type { DataKey } from '../../datakey/data-key.js';
import { recoverDataKey } from '../../datakey/recover.js';
import { SopsError } from '../../errors.js';
import type { FormatName } from '../../formats/registry.js';
import { emptyFile } from '../../formats/store.js';
import { metadataFromBranch } from '../../metadata/from-branch.js';
import type { Metadata } from '../../metadata/metadata.js';
import { scopeOf } from '../../metadata/scope-of.js';
import { sealedTexts } from '../../operations/read/encrypted-files.js';
import { readAsChosen } from '../../operations/read/input.js';
import { openWith } from '../../operations/read/open-file.js';
import type { Run } from '../../run/run.js';
import type { Branch, Comment, Leaf } from '../../tree/tree.js';
import type { Version } from './versions.js';

/** A version whose tree can be compared. */
export interface ComparedVersion extends Version {
  /** Plaintext as far as it is open; none where there is no file. */
  readonly documents: readonly Branch[];
  /** Null for what is not encrypted, or not there. */
  readonly metadata: Metadata | null;
  /** What stands encrypted in the file, with its ciphertext. */
  readonly sealed: ReadonlyMap<Leaf | Comment, string>;
  /** Absent where it is not encrypted, or cannot be opened. */
  readonly dataKey?: DataKey;
  /** Why an encrypted version is not open. */
  readonly problem?: SopsError;
}

export interface OpeningChoice {
  readonly inputType?: FormatName | undefined;
  readonly ignoreMac: boolean;
  /** Whether nothing is opened, so that no key is needed. */
  readonly keyless: boolean;
}

/** Opens versions for one run; a data key that several share is asked for once. */
export class VersionOpener {
  private readonly dataKeys: DataKey[] = [];

  constructor(
    private readonly choice: OpeningChoice,
    private readonly run: Run,
  ) {}

  /** Throws what parsing throws, `leaf-not-decryptable` and `mac-mismatch`; a key that is not there is a problem of the version. */
  async open(version: Version): Promise<ComparedVersion> {
    const { bytes, path, name } = version;
    try {
      if (bytes === null) return { ...version, documents: [], metadata: null, sealed: new Map() };
      const choice = { input: { kind: 'file', path }, inputType: this.choice.inputType } as const;
      const read = bytes.length === 0 ? null : await readAsChosen(bytes, choice, this.run);
      const { file } = read ?? { file: emptyFile() };
      if (!read || file.metadata === null) {
        return { ...version, documents: file.documents, metadata: null, sealed: new Map() };
      }
      const metadata = metadataFromBranch(file.metadata);
      const found = { ...version, documents: file.documents, metadata, sealed: sealedTexts(file.documents) };
      return { ...found, ...(await this.opened(read, metadata, path)) };
    } catch (error) {
      if (!(error instanceof SopsError)) throw error;
      throw error.file === undefined ? error.with(error.code, { file: name }) : error;
    }
  }

  private async opened(
    { file, store }: Awaited<ReturnType<typeof readAsChosen>>,
    metadata: Metadata,
    path: string,
  ): Promise<Pick<ComparedVersion, 'dataKey' | 'problem'>> {
    if (this.choice.keyless) return {};
    let dataKey: DataKey;
    try {
      dataKey = await this.dataKeyOf(metadata, file.documents);
    } catch (problem) {
      if (!(problem instanceof SopsError) || problem.code !== 'data-key-not-recovered') throw problem;
      return { problem };
    }
    await this.run.trail({ kind: 'file', path: path || '.' })('decrypt');
    const scope = await scopeOf(metadata.selection, 'read');
    const source = { file, store, metadata, dataKey, scope };
    const { warnings } = openWith(source, { ignoreMac: this.choice.ignoreMac, rewrites: false });
    for (const warning of warnings) this.run.warn(warning);
    return { dataKey };
  }

  private async dataKeyOf(metadata: Metadata, documents: readonly Branch[]): Promise<DataKey> {
    const { mac, lastModified } = metadata;
    const known = this.dataKeys.find(({ bytes }) => opensMac(new Cipher(bytes), mac, lastModified));
    if (known) return known;
    const { keyServices, decryptionOrder } = this.run;
    const warn = (message: string): void => this.run.warn(message);
    const dataKey = await recoverDataKey({ ...metadata, documents }, { keyServices, decryptionOrder, warn });
    this.dataKeys.push(dataKey);
    return dataKey;
  }
}
