/** Sealing merged plaintexts under the data key of the result. */
import { Cipher } from '../cipher/cipher.js';
import { IvMemory } from '../cipher/iv-memory.js';
import { MergedIvs } from '../cipher/merged-ivs.js';
import { SopsError } from '../errors.js';
import type { Metadata } from '../metadata/metadata.js';
import { scopeOf } from '../metadata/scope-of.js';
import { metadataToBranch } from '../metadata/to-branch.js';
import { sealText } from '../operations/write/seal-text.js';
import { sameTree } from '../tree/equality.js';
import type { Branch } from '../tree/tree.js';
import type { KeyPlan } from './merge/metadata-merge.js';
import type { OpenVersions } from './open-versions.js';

/** Seals merged plaintexts under the chosen data key. */
export class FileSealer {
  private constructor(
    private readonly versions: OpenVersions,
    private readonly plan: KeyPlan,
    private readonly metadata: Metadata,
    private readonly memory: MergedIvs,
    private readonly scope: Awaited<ReturnType<typeof scopeOf>>,
  ) {}

  static async make(versions: OpenVersions, plan: KeyPlan, metadata: Metadata): Promise<FileSealer> {
    const memories = [versions.ours, versions.theirs].flatMap(({ sealed }) => {
      const memory = sealed?.opened.dataKey === plan.dataKey ? sealed.opened.cipher.memory : null;
      return memory instanceof IvMemory ? [memory] : [];
    });
    const scope = await scopeOf(metadata.selection, 'encrypt');
    return new FileSealer(versions, plan, metadata, new MergedIvs(plan.dataKey.bytes, memories), scope);
  }

  /** The bytes of a file with a plaintext: those of a side that is the same, else new ones that were read back. Throws as `sealText` does. */
  async seal(text: string): Promise<Uint8Array> {
    for (const side of [this.versions.ours, this.versions.theirs]) {
      if (side.sealed && side.text === text && this.isAsBefore(side.sealed.opened)) return side.bytes;
    }
    const sides = [this.versions.ours, this.versions.theirs].flatMap(({ sealed }) => sealed ?? []);
    const [host, ...others] = sides;
    if (!host) throw new SopsError('metadata-invalid', 'neither side is encrypted');
    const { plan, memory, scope, metadata } = this;
    memory.restart();
    const cipher = new Cipher(plan.dataKey.bytes, memory);
    const opened = { ...host.opened, dataKey: plan.dataKey, cipher, scope, metadata };
    const { lastModified } = metadata;
    const { store: printer } = this.versions;
    const indent = { reprints: false, width: undefined };
    const sealing = { opened, before: host.before, after: text, printer, indent, metadata, lastModified, others };
    return (await sealText(sealing)).bytes;
  }

  /** Whether a side has the metadata of the result, but for what every writing makes anew. */
  private isAsBefore({ metadata, dataKey }: { metadata: Metadata; dataKey: unknown }): boolean {
    if (dataKey !== this.plan.dataKey) return false;
    const [before, after] = [metadata, this.metadata].map(comparable);
    return before !== undefined && after !== undefined && sameTree([before], [after]);
  }
}

function comparable({ layout, ...metadata }: Metadata): Branch {
  return metadataToBranch({ ...metadata, mac: '', lastModified: '' });
}
